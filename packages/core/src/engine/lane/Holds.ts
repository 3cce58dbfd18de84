/**
 * Whether the id of a user stands in bytes that nothing reads as an event: as a word of a text, or as a string of Avro.
 */

const isWord = (byte: number | undefined): boolean =>
  byte !== undefined &&
  ((byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x5f ||
    byte === 0x2d ||
    byte >= 0x80)

/** The last byte of the length that Avro writes before a string. */
const lastOfLength = (length: number): number => {
  let rest = 2 * length
  while (rest > 0x7f) rest = Math.floor(rest / 128)
  return rest
}

/** As it is, and as JSON spells it. */
const spellings = (user: string): ReadonlyArray<Buffer> =>
  [...new Set([user, JSON.stringify(user).slice(1, -1)])].map((text) => Buffer.from(text))

export const holds = (record: Uint8Array, user: string): boolean => {
  if (user === "") return false
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.byteLength)
  return spellings(user).some((id) => {
    const length = lastOfLength(id.length)
    for (let at = bytes.indexOf(id); at >= 0; at = bytes.indexOf(id, at + 1)) {
      if (at > 0 && bytes[at - 1] === length) return true
      if (!isWord(bytes[at - 1]) && !isWord(bytes[at + id.length])) return true
    }
    return false
  })
}
