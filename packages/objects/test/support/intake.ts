/** An intake that records, and keeps checkpoints from run to run; the tests of the stores' sources have it, too. */
import type { Event } from "@millrace/core/Event"
import type { Checkpoint, Intake, Lag, Malformed, Problem, Unread } from "@millrace/core/Intake"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"

export interface Recorder {
  readonly intake: Intake<Event>
  readonly ids: Array<string>
  readonly bad: Array<Malformed>
  /** The bytes of the records of each split, in the order read. */
  readonly bytes: Map<string, Buffer>
  readonly checkpoints: Map<string, Checkpoint>
  readonly claimed: Array<string>
  readonly unread: Map<string, Unread>
  readonly logs: Array<string>
  /** How far behind it said that it is, each time. */
  readonly lags: Array<Lag>
  /** What it cannot read now. */
  problems: ReadonlyArray<Problem>
  /** Which of the splits that have a checkpoint it said are there. */
  present: ReadonlyArray<string> | undefined
  /** Done before each append. */
  onAppend: () => void
  /** Opens with each append and each word of problems. */
  readonly changed: Latch.Latch
}

export const make = (): Recorder => {
  const recorder: Recorder = {
    ids: [],
    bad: [],
    bytes: new Map(),
    checkpoints: new Map(),
    claimed: [],
    unread: new Map(),
    logs: [],
    lags: [],
    problems: [],
    present: undefined,
    onAppend: () => {},
    changed: Latch.makeUnsafe(false),
    intake: {
      append: (chunk) =>
        Effect.sync(() => {
          recorder.onAppend()
          const split = chunk.split ?? ""
          for (const { id } of chunk.events) recorder.ids.push(id)
          recorder.bad.push(...chunk.malformed)
          recorder.checkpoints.set(split, chunk.checkpoint ?? "")
          const before = recorder.bytes.get(split) ?? Buffer.alloc(0)
          recorder.bytes.set(split, Buffer.concat([before, chunk.records?.bytes ?? Buffer.alloc(0)]))
          recorder.changed.openUnsafe()
        }),
      full: Effect.succeed(false),
      claim: (split, read) =>
        Effect.suspend(() => {
          recorder.claimed.push(split)
          recorder.unread.delete(split)
          const after = Option.fromUndefinedOr(recorder.checkpoints.get(split))
          return Effect.map(
            read(after, { revoked: Effect.never }),
            (value) => ({ _tag: "Finished", value }) as const
          )
        }),
      expect: () => Effect.void,
      unread: (split, left) => Effect.sync(() => void recorder.unread.set(split, left)),
      problems: (found) =>
        Effect.sync(() => {
          recorder.problems = found
          recorder.changed.openUnsafe()
        }),
      lag: (found) => Effect.sync(() => void recorder.lags.push(found)),
      present: (among) =>
        Effect.map(among([...recorder.checkpoints.keys()]), (there) => {
          recorder.present = there
        })
    }
  }
  return recorder
}

/** Keeps the logs instead of printing them. */
export const logged = ({ logs }: Pick<Recorder, "logs">) =>
  Logger.layer([Logger.make(({ message }) => void logs.push(String(message)))])

/** Waits until it holds. */
export const until = (recorder: Recorder, holds: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (holds()) return Effect.void
    recorder.changed.closeUnsafe()
    return Effect.andThen(recorder.changed.await, until(recorder, holds))
  })
