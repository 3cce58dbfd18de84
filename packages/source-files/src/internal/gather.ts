/** Events and bad records of one file, gathered until they are worth a chunk. */
import type { Records } from "@millrace/core/Codec"
import type { UnknownEvent } from "@millrace/core/Event"
import type { Intake, Malformed } from "@millrace/core/Intake"
import type { SourceError } from "@millrace/core/Source"
import type { BrazeEvent } from "@millrace/events-braze"
import * as Effect from "effect/Effect"
import * as Checkpoint from "./checkpoint.ts"
import type { Found } from "./found.ts"
import type { Input } from "./input.ts"

export type CurrentsEvent = BrazeEvent | UnknownEvent

/** Bytes of records, or of bad records, that make a chunk. */
export const chunkSize = 256 * 1024
/** Events with hardly anything in them that make one. */
export const chunkRecords = 5000

/** The most bytes kept of a bad record of unknown length; the outbox keeps no more of any. */
export const rawLimit = 1024 * 1024

export interface Gather {
  /** The record at `bytes[start, end)`, which is copied. */
  readonly add: (event: CurrentsEvent, bytes: Buffer, start: number, end: number) => void
  readonly bury: (record: Malformed) => void
  /** What is added from here on is of this encoding; nothing of another may be gathered. */
  readonly encode: (encoding: Encoding) => void
  readonly isFull: () => boolean
  /** The state as it is, to come back to before the next flush. */
  readonly save: () => () => void
  /** Appends what is gathered, with `place` as the checkpoint. */
  readonly flush: (place: Checkpoint.Place) => Effect.Effect<void, SourceError>
  /** The same, and nothing more is to be read of the file as it is. */
  readonly finish: (place: Checkpoint.Place) => Effect.Effect<void>
}

export type Encoding = Pick<Records, "codec" | "parameter">

/** Room for the record that fills a chunk, too: most chunks need no second buffer. */
const bufferSize = chunkSize + 64 * 1024

export const make = (
  file: Found,
  input: Input,
  intake: Intake<CurrentsEvent>,
  from: Checkpoint.Stand | undefined,
  encoding: Encoding
): Gather => {
  let { codec, parameter } = encoding
  let events: Array<CurrentsEvent> = []
  let ends: Array<number> = []
  let buffer = Buffer.alloc(0)
  let malformed: Array<Malformed> = []
  let size = 0
  let raw = 0
  let latest = from
  let consumed = input.packed ? 0 : (from?.at ?? 0)

  const makeRoom = (length: number): void => {
    if (size + length <= buffer.length) return
    const larger = Buffer.allocUnsafeSlow(
      Math.max(Math.min(bufferSize, file.size), size + length, buffer.length * 2)
    )
    buffer.copy(larger, 0, 0, size)
    buffer = larger
  }

  const append = (place: Checkpoint.Place, complete: boolean): Effect.Effect<void> =>
    Effect.suspend(() => {
      const used = complete
        ? Math.max(file.size, input.consumed())
        : input.packed
          ? input.consumed()
          : place.at
      const stand = { ...place, size: Math.max(file.size, used), complete, gaps: input.gaps() }
      const isNews = complete && !(latest?.complete && latest.at === stand.at && latest.size === stand.size)
      if (events.length === 0 && malformed.length === 0 && !isNews) return Effect.void
      const chunk = {
        events,
        records: { codec, parameter, bytes: buffer.subarray(0, size), ends: Uint32Array.from(ends) },
        malformed,
        split: file.split,
        checkpoint: Checkpoint.format(stand),
        consumed: Math.max(0, used - consumed)
      }
      // Whoever gets the chunk keeps the buffer.
      buffer = Buffer.alloc(0)
      events = []
      ends = []
      malformed = []
      size = raw = 0
      latest = stand
      consumed = used
      return intake.append(chunk)
    })

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
    isFull: () =>
      size >= chunkSize || events.length >= chunkRecords || raw >= chunkSize || malformed.length >= 1000,
    save: () => {
      const saved = { events: events.length, malformed: malformed.length, size, raw }
      return () => {
        events.length = ends.length = saved.events
        malformed.length = saved.malformed
        size = saved.size
        raw = saved.raw
      }
    },
    flush: (place) =>
      Effect.flatMap(input.fill(1), (view) =>
        append(place, view.length === 0 && input.ending() === "whole" && input.position() === place.at)
      ),
    finish: (place) => append(place, true)
  }
}
