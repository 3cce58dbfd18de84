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

/** The bytes end before what is to be read does. */
class TooShort extends Error {}

interface Cursor {
  readonly bytes: Buffer
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

/** The header at the start of `bytes`. */
export const parseHeader = (bytes: Buffer): Header | "short" | "bad" =>
  attempt(() => {
    const cursor = { bytes, at: magic.length }
    const entries = new Map<string, string>()
    for (let count = long(cursor); count !== 0; count = long(cursor)) {
      // A negative count is followed by the size of its entries.
      if (count < 0) long(cursor)
      for (let left = Math.abs(count); left > 0; left--) {
        const name = take(cursor, long(cursor)).toString()
        entries.set(name, take(cursor, long(cursor)).toString())
      }
    }
    const sync = Buffer.from(take(cursor, syncSize))
    const schema = entries.get("avro.schema")
    if (schema === undefined) throw new Error("no schema")
    return { schema, codec: entries.get("avro.codec") ?? "null", sync, length: cursor.at }
  })

/** The head of a block at the start of `bytes`. */
export const parseBlockHead = (bytes: Buffer): BlockHead | "short" | "bad" =>
  attempt(() => {
    const cursor = { bytes, at: 0 }
    const [count, size] = [long(cursor), long(cursor)]
    if (count < 0 || size < 0) throw new Error("a length is negative")
    return { count, size, length: cursor.at }
  })
