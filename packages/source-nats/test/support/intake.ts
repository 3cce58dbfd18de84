/** An intake that keeps what is appended, and the checkpoints from run to run. */
import type { Event } from "@millrace/core/Event"
import type { Checkpoint, Chunk, Intake, Lag, Malformed } from "@millrace/core/Intake"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"

export interface Recorder {
  readonly intake: Intake
  readonly chunks: Array<Chunk>
  readonly checkpoints: Map<string, Checkpoint>
  readonly logs: Array<string>
  /** How far behind it said that it is, each time. */
  readonly lags: Array<Lag>
  /** No append ends while it is closed. */
  readonly door: Latch.Latch
  /** Completes when the first append has begun. */
  readonly begun: Effect.Effect<void>
  readonly events: () => ReadonlyArray<Event>
  readonly ids: () => ReadonlyArray<string>
  readonly bad: () => ReadonlyArray<Malformed>
  /** Completes when so many events have been appended. */
  readonly has: (count: number) => Effect.Effect<void>
  readonly revoke: Effect.Effect<void>
}

export const make = (): Recorder => {
  const chunks: Array<Chunk> = []
  const checkpoints = new Map<string, Checkpoint>()
  const door = Latch.makeUnsafe(true)
  const lags: Array<Lag> = []
  const begun = Deferred.makeUnsafe<void>()
  const revoked = Deferred.makeUnsafe<void>()
  const waiting = new Set<() => void>()
  const events = () => chunks.flatMap((chunk) => chunk.events)
  const intake: Intake = {
    append: (chunk) =>
      Effect.andThen(
        Effect.andThen(Deferred.succeed(begun, undefined), door.await),
        Effect.sync(() => {
          chunks.push(chunk)
          checkpoints.set(chunk.split ?? "", chunk.checkpoint ?? "")
          for (const look of waiting) look()
        })
      ),
    full: Effect.succeed(false),
    claim: (split, read) =>
      Effect.map(
        read(Option.fromUndefinedOr(checkpoints.get(split)), { revoked: Deferred.await(revoked) }),
        (value) => ({ _tag: "Finished", value }) as const
      ),
    expect: () => Effect.void,
    unread: () => Effect.void,
    problems: () => Effect.void,
    lag: (found) => Effect.sync(() => void lags.push(found)),
    present: () => Effect.void
  }
  return {
    intake,
    chunks,
    checkpoints,
    logs: [],
    lags,
    door,
    begun: Deferred.await(begun),
    events,
    ids: () => events().map(({ id }) => id),
    bad: () => chunks.flatMap(({ malformed }) => malformed),
    has: (count) =>
      Effect.callback((resume) => {
        const look = () => {
          if (events().length >= count) resume(Effect.void)
        }
        waiting.add(look)
        look()
        return Effect.sync(() => waiting.delete(look))
      }),
    revoke: Effect.asVoid(Deferred.succeed(revoked, undefined))
  }
}

/** Keeps the logs instead of printing them. */
export const logged = ({ logs }: Recorder) =>
  Logger.layer([
    Logger.make(({ message }) => {
      logs.push(String(message))
    })
  ])
