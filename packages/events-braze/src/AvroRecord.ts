/**
 * `braze-avro/1`: the flat Avro records of Currents' cloud storage exports, read by their writer schema.
 *
 * A decoder reads straight from the bytes into an event and stays within bounds whatever they hold. Fields that
 * are null are left out, as Custom HTTP leaves them out, and the JSON text of custom events and purchases becomes an
 * object under Custom HTTP's name for it, so both forms of one event read alike.
 *
 * @since 1.0.0
 */
import type { Codec, Unreadable } from "@millrace/core/Codec"
import type { UnknownEvent } from "@millrace/core/Event"
import * as Json from "@millrace/core/Json"
import * as Data from "effect/Data"
import { isObject } from "effect/Predicate"
import * as Result from "effect/Result"
import { Exhausted } from "./internal/avroMeter.ts"
import * as Avro from "./internal/avroType.ts"
import {
  assemble,
  type BrazeEvent,
  makeUser,
  malformed,
  nested,
  nestedOf,
  typeName
} from "./internal/event.ts"

/**
 * One record, and where the next one starts: `undefined` when the bytes are damaged, because then the rest of the
 * block cannot be told apart.
 *
 * @since 1.0.0
 * @category models
 */
export interface Read {
  readonly result: Result.Result<BrazeEvent | UnknownEvent, Unreadable>
  readonly end: number | undefined
}

/**
 * Reads the records of one writer schema. Only reading a record tells where it ends.
 *
 * @since 1.0.0
 * @category models
 */
export interface Reader {
  /** The Currents event type that the schema names. */
  readonly type: string
  /** `braze-avro/1`. */
  readonly codec: string
  /** The schema's text, as found in the file's header. */
  readonly parameter: string
  /** The record at `start`, which ends at `end` (by default the bytes' end) or before. Never throws. */
  readonly read: (bytes: Uint8Array, start: number, end?: number) => Read
}

/**
 * The text is no Avro schema of a Currents event.
 *
 * @since 1.0.0
 * @category errors
 */
export class NotCurrents extends Data.TaggedError("NotCurrents")<{ readonly detail: string }> {
  override get message(): string {
    return this.detail
  }
}

/**
 * The event type that a schema names: `dataexport.S3.inner.users.canvas` with `Entry` is `users.canvas.Entry`.
 *
 * @since 1.0.0
 * @category conversions
 */
export const typeOf = (namespace: string, name: string): string | undefined => {
  const full = name.includes(".") || namespace === "" ? name : `${namespace}.${name}`
  const found = /(?:^|\.)inner\.(.+)$/.exec(full) ?? /(?:^|\.)((?:users|agentconsole)[._].+)$/.exec(full)
  return found === null ? undefined : typeName(found[1]!)
}

/**
 * The reader of a writer schema, or why there is none. Make it once for each file.
 *
 * @since 1.0.0
 * @category constructors
 */
export const reader = (parameter: string): Result.Result<Reader, NotCurrents> => {
  const failure = (detail: string) => Result.fail(new NotCurrents({ detail }))
  try {
    const schema = Result.getOrThrow(Json.parseText(parameter))
    if (!isObject(schema) || schema["type"] !== "record") return failure("the schema is not that of a record")
    const type = typeOf(String(schema["namespace"] ?? ""), String(schema["name"]))
    if (type === undefined) return failure("the schema's name is not that of a Currents event")
    const read = readRecord(type, Avro.record(parameter))
    return Result.succeed({ type, codec: codec.name, parameter, read })
  } catch {
    return failure("the schema cannot be read")
  }
}

/**
 * `braze-avro/1`. Its parameter is the writer schema; making a decoder throws `NotCurrents` for any other text.
 * Unreadable as `malformed` (damaged bytes, or a whole number beyond 2^53) or `not-an-event`.
 *
 * @since 1.0.0
 * @category constructors
 */
export const codec: Codec<BrazeEvent | UnknownEvent> = {
  name: "braze-avro/1",
  decoder: (parameter) => {
    const { read } = Result.getOrThrow(reader(parameter))
    return (bytes, start, end) => {
      const record = read(bytes, start, end)
      return record.end === end || Result.isFailure(record.result)
        ? record.result
        : malformed("bytes are left over after the record")
    }
  }
}

// internal

const roles: ReadonlyMap<string, number> = new Map([
  ["id", 1],
  ["time", 2],
  ["user_id", 3],
  ["external_user_id", 4],
  ["device_id", 5],
  ["timezone", 6],
  ["time_ms", 7]
])

const damaged: Read = { result: malformed("the record does not fit its schema"), end: undefined }
const exhausted: Read = { result: malformed("it holds far more values than bytes"), end: undefined }

const readRecord = (type: string, { fields, decode }: Avro.Record): Reader["read"] => {
  const objectName = nested.get(type)
  const plan = fields.map(
    ({ name }) =>
      roles.get(name) ??
      (name === "properties" && objectName !== undefined ? 8 : name === "__proto__" ? 9 : 0)
  )
  const count = fields.length
  const names = fields.map(({ name }) => name)
  const aliases = fields.map(({ alias }) => alias)
  const converts = fields.map(({ convert }) => convert)
  let last: Uint8Array = new Uint8Array(0)
  let lastStart = 0
  let buffer: Buffer = Buffer.from(last)

  const toEvent = (values: { readonly [name: string]: unknown }): Read["result"] => {
    const properties: { [name: string]: unknown } = {}
    let id: unknown
    let time: unknown
    let timeMs: unknown
    let sourceId: unknown
    let externalId: unknown
    let deviceId: unknown
    let timezone: unknown
    for (let i = 0; i < count; i++) {
      const name = names[i]!
      const convert = converts[i]
      const given = values[aliases[i]!]
      const value = convert === undefined || given === null ? given : convert(given)
      if (value === null) continue
      switch (plan[i]) {
        case 0:
          properties[name] = value
          break
        case 1:
          id = value
          break
        case 2:
          time = value
          break
        case 3:
          sourceId = value
          break
        case 4:
          externalId = value
          break
        case 5:
          deviceId = value
          break
        case 6:
          timezone = value
          break
        case 7:
          timeMs = properties["time_ms"] = value
          break
        case 8: {
          const found = typeof value === "string" ? nestedOf(value) : Result.succeed(undefined)
          if (Result.isFailure(found)) return Result.fail(found.failure)
          properties[found.success === undefined ? "properties" : objectName!] = found.success ?? value
          break
        }
        default:
          // An assignment would change the prototype instead.
          Object.defineProperty(properties, name, {
            value,
            enumerable: true,
            writable: true,
            configurable: true
          })
      }
    }
    return assemble(type, id, time, timeMs, makeUser(sourceId, externalId, deviceId, timezone), properties)
  }

  return (bytes, start, end = bytes.length) => {
    const isNew = bytes !== last || start <= lastStart
    lastStart = start
    if (bytes !== last) {
      last = bytes
      buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    }
    let next: number | undefined
    try {
      const record = decode(buffer, start, isNew)
      if (record === undefined || record.end > end) return damaged
      next = record.end
      return {
        result: record.breach === undefined ? toEvent(record.value) : malformed(record.breach),
        end: next
      }
    } catch (cause) {
      if (cause instanceof Avro.Inexact) return { result: malformed(cause.message), end: next }
      return cause instanceof Exhausted ? exhausted : damaged
    }
  }
}
