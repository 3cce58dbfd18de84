/** Events and bad records of one file, gathered until they are worth a chunk. */
import type { Records } from "@millrace/core/Codec"
import type { UnknownEvent } from "@millrace/core/Event"
import type { Intake, Malformed } from "@millrace/core/Intake"
import type { SourceError } from "@millrace/core/Source"
import type { BrazeEvent } from "@millrace/events-braze"
import * as Effect from "effect/Effect"
import * as Checkpoint from "./checkpoint.ts"
import type { Found } from "./discover.ts"
import type { Input } from "./input.ts"

export type CurrentsEvent = BrazeEvent | UnknownEvent

/** Bytes of records, or of bad records, that make a chunk. */
export const chunkSize = 256 * 1024

/** The most bytes kept of a bad record of unknown length; the outbox keeps no more of any. */
export const rawLimit = 1024 * 1024

export interface Gather {
  /** The record at `bytes[start, end)`, which must not change until the next flush. */
  readonly add: (event: CurrentsEvent, bytes: Uint8Array, start: number, end: number) => void
  readonly bury: (record: Malformed) => void
  readonly isFull: () => boolean
  /** The state as it is, to come back to before the next flush. */
  readonly save: () => () => void
  /** Appends what is gathered, with `place` as the checkpoint. */
  readonly flush: (place: Checkpoint.Place) => Effect.Effect<void, SourceError>
  /** The same, and nothing more is to be read of the file as it is. */
  readonly finish: (place: Checkpoint.Place) => Effect.Effect<void>
}

/** Neighbouring records of one buffer are copied in one go. */
interface Run {
  readonly bytes: Uint8Array
  readonly start: number
  end: number
}

export const make = (
  file: Found,
  input: Input,
  intake: Intake<CurrentsEvent>,
  from: Checkpoint.Stand | undefined,
  encoding: Pick<Records, "codec" | "parameter">
): Gather => {
  let events: Array<CurrentsEvent> = []
  let lengths: Array<number> = []
  let runs: Array<Run> = []
  let malformed: Array<Malformed> = []
  let size = 0
  let raw = 0
  let latest = from
  let consumed = input.packed ? 0 : (from?.at ?? 0)

  const records = (): Records => {
    // Memory of its own: whoever gets the chunk may keep it, or hand it to another thread.
    const bytes = new Uint8Array(size)
    const ends = new Uint32Array(lengths.length)
    let end = 0
    for (const run of runs) {
      bytes.set(run.bytes.subarray(run.start, run.end), end)
      end += run.end - run.start
    }
    end = 0
    for (let i = 0; i < lengths.length; i++) ends[i] = end += lengths[i]!
    return { ...encoding, bytes, ends }
  }

  const append = (place: Checkpoint.Place, complete: boolean): Effect.Effect<void> =>
    Effect.suspend(() => {
      const used = complete ? file.size : input.packed ? input.consumed() : place.at
      const stand = { ...place, size: Math.max(file.size, used), complete }
      const isNews = complete && !(latest?.complete && latest.at === stand.at && latest.size === stand.size)
      if (events.length === 0 && malformed.length === 0 && !isNews) return Effect.void
      const chunk = {
        events,
        records: records(),
        malformed,
        split: file.split,
        checkpoint: Checkpoint.format(stand),
        consumed: Math.max(0, used - consumed)
      }
      events = []
      lengths = []
      runs = []
      malformed = []
      size = raw = 0
      latest = stand
      consumed = used
      return intake.append(chunk)
    })

  return {
    add: (event, bytes, start, end) => {
      const run = runs.at(-1)
      if (run !== undefined && run.bytes === bytes && run.end === start) run.end = end
      else runs.push({ bytes, start, end })
      events.push(event)
      lengths.push(end - start)
      size += end - start
    },
    bury: (record) => {
      malformed.push(record)
      raw += record.raw.length
    },
    isFull: () => size >= chunkSize || raw >= chunkSize || malformed.length >= 1000,
    save: () => {
      const saved = { events: events.length, runs: runs.length, malformed: malformed.length, size, raw }
      return () => {
        events.length = lengths.length = saved.events
        runs.length = saved.runs
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
