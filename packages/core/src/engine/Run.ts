/**
 * One run, from the first read to the report: lanes send while sources are read, until all has ended, somebody asks for an
 * end, or the outbox fails; then what is under way may end.
 *
 * Owns how the run ends: who wants it to stop says so here.
 */
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Ledger from "../Ledger.ts"
import type { OutboxError } from "../Outbox.ts"
import type { LaneStatus, Report, RunError } from "../Running.ts"
import type { Progress } from "./intake/Progress.ts"
import type { SourceStates } from "./intake/SourceStates.ts"
import type { OpenRoutes } from "./OpenRoutes.ts"
import type { Sources } from "./Sources.ts"

/** How a run ends otherwise than by itself. */
export interface Ending {
  /** Nothing is read any more, and what is under way ends. */
  readonly drain: Effect.Effect<void>
  /** The run fails; whoever found out waits to be interrupted. */
  readonly fail: (error: RunError) => Effect.Effect<never>
  /** Resolves, or fails, when the run is to end. */
  readonly asked: Effect.Effect<void, RunError>
}

export const ending: Effect.Effect<Ending> = Effect.sync(() => {
  const asked = Deferred.makeUnsafe<void, RunError>()
  return {
    drain: Effect.asVoid(Deferred.succeed(asked, undefined)),
    fail: (error) => Effect.andThen(Deferred.fail(asked, error), Effect.never),
    asked: Deferred.await(asked)
  }
})

export interface Options {
  readonly routes: OpenRoutes
  /** Reads all there is to read, until it is stored. */
  readonly read: Effect.Effect<void, RunError>
  readonly ending: Ending
  readonly follow: boolean
  /** The longest that attempts under way are waited for. */
  readonly drain: Duration.Input
  readonly progress: Progress
  readonly states: SourceStates
  readonly sources: Pick<Sources, "error">
  readonly ledger: Effect.Effect<Ledger.Ledger, OutboxError>
  readonly lanes: Effect.Effect<ReadonlyArray<LaneStatus>>
}

export const run = Effect.fnUntraced(
  function* (options: Options): Effect.fn.Return<Report, RunError> {
    const { routes, ending, follow, sources } = options
    const senders = yield* Effect.forkChild(routes.run)
    const read = Effect.andThen(
      options.read,
      Effect.sync(() => {
        options.progress.end()
        // Groups need not wait for their window: nothing more will come.
        for (const lane of routes.lanes()) lane.flush()
      })
    )
    // A run that follows ends by itself only where a source cannot go on.
    const last = Effect.suspend(() =>
      follow && sources.error() === undefined ? Effect.never : routes.watch.settled
    )
    yield* Effect.raceAllFirst([Effect.andThen(read, last), ending.asked, Fiber.join(senders)])
    // From here on nothing is read and no batch starts; what is under way may end.
    const error = sources.error()
    yield* Fiber.interrupt(senders)
    const quiet = yield* Effect.timeoutOption(
      Effect.forEach(routes.lanes(), (lane) => lane.awaitAttempts, {
        concurrency: "unbounded",
        discard: true
      }),
      options.drain
    )
    return {
      ledger: yield* options.ledger,
      lanes: yield* options.lanes,
      sources: options.states.statuses(),
      cutShort: quiet._tag === "None",
      unread: options.progress.now().unread,
      ...(error === undefined ? {} : { sourceError: error })
    }
  },
  (running, { routes }) => Effect.ensuring(running, routes.release)
)
