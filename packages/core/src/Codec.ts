/**
 * A codec reads one stored record back into an event. What the outbox keeps is the source's own bytes with the
 * name of their codec, so what waits stays readable when its source is gone, and a mended mapping applies to it.
 *
 * @since 1.0.0
 */
import * as Result from "effect/Result"
import type { Event } from "./Event.ts"

/**
 * Why a record could not be read. `reason` is a declared kebab-case name: a ledger key, never free text.
 * `detail` is for people and never holds the record's content.
 *
 * @since 1.0.0
 * @category models
 */
export interface Unreadable {
  readonly reason: string
  readonly detail: string
}

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

const text = new TextDecoder("utf-8", { fatal: true })

/**
 * `event/1`: core's own JSON of an event, for sources without bytes and for events changed before they are stored.
 *
 * @since 1.0.0
 * @category constructors
 */
export const event: Codec = {
  name: "event/1",
  decoder: () => (bytes, start, end) => {
    try {
      return Result.succeed(JSON.parse(text.decode(bytes.subarray(start, end))) as Event)
    } catch {
      return Result.fail({ reason: "malformed", detail: "not the JSON of an event" })
    }
  }
}

/**
 * The records of some events under `event/1`.
 *
 * @since 1.0.0
 * @category conversions
 */
export const encodeEvents = (events: ReadonlyArray<Event>): Records => {
  const ends = new Uint32Array(events.length)
  const parts = events.map((item) => JSON.stringify(item))
  const bytes = new TextEncoder().encode(parts.join(""))
  let end = 0
  for (let i = 0; i < parts.length; i++) ends[i] = end += Buffer.byteLength(parts[i]!)
  return { codec: event.name, parameter: "", bytes, ends }
}

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
