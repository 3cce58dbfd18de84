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
import { eventOf } from "./internal/avroEvent.ts"
import { Exhausted, type Tally } from "./internal/avroMeter.ts"
import * as Avro from "./internal/avroType.ts"
import { type BrazeEvent, malformed, typeName } from "./internal/event.ts"

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
 * The reader of a writer schema, or why there is none. Make it once for all files of the schema: it is dear to make.
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
    const read = readRecord(Avro.record(parameter, eventOf(type)))
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

const damaged: Read = { result: malformed("the record does not fit its schema"), end: undefined }
const exhausted: Read = { result: malformed("it holds far more values than bytes"), end: undefined }

/** How far some bytes are read. */
interface Pass {
  readonly bytes: Uint8Array
  readonly buffer: Buffer
  readonly tally: Tally
  lastStart: number
}

const readRecord = ({ decode }: Avro.Record<Read["result"]>): Reader["read"] => {
  // Several files are read at once, each in blocks of its own.
  const passes = new WeakMap<Uint8Array, Pass>()
  const passOf = (bytes: Uint8Array): Pass => {
    const found = passes.get(bytes)
    if (found !== undefined) return found
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const pass = { bytes, buffer, tally: { base: 0, values: 0 }, lastStart: Number.POSITIVE_INFINITY }
    passes.set(bytes, pass)
    return pass
  }
  let last: Pass | undefined

  const readIn = (pass: Pass, start: number, end: number): Read => {
    const { buffer, tally } = pass
    // From the beginning, or once more.
    if (start <= pass.lastStart) {
      tally.base = start
      tally.values = 0
    }
    pass.lastStart = start
    try {
      const record = decode(buffer, start, tally)
      if (record === undefined || record.end > end) return damaged
      return {
        result: record.breach === undefined ? record.value : malformed(record.breach),
        end: record.end
      }
    } catch (cause) {
      return cause instanceof Exhausted ? exhausted : damaged
    }
  }

  return (bytes, start, end = bytes.length) => {
    const pass = last?.bytes === bytes ? last : passOf(bytes)
    const read = readIn(pass, start, end)
    // A reader outlives the files of its schema, and keeps nothing of them.
    last = read.end === undefined || read.end === bytes.length ? undefined : pass
    return read
  }
}
