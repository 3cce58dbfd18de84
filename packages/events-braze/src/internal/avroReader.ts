/** Reads Avro values by a writer schema: straight from the bytes, always within bounds, without generated code. */

export class Damaged extends Error {}

export interface Cursor {
  bytes: Buffer
  at: number
  end: number
  /** A whole number was met that a double cannot hold. */
  unsafe: boolean
}

export type Read = (cursor: Cursor) => unknown

const byte = (cursor: Cursor): number => {
  if (cursor.at >= cursor.end) throw new Damaged("the record ends too early")
  return cursor.bytes[cursor.at++]!
}

/** Zigzag varint. Half the value is gathered, so that 53 bits stay exact. */
export const readLong = (cursor: Cursor): number => {
  let part = byte(cursor)
  const odd = part & 1
  let half = (part & 127) >> 1
  let scale = 64
  let length = 1
  while (part > 127) {
    if (length++ === 10) throw new Damaged("a number is too long")
    part = byte(cursor)
    half += (part & 127) * scale
    scale *= 128
  }
  if (half > Number.MAX_SAFE_INTEGER) cursor.unsafe = true
  return odd === 1 ? -half - 1 : half
}

const take = (cursor: Cursor, length: number): number => {
  const start = cursor.at
  if (length < 0 || length > cursor.end - start) throw new Damaged("a length exceeds the record")
  cursor.at = start + length
  return start
}

const readString = (cursor: Cursor): string => {
  const start = take(cursor, readLong(cursor))
  return cursor.bytes.toString("utf8", start, cursor.at)
}

const readBytes = (cursor: Cursor): string => {
  const start = take(cursor, readLong(cursor))
  return cursor.bytes.toString("latin1", start, cursor.at)
}

const readBoolean = (cursor: Cursor): boolean => {
  const value = byte(cursor)
  if (value > 1) throw new Damaged("a boolean is neither 0 nor 1")
  return value === 1
}

// Infinity and NaN do not survive JSON.
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)
const readFloat = (cursor: Cursor) => finite(cursor.bytes.readFloatLE(take(cursor, 4)))
const readDouble = (cursor: Cursor) => finite(cursor.bytes.readDoubleLE(take(cursor, 8)))
const readNull = () => null

const primitives: ReadonlyMap<unknown, Read> = new Map<unknown, Read>([
  ["null", readNull],
  ["boolean", readBoolean],
  ["int", readLong],
  ["long", readLong],
  ["float", readFloat],
  ["double", readDouble],
  ["bytes", readBytes],
  ["string", readString]
])

const readBlocks = (cursor: Cursor, item: (cursor: Cursor) => void): void => {
  for (let count = readLong(cursor); count !== 0; count = readLong(cursor)) {
    if (count < 0) {
      count = -count
      readLong(cursor)
    }
    if (count > cursor.end - cursor.at) throw new Damaged("a list is longer than the record")
    for (let i = 0; i < count; i++) item(cursor)
  }
}

const readUnion = (branches: ReadonlyArray<Read>): Read => {
  const [first, second] = branches
  if (branches.length === 2 && first === readNull) {
    return (cursor) => {
      const branch = byte(cursor)
      if (branch === 0) return null
      if (branch !== 2) throw new Damaged("a union has no such branch")
      return second!(cursor)
    }
  }
  return (cursor) => {
    const read = branches[readLong(cursor)]
    if (read === undefined) throw new Damaged("a union has no such branch")
    return read(cursor)
  }
}

const list = (value: unknown): ReadonlyArray<unknown> => {
  if (!Array.isArray(value)) throw new Damaged("the schema is incomplete")
  return value
}

export const isObject = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Named types refer to each other by name, with or without their namespace. */
type Named = Map<unknown, Read>

/** A decoder of one schema. Throws when the schema is no Avro schema. */
export const compile = (schema: unknown, named: Named = new Map()): Read => {
  if (Array.isArray(schema)) return readUnion(schema.map((branch) => compile(branch, named)))
  if (!isObject(schema)) {
    const read = primitives.get(schema) ?? named.get(schema)
    if (read === undefined) throw new Damaged("the schema names an unknown type")
    return read
  }
  return composites.get(schema["type"])?.(schema, named) ?? compile(schema["type"], named)
}

type Composite = (schema: { readonly [name: string]: unknown }, named: Named) => Read

const name = (schema: { readonly [name: string]: unknown }, named: Named, read: Read): Read => {
  named.set(schema["name"], read)
  named.set(`${schema["namespace"]}.${schema["name"]}`, read)
  return read
}

const composites: ReadonlyMap<unknown, Composite> = new Map(
  Object.entries({
    array: (schema, named) => {
      const item = compile(schema["items"], named)
      return (cursor) => {
        const values: Array<unknown> = []
        readBlocks(cursor, (at) => values.push(item(at)))
        return values
      }
    },
    map: (schema, named) => {
      const item = compile(schema["values"], named)
      return (cursor) => {
        const entries: Array<[string, unknown]> = []
        readBlocks(cursor, (at) => entries.push([readString(at), item(at)]))
        return Object.fromEntries(entries)
      }
    },
    enum: (schema, named) => {
      const symbols = list(schema["symbols"])
      return name(schema, named, (cursor) => {
        const symbol = symbols[readLong(cursor)]
        if (symbol === undefined) throw new Damaged("an enum has no such symbol")
        return symbol
      })
    },
    fixed: (schema, named) => {
      const size = Number(schema["size"])
      return name(schema, named, (cursor) => cursor.bytes.toString("latin1", take(cursor, size), cursor.at))
    },
    record: (schema, named) => {
      const fields: Array<Field> = []
      // The name is known before the fields are, since a record may hold itself.
      const read = name(schema, named, (cursor) =>
        Object.fromEntries(fields.map((field) => [field.name, field.read(cursor)]))
      )
      fields.push(...compileFields(schema, named))
      return read
    }
  } satisfies { readonly [type: string]: Composite })
)

export interface Field {
  readonly name: string
  readonly read: Read
}

/** The fields of a record schema, in the order in which they are written. */
export const compileFields = (
  schema: { readonly [name: string]: unknown },
  named: Named
): ReadonlyArray<Field> =>
  list(schema["fields"]).map((field) => {
    if (!isObject(field) || typeof field["name"] !== "string") throw new Damaged("the schema is incomplete")
    return { name: field["name"], read: compile(field["type"], named) }
  })
