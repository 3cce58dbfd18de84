/**
 * An exporter at work: sources append, lanes deliver, and a watch decides when a finite run has ended.
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type { Definition } from "../Exporter.ts"
import * as Ledger from "../Ledger.ts"
import { type LaneState, Outbox } from "../Outbox.ts"
import type { Route } from "../Route.ts"
import type { LaneStatus, Report, RunError, Running, RunOptions } from "../Running.ts"
import * as Check from "./Definition.ts"
import type * as Health from "./Health.ts"
import * as Intake from "./Intake.ts"
import * as Lane from "./Lane.ts"
import { selection } from "./Plan.ts"
import * as ReadBack from "./ReadBack.ts"

export const start = (
  definition: Definition,
  options: RunOptions = {}
): Effect.Effect<Running, RunError, Outbox | Scope.Scope> =>
  Effect.gen(function* () {
    yield* Check.validate(definition)
    const outbox = yield* Outbox
    const changed = yield* Latch.make(false)
    const stop = yield* Deferred.make<void>()
    const failure = yield* Deferred.make<never, RunError>()
    const turn = yield* Semaphore.make(1)
    const stored = yield* outbox.lanes
    const catalogues = Check.catalogueOf(definition)
    const decode = ReadBack.decoders(catalogues)
    const follow = options.follow ?? false
    const patience = Duration.toMillis(options.patience ?? "60 seconds")
    const progress: Intake.Progress = { consumed: 0, expected: 0 }
    let sourcesEnded = false

    const openRoute = Effect.fnUntraced(function* (route: Route) {
      const opened = yield* route.destination.open
      const shared: Health.Shared = { notBefore: 0 }
      const lanes = new Map<string, Lane.Lane>()
      for (const { name, held } of opened.lanes) {
        const lane = yield* Lane.make({
          key: { route: route.name, lane: name },
          route,
          opened,
          held,
          stored: stored.find((state) => state.route === route.name && state.lane === name),
          shared,
          outbox,
          readBack: ReadBack.make(route, opened, name, decode),
          onChange: () => changed.openUnsafe()
        })
        lanes.set(name, lane)
      }
      return { route, opened, lanes, selected: selection(route, catalogues) } satisfies Intake.OpenRoute
    })

    const routes = yield* Effect.forEach(definition.routes, openRoute)
    const lanes = routes.flatMap(({ lanes }) => [...lanes.values()])
    const orphans = stored.filter(
      (state) =>
        state.waiting > 0 && !lanes.some(({ key }) => key.route === state.route && key.lane === state.lane)
    )
    for (const { route, lane, waiting } of orphans) {
      yield* Effect.logWarning(
        `${waiting} events wait for lane ${lane} of route ${route}, which is not in the configuration`
      )
    }

    const pace: Effect.Effect<void> = Effect.suspend(() => {
      const well = lanes.filter((lane) => lane.isWell())
      if (well.length === 0 || !well.every((lane) => lane.isSated())) return Effect.void
      changed.closeUnsafe()
      return Effect.andThen(changed.await, pace)
    })

    const runSource = ([name, source]: readonly [string, Definition["sources"][string]]) =>
      source.run(
        Intake.make({
          name,
          source,
          routes: routes.filter(({ route }) => route.from?.includes(name) ?? true),
          outbox,
          turn,
          pace,
          progress,
          fail: (error) => Effect.andThen(Deferred.fail(failure, error), Effect.never)
        }),
        { follow }
      )

    const isDone = (lane: Lane.Lane, now: number) =>
      lane.isEmpty() || lane.isClosed(now) || now - lane.lastSuccess() >= patience

    /** Resolves when every lane of a finite run is empty, closed, or past patience. */
    const settled: Effect.Effect<void> = Effect.gen(function* () {
      for (;;) {
        const now = yield* Clock.currentTimeMillis
        const busy = lanes.filter((lane) => !isDone(lane, now))
        if (busy.length === 0) return
        changed.closeUnsafe()
        const left = Math.min(...busy.map((lane) => lane.lastSuccess() + patience - now))
        yield* Effect.timeoutOption(changed.await, Math.max(1, left))
      }
    })

    const read = Effect.forEach(Object.entries(definition.sources), runSource, {
      concurrency: "unbounded",
      discard: true
    }).pipe(
      Effect.andThen(
        Effect.sync(() => {
          sourcesEnded = true
          for (const lane of lanes) lane.flush()
        })
      )
    )

    const statuses = Effect.sync(
      (): ReadonlyArray<LaneStatus> => [...lanes.map((lane) => lane.status()), ...orphans.map(orphanStatus)]
    )
    const ledger = Effect.map(outbox.ledger, (found) => withRoutes(found, definition))

    const whole = Effect.gen(function* () {
      const senders = yield* Effect.forkChild(
        Effect.forEach(lanes, (lane) => lane.run, { concurrency: "unbounded", discard: true })
      )
      yield* Effect.raceAllFirst([
        Effect.andThen(read, settled),
        Deferred.await(stop),
        Deferred.await(failure),
        Fiber.join(senders)
      ])
      // From here on nothing is read and no batch starts; what is under way may end.
      yield* Fiber.interrupt(senders)
      const quiet = yield* Effect.timeoutOption(
        Effect.forEach(lanes, (lane) => lane.awaitAttempts, { concurrency: "unbounded", discard: true }),
        options.drain ?? "30 seconds"
      )
      return {
        ledger: yield* ledger,
        lanes: yield* statuses,
        cutShort: quiet._tag === "None"
      } satisfies Report
    })

    const running = yield* Effect.forkScoped(whole)
    yield* Effect.addFinalizer(() =>
      Effect.andThen(Deferred.succeed(stop, undefined), Effect.exit(Fiber.await(running)))
    )
    return {
      ended: Effect.flatMap(Fiber.await(running), (exit) =>
        Exit.isSuccess(exit) ? Effect.succeed(exit.value) : Effect.failCause(exit.cause)
      ),
      drain: Effect.asVoid(Deferred.succeed(stop, undefined)),
      ledger,
      lanes: statuses,
      progress: Effect.sync(() => ({ ...progress, sourcesEnded }))
    } satisfies Running
  })

const orphanStatus = ({ route, lane, gate }: LaneState): LaneStatus => ({
  route,
  lane,
  gate: { open: false, reason: "not-in-configuration", since: gate.since, notBefore: 0 },
  trouble: "the configuration does not name it",
  underWay: 0
})

/** A route that has read nothing yet stands in the ledger all the same. */
const withRoutes = (ledger: Ledger.Ledger, { routes }: Definition): Ledger.Ledger => ({
  routes: {
    ...Ledger.fromCounts(routes.map(({ name }) => ({ route: name, kind: "read", key: "", events: 0 })))
      .routes,
    ...ledger.routes
  }
})
