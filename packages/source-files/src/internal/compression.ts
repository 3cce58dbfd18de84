/** The codecs of Avro blocks. */
import { crc32, inflateRawSync } from "node:zlib"
import snappy from "snappyjs"

/** The most bytes of a block, packed and unpacked. */
export const blockLimit = 64 * 1024 * 1024

/** The plain bytes of a block in memory of their own. Throws when the block is damaged. */
export type Unpack = (data: Buffer) => Buffer

/** How to unpack the blocks of a codec; `undefined` for one that cannot be read. */
export const unpackerOf = (codec: string): Unpack | undefined => unpackers.get(codec)

const inflate: Unpack = (data) => inflateRawSync(data, { maxOutputLength: blockLimit })

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

const unsnap: Unpack = (data) => {
  const packed = data.subarray(0, data.length - 4)
  checkLiterals(packed)
  const bytes = snappy.uncompress(packed, blockLimit)
  if (crc32(bytes) !== data.readUInt32BE(data.length - 4)) throw new Error("the checksum differs")
  return bytes
}

const unpackers: ReadonlyMap<string, Unpack> = new Map([
  ["null", (data) => Buffer.from(data)],
  ["deflate", inflate],
  ["snappy", unsnap]
])
