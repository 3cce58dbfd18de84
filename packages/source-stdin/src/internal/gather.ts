/** Events and bad records, gathered until they are worth a chunk. */
import type { Event } from "@millrace/core/Event"
import type { Intake, Malformed } from "@millrace/core/Intake"
import * as Effect from "effect/Effect"

/** Bytes of records, or of bad records, that make a chunk. */
const chunkSize = 256 * 1024
/** Records without much in them, good or bad, that make one. */
const chunkRecords = 2000

export interface Gather<in E extends Event> {
  /** The event and its record, which is copied. */
  readonly add: (event: E, record: Buffer) => void
  /** `record.raw` is kept as it is. */
  readonly bury: (record: Malformed) => void
  /** Bytes of input that were used up. */
  readonly use: (bytes: number) => void
  readonly isEmpty: () => boolean
  readonly isFull: () => boolean
  /** Appends what is gathered. */
  readonly flush: Effect.Effect<void>
}

export const make = <E extends Event>(intake: Intake<E>, codec: string): Gather<E> => {
  let events: Array<E> = []
  let ends: Array<number> = []
  let malformed: Array<Malformed> = []
  let room = Buffer.alloc(0)
  let size = 0
  let raw = 0
  let consumed = 0

  const isEmpty = () => events.length === 0 && malformed.length === 0

  return {
    add: (event, record) => {
      if (size + record.length > room.length) {
        const larger = Buffer.allocUnsafeSlow(Math.max(chunkSize, size + record.length, room.length * 2))
        room.copy(larger, 0, 0, size)
        room = larger
      }
      size += record.copy(room, size)
      events.push(event)
      ends.push(size)
    },
    bury: (record) => {
      malformed.push(record)
      raw += record.raw.length
    },
    use: (bytes) => {
      consumed += bytes
    },
    isEmpty,
    isFull: () => size >= chunkSize || raw >= chunkSize || events.length + malformed.length >= chunkRecords,
    flush: Effect.suspend(() => {
      if (isEmpty()) return Effect.void
      const bytes = room.subarray(0, size)
      const chunk = {
        events,
        records: { codec, parameter: "", bytes, ends: Uint32Array.from(ends) },
        malformed,
        consumed
      }
      // Whoever gets the chunk keeps the memory.
      room = Buffer.alloc(0)
      events = []
      ends = []
      malformed = []
      size = raw = consumed = 0
      return intake.append(chunk)
    })
  }
}
