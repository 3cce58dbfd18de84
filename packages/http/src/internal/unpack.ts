/**
 * Bodies that come packed, though none was asked for: `Content-Encoding` of gzip, deflate, br and zstd.
 */
import { Readable, type Transform } from "node:stream"
import * as Zlib from "node:zlib"
import { readBytes } from "./readBytes.ts"

const flush = { finishFlush: Zlib.constants.Z_SYNC_FLUSH }

/** What is there of a body counts, also when its end is missing. */
const makers = new Map<string, (bytes: Buffer) => Transform>([
  ["gzip", () => Zlib.createGunzip(flush)],
  ["x-gzip", () => Zlib.createGunzip(flush)],
  ["deflate", (bytes) => (isZlib(bytes) ? Zlib.createInflate(flush) : Zlib.createInflateRaw(flush))],
  ["br", () => Zlib.createBrotliDecompress({ finishFlush: Zlib.constants.BROTLI_OPERATION_FLUSH })],
  ["zstd", () => Zlib.createZstdDecompress({ finishFlush: Zlib.constants.ZSTD_e_flush })]
])

/** `deflate` means the zlib format; some servers send what it holds alone. */
const isZlib = (bytes: Buffer): boolean =>
  ((bytes[0] ?? 0) & 0x0f) === 8 && (((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0)) % 31 === 0

/** More codings, one within the other, are nobody's honest answer. */
const most = 3

/**
 * A body unpacked, at most `limit` bytes of it. One that is not packed as its header says, or in another way, is handed on
 * as it came: the status stands, and a body that was needed will not be understood.
 */
export const unpack = async (bytes: Buffer, encoding: string, limit: number): Promise<Buffer> => {
  const names = encoding
    .toLowerCase()
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && name !== "identity")
  let body = bytes
  if (names.length > most) return body
  for (const name of names.reverse()) {
    const maker = makers.get(name)
    if (maker === undefined || body.length === 0) return body
    body = await through(body, maker(body), limit)
  }
  return body
}

const through = async (bytes: Buffer, decoder: Transform, limit: number): Promise<Buffer> => {
  const unpacked = await readBytes(Readable.from([bytes]).pipe(decoder), limit)
  decoder.destroy()
  return unpacked.length === 0 ? bytes : unpacked
}
