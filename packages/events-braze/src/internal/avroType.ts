/** Avro values by a writer schema, read with avsc: always within the bytes, and as JSON could hold them. */

import * as Json from "@millrace/core/Json"
import avsc from "avsc"
import { isObject } from "effect/Predicate"
import * as Result from "effect/Result"
import * as Meter from "./avroMeter.ts"
import * as Units from "./avroUnits.ts"

/** avsc's reading position. Past the end it reads nothing, and the decoded record is refused. */
export interface Tap {
  readonly buf: Buffer
  pos: number
  readonly readLong: () => number
  readonly readString: () => string
  readonly skipString: () => void
}

type Read = (tap: Tap) => unknown

declare module "avsc" {
  interface Type {
    _read(tap: Tap): unknown
    _skip(tap: Tap): void
  }
  namespace types {
    interface RecordType {
      _createReader(): Read
      _createSkipper(): (tap: Tap) => void
    }
  }
}

/** A number that cannot be handed on as it stands in the bytes; its message is for people. */
export class Inexact extends Error {}

// avsc believes the length that a list claims: a few damaged bytes would exhaust the memory of the process.
const checkCount = (tap: Tap, count: number): void => {
  if (!(count >= 0 && count <= tap.buf.length - tap.pos)) throw new Error("a list is longer than the record")
}

/** `read` is called for each item as long as items are kept, then `skip`. */
const readItems = (tap: Tap, meter: Meter.Meter, read: () => void, skip: () => void): void => {
  meter.enter()
  for (let count = tap.readLong(); count !== 0; count = tap.readLong()) {
    if (count < 0) {
      count = -count
      tap.readLong()
    }
    checkCount(tap, count)
    for (let i = 0; i < count; i++) {
      if (meter.spend(1, tap.pos)) skip()
      else read()
    }
  }
  meter.leave()
}

const skipItems = (tap: Tap, meter: Meter.Meter, skip: () => void): void => {
  for (let count = tap.readLong(); count !== 0; count = tap.readLong()) {
    const size = count < 0 ? tap.readLong() : undefined
    checkCount(tap, size ?? count)
    if (size !== undefined) tap.pos += size
    else
      for (let i = 0; i < count; i++) {
        meter.spend(1, tap.pos)
        skip()
      }
  }
}

/** The types of avsc that may hold any number of values, metered. */
const metered = (meter: Meter.Meter) => ({
  Array: class extends avsc.types.ArrayType {
    override _read(tap: Tap): unknown {
      const values: Array<unknown> = []
      const { itemsType } = this
      const read = () => values.push(itemsType._read(tap))
      readItems(tap, meter, read, () => itemsType._skip(tap))
      return values
    }
    override _skip(tap: Tap): void {
      skipItems(tap, meter, () => this.itemsType._skip(tap))
    }
  },
  Map: class extends avsc.types.MapType {
    override _read(tap: Tap): unknown {
      const entries: Array<[string, unknown]> = []
      const read = () => entries.push([tap.readString(), this.valuesType._read(tap)])
      readItems(tap, meter, read, () => this.skipEntry(tap))
      return Object.fromEntries(entries)
    }
    override _skip(tap: Tap): void {
      skipItems(tap, meter, () => this.skipEntry(tap))
    }
    skipEntry(tap: Tap): void {
      tap.skipString()
      this.valuesType._skip(tap)
    }
  },
  Record: class extends avsc.types.RecordType {
    override _createReader(): Read {
      const read = super._createReader()
      const skip = super._createSkipper()
      const { length } = this.fields
      return (tap) => {
        meter.enter()
        const value = meter.spend(length, tap.pos) ? skip(tap) : read(tap)
        meter.leave()
        return value
      }
    }
    override _createSkipper(): (tap: Tap) => void {
      const skip = super._createSkipper()
      const { length } = this.fields
      return (tap) => {
        meter.spend(length, tap.pos)
        skip(tap)
      }
    }
  }
})

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

const hook = (meter: Meter.Meter) => {
  const types = metered(meter)
  return (schema: Schema, options: object): avsc.Type | undefined => {
    switch (isObject(schema) ? schema["type"] : schema) {
      case "long":
        return wideLong
      case "array":
        return new types.Array(schema, options)
      case "map":
        return new types.Map(schema, options)
      case "record":
      case "error":
        return new types.Record(schema, options)
      default:
        return undefined
    }
  }
}

/** Makes a value of any kind as JSON could hold it: bytes are Latin-1 text. */
const plainWith = (nameOf: (alias: string) => string): Convert => {
  const plain: Convert = (value) => {
    if (typeof value === "number") return exact(value)
    if (typeof value === "bigint") return kept(value)
    if (typeof value !== "object" || value === null) return value
    if (Array.isArray(value)) return value.map(plain)
    if (Buffer.isBuffer(value)) return value.toString("latin1")
    // The wrapper that avsc puts around a value whose branch would be in doubt.
    if ("unwrap" in value && typeof value.unwrap === "function") return plain(value.unwrap())
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [nameOf(name), plain(item)]))
  }
  return plain
}

const exact = (value: number): number => {
  if (!Number.isFinite(value)) throw new Inexact("not exact: a number is beyond what JSON holds")
  return value
}

/** The same rule as that of numbers in JSON: the digits decide. */
const kept = (value: bigint): number => {
  if (String(Number(value)) === String(value)) return Number(value)
  throw new Inexact("not exact: a whole number is beyond 2^53, and a double does not keep its digits")
}

const whole = (value: unknown): unknown => {
  if (typeof value === "number" && !Number.isSafeInteger(value))
    throw new Inexact("not exact: a whole number is beyond what an int holds")
  return value
}

const asIs = new Set(["null", "boolean", "string"])

type Convert = (value: unknown) => unknown

/** How a field's value becomes plain; `undefined` when it is plain already, as nearly all of Currents' are. */
const conversion = (type: avsc.Type, plain: Convert): Convert | undefined => {
  const branches = type instanceof avsc.types.UnwrappedUnionType ? type.types : [type]
  const rest = branches.map(({ typeName }) => typeName).filter((name) => !asIs.has(name))
  if (rest.length === 0) return undefined
  return rest.every((name) => name === "int") ? whole : plain
}

/** A field of a record. */
export interface Field {
  readonly name: string
  /** Reads the value at a tap, which stands behind the value then. */
  readonly type: { readonly _read: Read }
  /** Makes a value other than null plain; may throw `Inexact`. `undefined` when it is plain already. */
  readonly convert: Convert | undefined
}

/** What makes one value of a record: it reads all fields, in their order. */
export type Make<A> = (fields: ReadonlyArray<Field>) => (tap: Tap) => A

export interface Record<A> {
  /**
   * What was made of the record at `start`, and where the next one starts; `undefined` when the bytes end too early. `breach` tells
   * what of the budget the record broke: nothing was made of it then. May throw.
   */
  readonly decode: (
    bytes: Buffer,
    start: number,
    tally: Meter.Tally
  ) =>
    | { readonly value: A; readonly end: number; readonly breach: undefined }
    | { readonly end: number; readonly breach: string }
    | undefined
}

/** avsc makes records by assignment, and that of `__proto__` would be lost: it gets a name that the schema has not. */
const aliasFor = (text: string): string => {
  let alias = "proto_"
  while (text.includes(alias)) alias += "_"
  return alias
}

const proto = "__proto__"

/** Throws when the text is no schema of a record. */
export const record = <A>(text: string, make: Make<A>): Record<A> => {
  const parsed = Result.getOrThrow(Json.parseText(text))
  const alias = aliasFor(text)
  // Only readers need defaults, and one that does not fit its field should not keep us from reading.
  const schema: Schema = JSON.parse(text, function (this: unknown, key, value) {
    if (key === "default") return undefined
    return key === "name" && value === proto ? alias : value
  })
  const meter = Meter.make()
  const type = avsc.Type.forSchema(schema, {
    wrapUnions: "auto",
    omitRecordMethods: true,
    // Without a prototype, or a schema that names a type "constructor" would find one.
    registry: Object.create(null),
    typeHook: hook(meter)
  })
  if (!(type instanceof avsc.types.RecordType)) throw new Error("not a record")
  const nameOf = (name: string) => (name === alias ? proto : name)
  const plain = plainWith(nameOf)
  const units = Units.ofFields(parsed)
  const read = make(
    type.fields.map((field) => ({
      name: nameOf(field.name),
      type: field.type,
      convert: Units.conversion(nameOf(field.name), units.get(field.name)) ?? conversion(field.type, plain)
    }))
  )
  const { length } = type.fields
  const readWhole = (tap: Tap): A | undefined => {
    meter.enter()
    if (!meter.spend(length, tap.pos)) return read(tap)
    type._skip(tap)
    return undefined
  }
  /** Reads as the type does, but makes no object of the record itself; where it stands in a field, the type reads it. */
  const whole: avsc.Type = Object.create(type, { _read: { value: readWhole } })
  return {
    decode: (bytes, start, tally) => {
      const { bytes: most } = Json.budget
      const isLarge = bytes.length - start > most
      meter.begin(tally, false)
      const { value, offset } = whole.decode(isLarge ? bytes.subarray(0, start + most) : bytes, start)
      if (offset >= 0) {
        const breach = meter.breach()
        return breach === undefined ? { value, end: offset, breach } : { end: offset, breach }
      }
      if (!isLarge) return undefined
      // It may be a record that is larger than any that is read: passed over, it tells where the next one starts.
      meter.begin(tally, true)
      const { offset: end } = whole.decode(bytes, start)
      return end < 0
        ? undefined
        : { end, breach: `too long: it has ${end - start} bytes, and the longest that is read ${most}` }
    }
  }
}
