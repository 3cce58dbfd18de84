/**
 * Events and bad records, gathered until they are worth a chunk.
 *
 * @since 1.0.0
 */
import type { Records } from "@millrace/core/Codec"
import type { Event } from "@millrace/core/Event"
import type { Chunk, Malformed } from "@millrace/core/Intake"

/**
 * What reads the records of a chunk.
 *
 * @since 1.0.0
 * @category models
 */
export type Encoding = Pick<Records, "codec" | "parameter">

/**
 * What is gathered, as a chunk has it.
 *
 * @since 1.0.0
 * @category models
 */
export type Contents<E extends Event = Event> = Required<Pick<Chunk<E>, "events" | "records" | "malformed">>

/**
 * When a chunk is full.
 *
 * @since 1.0.0
 * @category models
 */
export interface Limits {
  /** Bytes of records, and bytes of bad records. */
  readonly bytes: number
  /** Records without much in them, good or bad. */
  readonly records: number
  /** Bad records. */
  readonly malformed: number
}

/**
 * The limits of a chunk unless others are given.
 *
 * @since 1.0.0
 * @category constants
 */
export const limits: Limits = { bytes: 256 * 1024, records: 5000, malformed: 1000 }

/**
 * One chunk after another.
 *
 * @since 1.0.0
 * @category models
 */
export interface ChunkBuilder<E extends Event = Event> {
  /** The event and its record at `bytes[start, end)`, which is copied. */
  readonly add: (event: E, bytes: Buffer, start: number, end: number) => void
  /** `record.raw` is kept as it is. */
  readonly bury: (record: Malformed) => void
  /** What is added from here on is of this encoding; nothing of another may be gathered. */
  readonly encode: (encoding: Encoding) => void
  /** Bytes that are gathered, of records and bad records. */
  readonly size: () => number
  /** How many records are gathered, good and bad. */
  readonly count: () => number
  readonly isFull: () => boolean
  /** The state as it is, to come back to before the next `build`. */
  readonly save: () => () => void
  /** What is gathered. Its memory is the caller's, and the next chunk begins. */
  readonly build: () => Contents<E>
}

/** Room for the record that fills a chunk, too: most chunks need no second buffer. */
const beyond = 64 * 1024

/**
 * An empty builder. `room` is how many bytes a chunk gets at first.
 *
 * @since 1.0.0
 * @category constructors
 */
export const make = <E extends Event>(
  encoding: Encoding,
  most: Limits = limits,
  room = most.bytes + beyond
): ChunkBuilder<E> => {
  let { codec, parameter } = encoding
  let events: Array<E> = []
  let ends: Array<number> = []
  let malformed: Array<Malformed> = []
  let buffer = Buffer.alloc(0)
  let size = 0
  let raw = 0

  const makeRoom = (length: number): void => {
    if (size + length <= buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(room, size + length, buffer.length * 2))
    buffer.copy(larger, 0, 0, size)
    buffer = larger
  }

  return {
    add: (event, bytes, start, end) => {
      makeRoom(end - start)
      size += bytes.copy(buffer, size, start, end)
      events.push(event)
      ends.push(size)
    },
    bury: (record) => {
      malformed.push(record)
      raw += record.raw.length
    },
    encode: (next) => {
      codec = next.codec
      parameter = next.parameter
    },
    size: () => size + raw,
    count: () => events.length + malformed.length,
    isFull: () =>
      size >= most.bytes ||
      raw >= most.bytes ||
      events.length + malformed.length >= most.records ||
      malformed.length >= most.malformed,
    save: () => {
      const saved = { events: events.length, malformed: malformed.length, size, raw }
      return () => {
        events.length = ends.length = saved.events
        malformed.length = saved.malformed
        size = saved.size
        raw = saved.raw
      }
    },
    build: () => {
      const bytes = buffer.subarray(0, size)
      const built = {
        events,
        records: { codec, parameter, bytes, ends: Uint32Array.from(ends) },
        malformed
      }
      buffer = Buffer.alloc(0)
      events = []
      ends = []
      malformed = []
      size = raw = 0
      return built
    }
  }
}
