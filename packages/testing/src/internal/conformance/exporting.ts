/** The real exporter, with the destination under test and a memory outbox. */
import * as DeadLetters from "@millrace/core/DeadLetters"
import type { Event } from "@millrace/core/Event"
import * as Exporter from "@millrace/core/Exporter"
import type * as Ledger from "@millrace/core/Ledger"
import { type DeadLetter, Outbox } from "@millrace/core/Outbox"
import * as OutboxMemory from "@millrace/core/OutboxMemory"
import type { Policy } from "@millrace/core/Policy"
import type { LaneStatus, Running } from "@millrace/core/Running"
import * as Source from "@millrace/core/Source"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import type * as Scope from "effect/Scope"
import type { Stage } from "./stage.ts"

/** What an exporter left behind. */
export interface Story {
  readonly ledger: Ledger.Ledger
  readonly lanes: ReadonlyArray<LaneStatus>
  readonly letters: ReadonlyArray<DeadLetter>
  readonly logs: ReadonlyArray<string>
}

/** Short waits, so that a promise is proved in little time; long enough for a busy machine. */
const quick: Policy = {
  firstBackoff: "5 millis",
  longestBackoff: "20 millis",
  // No breaker: a proof counts the requests that its own faults are for.
  breakerAfter: 1000,
  probeEvery: "1 hour",
  attemptTimeout: "10 seconds"
}

/** For a lane that never succeeds. */
const patience = "10 seconds"

const route = "conformance"

const withLogs = <A, E, R>(
  use: (logs: ReadonlyArray<string>) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    const logs: Array<string> = []
    const logger = Logger.map(Logger.formatJson, (line) => {
      logs.push(line)
    })
    return use(logs).pipe(
      Effect.provideService(Logger.CurrentLoggers, new Set([logger])),
      Effect.provideService(References.MinimumLogLevel, "Trace")
    )
  })

/** Exports the events while `during` goes on; then the exporter is drained, unless it has ended by itself. */
export const exporting = <E extends Event, X>(
  { destination }: Stage<E>,
  events: ReadonlyArray<E>,
  during: (running: Running) => Effect.Effect<void, X, Scope.Scope>,
  options: {
    readonly policy?: Policy
    readonly follow?: boolean
    /** Events that come once something has happened. */
    readonly later?: { readonly events: ReadonlyArray<E>; readonly after: Effect.Effect<unknown> }
  } = {}
): Effect.Effect<Story, unknown> =>
  withLogs(
    Effect.fnUntraced(
      function* (logs) {
        const outbox = yield* Outbox
        const { later } = options
        const of = (given: ReadonlyArray<E>) => Source.fromArray(given, { catalogue: destination.accepts })
        const running = yield* Exporter.start(
          {
            sources: {
              default: of(events),
              ...(later === undefined ? {} : { later: delayed(of(later.events), later.after) })
            },
            routes: [
              {
                name: route,
                when: [...new Set(events.map(({ type }) => type))],
                changes: [],
                destination,
                // So that samples of one user stand in one batch: order is the engine's own promise.
                ordering: "none",
                policy: { ...quick, ...options.policy }
              }
            ]
          },
          { patience, drain: "1 second", follow: options.follow ?? false }
        )
        yield* during(running)
        const { lanes, ledger } = yield* running.ended
        return { ledger, lanes, logs, letters: yield* DeadLetters.all(outbox) }
      },
      Effect.scoped,
      Effect.provideServiceEffect(Outbox, OutboxMemory.make)
    )
  )

const delayed = <E extends Event>(
  source: Source.Source<E>,
  after: Effect.Effect<unknown>
): Source.Source<E> => ({
  ...source,
  run: (intake, how) => Effect.andThen(after, source.run(intake, how))
})

/** Exports the events until nothing is left to do. */
export const exported = <E extends Event>(
  stage: Stage<E>,
  events: ReadonlyArray<E>,
  policy: Policy = {}
): Effect.Effect<Story, unknown> => exporting(stage, events, () => Effect.void, { policy })

export const routeLedger = (ledger: Ledger.Ledger): Ledger.RouteLedger | undefined => ledger.routes[route]

/** How many events have no end yet. */
export const waiting = ({ ledger }: Pick<Running, "ledger">) =>
  Effect.map(ledger, (found) =>
    Object.values(routeLedger(found)?.waiting ?? {}).reduce((sum, events) => sum + events, 0)
  )
