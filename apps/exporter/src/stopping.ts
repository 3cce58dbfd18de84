/**
 * What stops a run: signals, from its first moment to the end of the process. A run that a signal kills keeps its lease until
 * it expires, and tells nothing.
 */
import process from "node:process"
import type { Running } from "@millrace/core/Running"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Ended, exitCodes } from "./exitCode.ts"

/** SIGHUP comes when the terminal is closed. */
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const

export interface Stopping {
  readonly isAsked: () => boolean
  /** Starts the exporter, which drains at a signal: also at one that comes while it starts. */
  readonly draining: <E, R>(start: Effect.Effect<Running, E, R>) => Effect.Effect<Running, E, R | Scope.Scope>
}

/** The first signal stops it, the second ends it at once; nothing is lost either way. */
export const stoppable = <A, E, R>(
  run: (stopping: Stopping) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | Ended, R> =>
  Effect.suspend(() => {
    const asked = Deferred.makeUnsafe<void>()
    let hasBegun = false
    const onSignal = () => {
      if (!Deferred.doneUnsafe(asked, Effect.void)) process.exit(exitCodes.interrupted)
      const said = hasBegun
        ? "stopping; requests under way may finish (a second signal ends at once)"
        : "stopped before the run began: nothing was read, nothing was sent"
      // A line of progress may stand there.
      process.stderr.write(`\nmillrace: ${said}\n`)
    }
    for (const signal of signals) process.on(signal, onSignal)
    const beforeBegun = Effect.andThen(
      Deferred.await(asked),
      Effect.suspend(() => (hasBegun ? Effect.never : Effect.fail(new Ended(exitCodes.interrupted))))
    )
    const draining: Stopping["draining"] = (start) =>
      Effect.suspend(() => {
        hasBegun = true
        return start
      }).pipe(
        Effect.tap((running) => Effect.forkScoped(Effect.andThen(Deferred.await(asked), running.drain)))
      )
    return Effect.raceFirst(beforeBegun, run({ isAsked: () => Deferred.isDoneUnsafe(asked), draining }))
  })
