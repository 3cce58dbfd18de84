/** Whether stored bytes are as they were written, which SQLite does not know. */
import { crc32 } from "node:zlib"

/** CRC-32 of the parts, one after another. */
export const of = (...parts: ReadonlyArray<Uint8Array>): number =>
  parts.reduce((checksum, part) => crc32(part, checksum), 0)

/** What was stored by an earlier release has no checksum, and passes. */
export const holds = (checksum: number | null, ...parts: ReadonlyArray<Uint8Array>): boolean =>
  checksum === null || checksum === of(...parts)
