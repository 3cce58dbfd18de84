/**
 * A codec reads one stored record back into an event. What the outbox keeps is the source's own bytes with the
 * name of their codec, so what waits stays readable when its source is gone, and a mended mapping applies to it.
 *
 * @since 1.0.0
 */
import * as Result from "effect/Result"
import type { Event } from "./Event.ts"
import type { Unreadable } from "./internal/unreadable.ts"
import * as Json from "./Json.ts"

export type { Unreadable } from "./internal/unreadable.ts"

import { isObject } from "effect/Predicate"

/**
 * Reads the record at `bytes[start, end)`. Pure.
 *
 * @since 1.0.0
 * @category models
 */
export type Decoder<out E extends Event = Event> = (
  bytes: Uint8Array,
  start: number,
  end: number
) => Result.Result<E, Unreadable>

/**
 * A named, versioned decoder of stored records. Codecs belong to catalogue packages.
 *
 * @since 1.0.0
 * @category models
 */
export interface Codec<out E extends Event = Event> {
  /** Name and version, such as `braze-json/1`. A changed meaning is a new version. */
  readonly name: string
  /** Made once for each parameter (such as an Avro writer schema). Throws when the parameter is no good. */
  readonly decoder: (parameter: string) => Decoder<E>
}

/**
 * Records in a row: record `i` is `bytes[ends[i - 1] ?? 0, ends[i])`.
 *
 * @since 1.0.0
 * @category models
 */
export interface Records {
  /** Name of the codec that reads them. */
  readonly codec: string
  /** The codec's parameter; empty when it takes none. */
  readonly parameter: string
  readonly bytes: Uint8Array
  readonly ends: Uint32Array
}

/** What is wrong with a value as an event, as far as that is relied on wherever one is handled; no values. */
const problemOf = (value: unknown): string | undefined => {
  if (!isObject(value)) return "not a JSON object"
  if (typeof value["id"] !== "string") return "id is no text, or empty"
  if (typeof value["type"] !== "string") return "type is no text, or empty"
  if (!isObject(value["user"])) return "user is no object"
  return isObject(value["properties"]) ? undefined : "properties is no object"
}

/**
 * `event/1`: core's own JSON of an event, for sources without bytes and for events changed before they are stored.
 *
 * @since 1.0.0
 * @category constructors
 */
export const event: Codec = {
  name: "event/1",
  decoder: () => (bytes, start, end) => {
    const parsed = Json.parse(bytes, start, end)
    if (Result.isFailure(parsed)) return Result.fail(parsed.failure)
    const detail = problemOf(parsed.success)
    return detail === undefined
      ? Result.succeed(parsed.success as Event)
      : Result.fail({ reason: "not-an-event", detail })
  }
}

/**
 * The record of one event under `event/1`, as text. Fails for what JSON cannot hold, such as an object within itself, and
 * for what would not be read back.
 *
 * @since 1.0.0
 * @category conversions
 */
export const encodeEvent = (event: Event): Result.Result<string, Unreadable> => {
  let text: string | undefined
  try {
    text = JSON.stringify(event)
  } catch (cause) {
    // Only some versions of V8 write what is nested more deeply than their stack.
    if (!(cause instanceof RangeError)) return unwritable
  }
  const breach = Json.breach(event)
  if (breach !== undefined) return Result.fail({ reason: "malformed", detail: breach })
  return text === undefined ? unwritable : Result.succeed(text)
}

const unwritable = Result.fail({ reason: "malformed", detail: "it cannot be written as JSON" } as const)

/**
 * Records of `event/1` in a row.
 *
 * @since 1.0.0
 * @category conversions
 */
export const join = (texts: ReadonlyArray<string>): Records => {
  const ends = new Uint32Array(texts.length)
  const bytes = new TextEncoder().encode(texts.join(""))
  let end = 0
  for (let i = 0; i < texts.length; i++) ends[i] = end += Buffer.byteLength(texts[i]!)
  return { codec: event.name, parameter: "", bytes, ends }
}

/**
 * The records of some events under `event/1`. Throws for an event that `encodeEvent` does not write.
 *
 * @since 1.0.0
 * @category conversions
 */
export const encodeEvents = (events: ReadonlyArray<Event>): Records =>
  join(events.map((item) => JSON.stringify(item)))

/**
 * The records at the given positions, copied together.
 *
 * @since 1.0.0
 * @category conversions
 */
export const select = (records: Records, positions: ReadonlyArray<number>): Records => {
  const ends = new Uint32Array(positions.length)
  let size = 0
  for (let i = 0; i < positions.length; i++) {
    const position = positions[i]!
    ends[i] = size += records.ends[position]! - (records.ends[position - 1] ?? 0)
  }
  const bytes = new Uint8Array(size)
  // Neighbours are copied in one go: most selections are long runs.
  for (let i = 0, at = 0; i < positions.length; ) {
    const first = positions[i]!
    let last = first
    while (positions[i + 1] === last + 1) {
      last++
      i++
    }
    i++
    const run = records.bytes.subarray(records.ends[first - 1] ?? 0, records.ends[last]!)
    bytes.set(run, at)
    at += run.length
  }
  return { codec: records.codec, parameter: records.parameter, bytes, ends }
}
