/** What the pages of Parquet are packed with. */
import { brotliDecompressSync, gunzipSync } from "node:zlib"
import { unsnap, unzstandard } from "./avroCodecs.ts"

/** The plain bytes of a page, which are said to be `size`. Throws when it is damaged. */
export type Unpack = (packed: Buffer, size: number) => Uint8Array

const codecs: ReadonlyMap<string, Unpack> = new Map<string, Unpack>([
  ["UNCOMPRESSED", (packed) => packed],
  ["SNAPPY", (packed, size) => checked(unsnap(packed, size))],
  ["GZIP", (packed, size) => gunzipSync(packed, { maxOutputLength: size + 1 })],
  ["BROTLI", (packed, size) => brotliDecompressSync(packed, { maxOutputLength: size + 1 })],
  ["ZSTD", (packed, size) => checked(unzstandard(packed, size))]
])

const checked = (found: Buffer | "too-large"): Buffer => {
  if (found === "too-large") throw new Error("it has more bytes than it says")
  return found
}

/** How to unpack the pages of a codec; `undefined` for one that cannot be read. */
export const unpackerOf = (codec: string): Unpack | undefined => codecs.get(codec)

/** Those that can be read, for people. */
export const readable = "snappy, gzip, zstandard, brotli or no codec"
