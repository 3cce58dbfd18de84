/// <reference path="./snappyjs.d.ts" />
/** The codecs of Avro blocks; two of them pack pages of Parquet, too. */
import { constants, crc32, inflateRawSync, zstdDecompressSync } from "node:zlib"
import { codeOf } from "@millrace/core/Thrown"
import snappy from "snappyjs"

/** The most bytes of a block, packed and unpacked. */
export const blockLimit = 64 * 1024 * 1024

/** The plain bytes of a block, which may be `data` itself, unless they are more than `limit`. Throws when it is damaged. */
export type Unpack = (data: Buffer, limit: number) => Buffer | "too-large"

/** How to unpack the blocks of a codec; `undefined` for one that cannot be read. */
export const unpackerOf = (codec: string): Unpack | undefined => unpackers.get(codec)

/** Up to here the pieces that a block is unpacked to are put together at little cost. */
const piecesLimit = 4 * 1024 * 1024

/** How many times its size a block mostly unpacks to, at the most: it takes one piece then. */
const usualRatio = 8
const smallestPiece = 16 * 1024

const bounded =
  (unpack: (data: Buffer, options: { maxOutputLength: number; chunkSize: number }) => Buffer): Unpack =>
  (data, limit) => {
    try {
      // In one piece: pieces and the whole would be in memory together. What is not written to is no resident memory.
      const piece =
        limit > piecesLimit ? limit : Math.max(smallestPiece, Math.min(limit, usualRatio * data.length))
      return unpack(data, { maxOutputLength: limit, chunkSize: piece + 1 })
    } catch (cause) {
      if (codeOf(cause) === "ERR_BUFFER_TOO_LARGE") return "too-large"
      throw cause
    }
  }

const inflate = bounded(inflateRawSync)

/** A frame may ask for a window as large as the largest block, and no larger. */
const window = { [constants.ZSTD_d_windowLogMax]: Math.log2(blockLimit) }

export const unzstandard = bounded((data, options) =>
  zstdDecompressSync(data, { ...options, params: window })
)

/** snappyjs follows a literal's length backwards when it is beyond 2^31, for ever. */
const checkLiterals = (data: Buffer): void => {
  let at = 0
  while (data[at++]! >= 128);
  while (at < data.length) {
    const tag = data[at++]!
    if ((tag & 3) !== 0) {
      at += [0, 1, 2, 4][tag & 3]!
      continue
    }
    const extra = Math.max(0, (tag >>> 2) - 59)
    at += extra + (extra === 0 ? tag >>> 2 : data.readUIntLE(at, extra)) + 1
  }
  if (at !== data.length) throw new Error("a literal exceeds the block")
}

/** The length at the head of packed data, which need not be true. */
const claimOf = (data: Buffer): number => {
  let claim = 0
  for (let at = 0, scale = 1; at < 5; at++, scale *= 128) {
    const byte = data[at] ?? 0
    claim += (byte & 127) * scale
    if (byte < 128) break
  }
  return claim
}

export const unsnap: Unpack = (packed, limit) => {
  checkLiterals(packed)
  return claimOf(packed) > limit ? "too-large" : snappy.uncompress(packed, limit)
}

const unsnapChecked: Unpack = (data, limit) => {
  const bytes = unsnap(data.subarray(0, data.length - 4), limit)
  if (bytes === "too-large") return bytes
  if (crc32(bytes) !== data.readUInt32BE(data.length - 4)) throw new Error("the checksum differs")
  return bytes
}

const unpackers: ReadonlyMap<string, Unpack> = new Map([
  ["null", (data, limit) => (data.length > limit ? "too-large" : data)],
  ["deflate", inflate],
  ["snappy", unsnapChecked],
  ["zstandard", unzstandard]
])
