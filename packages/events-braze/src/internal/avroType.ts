/** Avro values by a writer schema, read with avsc: always within the bytes, and as JSON could hold them. */
import avsc from "avsc"
import { isObject } from "./event.ts"

/** avsc's reading position. Past the end it reads nothing, and the decoded record is refused. */
interface Tap {
  readonly buf: Buffer
  readonly pos: number
  readonly readLong: () => number
  readonly readString: () => string
}

declare module "avsc" {
  interface Type {
    _read(tap: Tap): unknown
  }
}

/** A whole number that a double cannot hold. */
export class Inexact extends Error {}

// avsc believes the length that a list claims: a few damaged bytes would exhaust the memory of the process.
const readItems = (tap: Tap, read: () => void): void => {
  for (let count = tap.readLong(); count !== 0; count = tap.readLong()) {
    if (count < 0) {
      count = -count
      tap.readLong()
    }
    if (!(count <= tap.buf.length - tap.pos)) throw new Error("a list is longer than the record")
    for (let i = 0; i < count; i++) read()
  }
}

class BoundedArray extends avsc.types.ArrayType {
  override _read(tap: Tap): unknown {
    const values: Array<unknown> = []
    readItems(tap, () => values.push(this.itemsType._read(tap)))
    return values
  }
}

class BoundedMap extends avsc.types.MapType {
  override _read(tap: Tap): unknown {
    const entries: Array<[string, unknown]> = []
    readItems(tap, () => entries.push([tap.readString(), this.valuesType._read(tap)]))
    return Object.fromEntries(entries)
  }
}

// avsc throws on a long beyond 2^53, and with it would go the rest of the block.
const wideLong = avsc.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => {
    const value = bytes.readInt32LE(4) * 2 ** 32 + bytes.readUInt32LE(0)
    return Number.isSafeInteger(value) ? value : bytes.readBigInt64LE()
  },
  toBuffer: (value: number) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(BigInt(value))
    return bytes
  },
  fromJSON: Number,
  toJSON: Number,
  isValid: Number.isSafeInteger,
  compare: (left: number, right: number) => left - right
})

type Schema = Parameters<typeof avsc.Type.forSchema>[0]

const bounded = (schema: Schema, options: object): avsc.Type | undefined => {
  const kind = isObject(schema) ? schema["type"] : schema
  if (kind === "long") return wideLong
  if (kind === "array") return new BoundedArray(schema, options)
  return kind === "map" ? new BoundedMap(schema, options) : undefined
}

/** A value of any kind as JSON could hold it: bytes are Latin-1 text, Infinity and NaN are null. */
const plain = (value: unknown): unknown => {
  if (typeof value === "number") return Number.isFinite(value) ? value : null
  if (typeof value === "bigint") throw new Inexact()
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return value.map(plain)
  if (Buffer.isBuffer(value)) return value.toString("latin1")
  // The wrapper that avsc puts around a value whose branch would be in doubt.
  if ("unwrap" in value && typeof value.unwrap === "function") return plain(value.unwrap())
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]))
}

const whole = (value: unknown): unknown => {
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new Inexact()
  return value
}

const asIs = new Set(["null", "boolean", "string"])

/** How a field's value becomes plain; `undefined` when it is plain already, as nearly all of Currents' are. */
const conversion = (type: avsc.Type): ((value: unknown) => unknown) | undefined => {
  const branches = type instanceof avsc.types.UnwrappedUnionType ? type.types : [type]
  const rest = branches.map(({ typeName }) => typeName).filter((name) => !asIs.has(name))
  if (rest.length === 0) return undefined
  return rest.every((name) => name === "int") ? whole : plain
}

/** The fields of a record in the order in which they are written, and the function that reads all of them. */
export interface Record {
  readonly fields: ReadonlyArray<{
    readonly name: string
    readonly convert: ((value: unknown) => unknown) | undefined
  }>
  /** The values by name and where the next record starts; `undefined` when the bytes end too early. May throw. */
  readonly decode: (
    bytes: Buffer,
    start: number
  ) => { readonly value: { readonly [name: string]: unknown }; readonly end: number } | undefined
}

/** Throws when the text is no schema of a record. */
export const record = (text: string): Record => {
  // Only readers need defaults, and one that does not fit its field should not keep us from reading.
  const schema: Schema = JSON.parse(text, (key, value) => (key === "default" ? undefined : value))
  const type = avsc.Type.forSchema(schema, {
    wrapUnions: "auto",
    omitRecordMethods: true,
    // Without a prototype, or a schema that names a type "constructor" would find one.
    registry: Object.create(null),
    typeHook: bounded
  })
  if (!(type instanceof avsc.types.RecordType)) throw new Error("not a record")
  return {
    fields: type.fields.map((field) => ({ name: field.name, convert: conversion(field.type) })),
    decode: (bytes, start) => {
      const { value, offset } = type.decode(bytes, start)
      return offset < 0 ? undefined : { value, end: offset }
    }
  }
}
