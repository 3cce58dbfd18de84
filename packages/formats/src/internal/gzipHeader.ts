/** The frame of gzip data: members, each with a header and a trailer, read from bytes. */

/** Bytes behind the data of a member: its checksum and its length. */
export const trailerSize = 8

/** The longest header that is read: an extra field of 64 KiB, a name and a comment. */
const headerLimit = 128 * 1024

const fixed = 10
const [hasSum, hasExtra, hasName, hasComment, reserved] = [2, 4, 8, 16, 0xe0]
const start = [0x1f, 0x8b, 8]

/** Bytes of the header at the start of `bytes`; `short` when more are needed, `bad` when no more can mend it. */
export const headerOf = (bytes: Buffer): number | "short" | "bad" => {
  if (start.some((byte, at) => at < bytes.length && bytes[at] !== byte)) return "bad"
  const flags = bytes[3]
  if (flags !== undefined && (flags & reserved) !== 0) return "bad"
  if (flags === undefined || bytes.length < fixed) return "short"
  let at = fixed
  if ((flags & hasExtra) !== 0) at += 2 + (at + 2 <= bytes.length ? bytes.readUInt16LE(at) : 0)
  for (const text of [hasName, hasComment]) {
    if ((flags & text) === 0) continue
    const end = bytes.indexOf(0, at)
    if (end < 0) return bytes.length < headerLimit ? "short" : "bad"
    at = end + 1
  }
  if ((flags & hasSum) !== 0) at += 2
  return at <= bytes.length ? at : "short"
}

/** What writers of gzip put behind the flags and the time: so much cannot stand anywhere by chance. */
const isLikely = (bytes: Buffer, at: number): boolean => {
  const [flags = 0, extra = 0, system = 255] = [bytes[at + 3], bytes[at + 8], bytes[at + 9]]
  return (
    (flags & reserved) === 0 && (extra === 0 || extra === 2 || extra === 4) && (system < 14 || system === 255)
  )
}

/** Where, at or behind `from`, a member seems to begin; at the end of the bytes it may be cut off. */
export const findMember = (bytes: Buffer, from: number): number | undefined => {
  const wanted = Buffer.from(start)
  for (let at = bytes.indexOf(wanted, from); at >= 0; at = bytes.indexOf(wanted, at + 1)) {
    if (isLikely(bytes, at)) return at
  }
  return undefined
}

/** Bytes by which a member is known to begin. */
export const likelySize = fixed
