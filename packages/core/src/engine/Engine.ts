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
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { reader } from "../DeadLetters.ts"
import type { Definition } from "../Exporter.ts"
import * as Ledger from "../Ledger.ts"
import { type LaneKey, type LaneState, type NewParcel, Outbox } from "../Outbox.ts"
import {
  DefinitionError,
  type LaneStatus,
  type Past as PastRange,
  type Report,
  type RunError,
  type Running,
  type RunOptions
} from "../Running.ts"
import type { Source, SourceError } from "../Source.ts"
import * as Appends from "./Appends.ts"
import * as Check from "./Definition.ts"
import * as Door from "./Door.ts"
import * as Erase from "./Erase.ts"
import * as Erasures from "./Erasures.ts"
import * as Intake from "./Intake.ts"
import type * as Lane from "./Lane.ts"
import * as OpenRoute from "./OpenRoute.ts"
import * as Past from "./Past.ts"
import * as Planner from "./Planner.ts"
import * as ReadBack from "./ReadBack.ts"
import { laneName, type ToReader } from "./ReaderMessages.ts"
import * as Readers from "./Readers.ts"
import * as Revive from "./Revive.ts"
import * as SourceStates from "./SourceStates.ts"
import * as Supervise from "./Supervise.ts"

export const start = (
  definition: Definition,
  options: RunOptions = {}
): Effect.Effect<Running, RunError, Outbox | Scope.Scope> =>
  Effect.gen(function* () {
    yield* Check.validate(definition)
    if ((options.readers ?? []).length > 0 && definition.dedupe !== undefined) {
      return yield* new DefinitionError({
        detail:
          "with `dedupe` every event is looked up before it is prepared, which one thread does; leave out `workers` or `dedupe`"
      })
    }
    const outbox = yield* Outbox
    const changed = yield* Latch.make(false)
    const stop = yield* Deferred.make<void>()
    const failure = yield* Deferred.make<never, RunError>()
    const appends = yield* Appends.make(outbox)
    const stored = yield* outbox.lanes
    const decode = ReadBack.decoders(Check.catalogueOf(definition))
    const follow = options.follow ?? false
    const patience = Duration.toMillis(options.patience ?? "60 seconds")
    const dedupe = Duration.toMillis(definition.dedupe ?? 0)
    const progress: Door.Progress = { consumed: 0, expected: 0, unread: new Map() }
    const states = yield* SourceStates.make({ sources: Object.keys(definition.sources), follow, patience })
    let sourcesEnded = false
    let readerError: SourceError | undefined

    const routes = yield* Effect.forEach(definition.routes, (route) =>
      OpenRoute.open(route, {
        outbox,
        stored,
        decode,
        known: Check.knownTo(route, definition.sources),
        retention: Duration.toMillis(route.retention ?? definition.retention ?? "7 days"),
        onChange: () => changed.openUnsafe(),
        onReopen: () => {
          const message: ToReader = { kind: "reopen", route: route.name }
          for (const { port } of options.readers ?? []) port.postMessage(message)
        }
      })
    )
    const lanesNow = () => routes.flatMap(({ lanes }) => [...lanes.values()])
    const isOrphan = ({ route, lane }: LaneKey) => !lanesNow().some(({ key }) => isSame(key, { route, lane }))
    const orphans = stored.filter((state) => state.waiting > 0 && isOrphan(state))
    for (const { route, lane, waiting } of orphans) {
      yield* Effect.logWarning(
        `${waiting} events wait for lane ${lane} of route ${route}, which is not in the configuration`
      )
    }

    /** What was stored without them is read back by its lanes. */
    const lagAll = (parcels: ReadonlyArray<NewParcel>) => {
      for (const { route, lane: name, records } of parcels) {
        lanesNow()
          .find(({ key }) => isSame(key, { route, lane: name }))
          ?.lag(records.bytes.length)
      }
    }

    /** Suspends until it holds; asked again whenever a lane has changed. */
    const until = (holds: () => boolean): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (holds()) return Effect.void
        changed.closeUnsafe()
        return Effect.andThen(changed.await, until(holds))
      })

    /** Not for long: a lane that is slow lags to disk rather than hold the others. */
    const whileCrowded = Effect.suspend(() =>
      lanesNow().some((lane) => lane.isCrowded())
        ? Effect.timeoutOption(
            until(() => !lanesNow().some((lane) => lane.isCrowded())),
            longestPause
          )
        : Effect.void
    )

    const pace = Effect.andThen(
      until(() => {
        const well = lanesNow().filter((lane) => lane.isWell())
        return well.length === 0 || !well.every((lane) => lane.isSated())
      }),
      whileCrowded
    )

    const doorOf = (
      name: string,
      { push = false }: Source,
      reading: ReadonlyArray<OpenRoute.OpenRoute>,
      dedupe: number | undefined
    ) =>
      Door.make({
        name,
        routes: reading,
        outbox,
        appends,
        until,
        pace: push ? Effect.void : pace,
        progress,
        states,
        dedupe,
        fail: (error) => Effect.andThen(Deferred.fail(failure, error), Effect.never)
      })

    const intakeOf = (
      name: string,
      source: Source,
      reading: ReadonlyArray<OpenRoute.OpenRoute>,
      door: Door.Door,
      dedupes: boolean,
      isErased?: Erasures.IsErased
    ) => Intake.make(Planner.make(name, source, reading, dedupes, isErased), door, dedupes)

    const readsFrom = ({ route }: OpenRoute.OpenRoute, name: string) => route.from?.includes(name) ?? true

    /** A thread that is gone stops neither the others nor what was read: they take up its splits. */
    const noted = (reading: Effect.Effect<void, SourceError>) =>
      Effect.catch(reading, (error) =>
        Effect.suspend(() => {
          readerError ??= error
          return follow ? Effect.logWarning(error.message) : Effect.void
        })
      )
    const sources = Object.entries(definition.sources)
    const readers = options.readers ?? []
    const routesOf = (name: string) => routes.filter((route) => readsFrom(route, name))
    /** One source that cannot go on does not stop the others, nor what was read. */
    const supervised = (name: string, source: Source, door: Door.Door) =>
      Supervise.forever({
        source,
        intake: () => intakeOf(name, source, routesOf(name), door, dedupe > 0),
        run: {
          follow,
          // Threads read; who owns the lanes reads in the time that these leave.
          ...(source.parallel === true && readers.length > 0 ? { splits: 1 } : {})
        },
        again: door.again,
        onChange: Effect.annotateLogs(Effect.logInfo("the credentials changed and are in use"), {
          source: name
        })
      }).pipe(Effect.andThen(states.ended(name)), Effect.ignore)
    const runSources = (doorFor: (name: string) => Door.Door) =>
      Effect.forEach(sources, ([name, source]) => supervised(name, source, doorFor(name)), {
        concurrency: "unbounded",
        discard: true
      })

    const replayPast = Effect.fnUntraced(function* (past: PastRange) {
      const route = routes.find((open) => open.route.name === past.route)
      if (route === undefined) {
        return yield* new DefinitionError({ detail: `there is no route ${past.route}` })
      }
      const sources = Object.entries(definition.sources).filter(([name]) => readsFrom(route, name))
      const stubborn = sources.find(([, source]) => source.replayable !== true)
      if (stubborn !== undefined) {
        return yield* new DefinitionError({
          detail: `source ${stubborn[0]} cannot be read again: it keeps no past`
        })
      }
      const unknown = Check.strangerIn(
        past.types ?? [],
        sources.map(([, { catalogue }]) => catalogue)
      )
      if (unknown !== undefined) return yield* new DefinitionError({ detail: unknown })
      const isErased = past.erased === true ? undefined : Erasures.isErased(yield* outbox.erasures)
      let events = 0
      for (const [name, source] of sources) {
        const again = Past.source(source, past, (count) => {
          events += count
        })
        const pastName = Past.nameOf(name, past)
        const door = doorOf(pastName, again, [route], undefined)
        const intake = intakeOf(pastName, again, [route], door, false, isErased)
        yield* Supervise.once(again, intake, { follow: false })
      }
      return events
    })

    const isDone = (lane: Lane.Lane, now: number) =>
      lane.isEmpty() || lane.isClosed(now) || now - lane.troubledSince(now) >= patience

    /** Resolves when every lane of a finite run is empty, closed, or past patience. */
    const settled: Effect.Effect<void> = Effect.gen(function* () {
      for (;;) {
        const now = yield* Clock.currentTimeMillis
        const busy = lanesNow().filter((lane) => !isDone(lane, now))
        if (busy.length === 0) return
        changed.closeUnsafe()
        const left = Math.min(patience, ...busy.map((lane) => lane.troubledSince(now) + patience - now))
        yield* Effect.timeoutOption(changed.await, Math.max(1, left))
      }
    })

    const presentDoor = (name: string) => doorOf(name, definition.sources[name]!, routesOf(name), dedupe)

    const readPresent =
      readers.length === 0
        ? runSources(presentDoor)
        : Readers.together({
            readers,
            doors: new Map(
              sources.flatMap(([name, { parallel }]) =>
                parallel === true ? [[name, presentDoor(name)] as const] : []
              )
            ),
            follow,
            busyLanes: () =>
              lanesNow().flatMap((lane) => (lane.accepts() ? [] : [laneName(lane.key.route, lane.key.lane)])),
            noted,
            here: (own) => runSources((name) => own.get(name) ?? presentDoor(name))
          })
    const read = (options.past === undefined ? readPresent : replayPast(options.past)).pipe(
      Effect.andThen(appends.quiet),
      Effect.andThen(
        Effect.sync(() => {
          sourcesEnded = true
          for (const lane of lanesNow()) lane.flush()
        })
      )
    )

    const errorNow = () => states.error() ?? readerError
    const statuses = Effect.map(
      Clock.currentTimeMillis,
      (now): ReadonlyArray<LaneStatus> => [
        ...lanesNow().map((lane) => lane.status(now)),
        ...orphans.map(orphanStatus)
      ]
    )
    const ledger = Effect.map(outbox.ledger, (found) => withRoutes(found, definition))

    const whole = Effect.gen(function* () {
      const senders = yield* Effect.forkChild(
        Effect.forEach(routes, (route) => route.run, { concurrency: "unbounded", discard: true })
      )
      yield* Effect.raceAllFirst([
        Effect.andThen(
          read,
          Effect.suspend(() => (follow && errorNow() === undefined ? Effect.never : settled))
        ),
        Deferred.await(stop),
        Deferred.await(failure),
        Fiber.join(senders)
      ])
      // From here on nothing is read and no batch starts; what is under way may end.
      const sourceError = errorNow()
      yield* Fiber.interrupt(senders)
      const quiet = yield* Effect.timeoutOption(
        Effect.forEach(lanesNow(), (lane) => lane.awaitAttempts, { concurrency: "unbounded", discard: true }),
        options.drain ?? "30 seconds"
      )
      return {
        ledger: yield* ledger,
        lanes: yield* statuses,
        sources: states.statuses(),
        cutShort: quiet._tag === "None",
        unread: [...progress.unread.values()],
        ...(sourceError === undefined ? {} : { sourceError })
      } satisfies Report
    })

    /** Also what waits for lanes that the configuration no longer names. */
    const eraseWaiting = Effect.fnUntraced(function* (user: string) {
      const fromLanes = yield* Effect.forEach(lanesNow(), (lane) => lane.erase(user), {
        concurrency: "unbounded"
      })
      const fromOrphans = yield* Effect.forEach((yield* outbox.lanes).filter(isOrphan), (lane) =>
        Erase.eraseStored(outbox, lane, decode, user)
      )
      return [...fromLanes, ...fromOrphans.map(({ events }) => events)].reduce(
        (sum, events) => sum + events,
        0
      )
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
      pause: (key, paused) =>
        Option.match(Option.fromUndefinedOr(lanesNow().find((lane) => isSame(lane.key, key))), {
          onNone: () => Effect.succeed(false),
          onSome: (lane) => Effect.as(lane.pause(paused), true)
        }),
      replay: (filter) =>
        appends.alone(
          Revive.replay(
            outbox,
            (name) => routes.find(({ route }) => route.name === name),
            reader(definition),
            filter,
            (parcels) => Effect.sync(() => lagAll(parcels))
          )
        ),
      erase: (user) => Erase.erase(outbox, decode, user, eraseWaiting(user)),
      replayPast,
      ledger,
      lanes: statuses,
      sources: Effect.sync(states.statuses),
      progress: Effect.sync(() => ({ ...progress, unread: [...progress.unread.values()], sourcesEnded }))
    } satisfies Running
  })

/** How long a source waits for a lane that could be handed no more, in milliseconds. */
const longestPause = 100

const isSame = (left: LaneKey, right: LaneKey) => left.route === right.route && left.lane === right.lane

const orphanStatus = ({ route, lane, gate }: LaneState): LaneStatus => ({
  route,
  lane,
  gate: { open: false, reason: "not-in-configuration", since: gate.since, notBefore: 0 },
  trouble: "the configuration does not name it",
  reason: "not-in-configuration",
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
