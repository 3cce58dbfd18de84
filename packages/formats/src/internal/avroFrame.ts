/** The frame of an Avro container file: its header and the heads of its blocks, read from bytes. */

export const magic = Buffer.from("Obj\x01", "latin1")
export const syncSize = 16

export interface Header {
  readonly schema: string
  readonly codec: string
  /** The 16 bytes that end every block. */
  readonly sync: Buffer
  /** Bytes of the header. */
  readonly length: number
}

export interface BlockHead {
  /** Records that the block claims to hold. */
  readonly count: number
  /** Bytes of its data. */
  readonly size: number
  /** Bytes of the head. */
  readonly length: number
}

/** The most bytes that a block's head takes: two numbers. */
export const headLimit = 20

/** The longest header that is read: a schema of Currents takes some tens of kilobytes. */
const headerLimit = 1024 * 1024

/** The bytes end before what is to be read does. */
class TooShort extends Error {}

interface Cursor {
  readonly bytes: Buffer
  readonly limit: number
  at: number
}

/** Zigzag varint, exact to 53 bits; beyond them no length makes sense. */
const long = (cursor: Cursor): number => {
  let value = 0
  let scale = 1
  for (let length = 1; ; length++) {
    const part = cursor.bytes[cursor.at++]
    if (part === undefined) throw new TooShort()
    value += (part & 127) * scale
    scale *= 128
    if (part < 128) break
    if (length === 10) throw new Error("a number has no end")
  }
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}

const take = (cursor: Cursor, length: number): Buffer => {
  if (length < 0) throw new Error("a length is negative")
  if (cursor.at + length > cursor.limit) throw new Error("a length is beyond what is read")
  if (length > cursor.bytes.length - cursor.at) throw new TooShort()
  cursor.at += length
  return cursor.bytes.subarray(cursor.at - length, cursor.at)
}

/** What `read` makes of the bytes: `short` when more are needed, `bad` when no more bytes can mend it. */
const attempt = <A>(read: () => A): A | "short" | "bad" => {
  try {
    return read()
  } catch (cause) {
    return cause instanceof TooShort ? "short" : "bad"
  }
}

/** The header at the start of `bytes`. Of its entries, however many, two are kept. */
export const parseHeader = (bytes: Buffer): Header | "short" | "bad" => {
  if (!begins(bytes)) return bytes.length < magic.length ? "short" : "bad"
  const header = attempt(() => {
    const cursor = { bytes, at: magic.length, limit: headerLimit }
    let schema: string | undefined
    let codec = "null"
    for (let count = long(cursor); count !== 0; count = long(cursor)) {
      // A negative count is followed by the size of its entries.
      if (count < 0) long(cursor)
      for (let left = Math.abs(count); left > 0; left--) {
        const name = take(cursor, long(cursor)).toString()
        const value = take(cursor, long(cursor))
        if (name === "avro.schema") schema = value.toString()
        if (name === "avro.codec") codec = value.toString()
      }
    }
    const sync = Buffer.from(take(cursor, syncSize))
    if (schema === undefined) throw new Error("no schema")
    return { schema, codec, sync, length: cursor.at }
  })
  return header === "short" && bytes.length >= headerLimit ? "bad" : header
}

/** Whether a container begins here. No block does so: it would claim fewer than no records. */
export const begins = (bytes: Buffer): boolean => bytes.subarray(0, magic.length).equals(magic)

/** The head of a block at the start of `bytes`. */
export const parseBlockHead = (bytes: Buffer): BlockHead | "short" | "bad" =>
  attempt(() => {
    const cursor = { bytes, at: 0, limit: headLimit }
    const [count, size] = [long(cursor), long(cursor)]
    if (count < 0 || size < 0) throw new Error("a length is negative")
    return { count, size, length: cursor.at }
  })
