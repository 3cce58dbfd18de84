/**
 * How long a struct of Thrift's compact protocol is, in which Parquet writes its footer and the heads of its pages. It is
 * walked before it is read, so that damaged bytes can neither ask for endless memory nor for endless time.
 */

/** Structs and lists within each other. */
const deepest = 16
/** Values of one struct: a footer of the largest size has about as many. */
const most = 2_000_000

/** The bytes end before the struct does. */
class TooShort extends Error {}

interface Cursor {
  readonly bytes: Uint8Array
  at: number
  left: number
}

const byte = (cursor: Cursor): number => {
  const found = cursor.bytes[cursor.at++]
  if (found === undefined) throw new TooShort()
  return found
}

const number = (cursor: Cursor): number => {
  let value = 0
  for (let length = 0, scale = 1; length < 10; length++, scale *= 128) {
    const part = byte(cursor)
    value += (part & 127) * scale
    if (part < 128) return value
  }
  throw new Error("a number has no end")
}

const skip = (cursor: Cursor, length: number): void => {
  cursor.at += length
  if (cursor.at > cursor.bytes.length) throw new TooShort()
}

const walk = (cursor: Cursor, type: number, depth: number, isItem: boolean): void => {
  if (cursor.left-- === 0) throw new Error("too many values")
  if (depth > deepest) throw new Error("too deep")
  // A truth is told by the type of its field; in a list it takes a byte.
  if (type === 1 || type === 2) skip(cursor, isItem ? 1 : 0)
  else if (type === 3) skip(cursor, 1)
  else if (type >= 4 && type <= 6) number(cursor)
  else if (type === 7) skip(cursor, 8)
  else if (type === 8) skip(cursor, number(cursor))
  else if (type === 9) {
    const head = byte(cursor)
    const count = head >> 4 === 15 ? number(cursor) : head >> 4
    for (let i = 0; i < count; i++) walk(cursor, head & 15, depth + 1, true)
  } else if (type === 12) struct(cursor, depth + 1)
  else throw new Error("no type of Parquet")
}

const struct = (cursor: Cursor, depth: number): void => {
  for (let head = byte(cursor); (head & 15) !== 0; head = byte(cursor)) {
    if (head >> 4 === 0) number(cursor)
    walk(cursor, head & 15, depth, false)
  }
}

/** Bytes of the struct that begins at `start`; `short` when more are needed, `bad` when no more can mend it. */
export const lengthOf = (bytes: Uint8Array, start = 0): number | "short" | "bad" => {
  const cursor = { bytes, at: start, left: most }
  try {
    struct(cursor, 0)
    return cursor.at - start
  } catch (cause) {
    return cause instanceof TooShort ? "short" : "bad"
  }
}
