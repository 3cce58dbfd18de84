/**
 * An exporter at work: sources append, lanes deliver, and a watch decides when a finite run has ended.
 *
 * `start` puts the parts together and owns nothing: `OpenRoutes` has the lanes, `Sources` what reads, `Progress` how far that
 * is, `Run` the way from the first read to the report.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import type { Definition } from "../Definition.ts"
import * as Ledger from "../Ledger.ts"
import { type Instance, type LaneKey, Outbox, type Role } from "../Outbox.ts"
import {
  DefinitionError,
  type LaneStatus,
  type RunError,
  type Running,
  type StartOptions
} from "../Running.ts"
import * as Backfills from "./again/Backfills.ts"
import * as Erase from "./again/Erase.ts"
import { decoder } from "./again/LetterDecoder.ts"
import { replayPast } from "./again/ReplayPast.ts"
import * as Revive from "./again/Revive.ts"
import * as Intakes from "./Intakes.ts"
import * as Appends from "./intake/Appends.ts"
import { catalogueOf } from "./intake/Known.ts"
import * as Progress from "./intake/Progress.ts"
import * as SourceStates from "./intake/SourceStates.ts"
import { eraseUnowned } from "./lane/EraseStored.ts"
import * as ReadBack from "./message/ReadBack.ts"
import * as Observing from "./Observing.ts"
import * as OpenRoutes from "./OpenRoutes.ts"
import * as Orphans from "./Orphans.ts"
import * as Run from "./Run.ts"
import * as Sources from "./Sources.ts"
import { validate } from "./Validate.ts"

export const start = Effect.fnUntraced(function* (
  definition: Definition,
  options: StartOptions = {}
): Effect.fn.Return<Running, RunError, Outbox | Scope.Scope> {
  yield* validate(definition, options)
  const policy = policyOf(definition, options)
  const parts = yield* makeParts(definition, policy)
  const { outbox, appends, decode, ending, intakes, observe, orphans, progress, routes, sources, states } =
    parts
  const past = { definition, outbox, intakeOf: intakes.ofPast }
  const backfills = Backfills.make({
    definition,
    outbox,
    patience: policy.patience,
    observe,
    intakeOf: intakes.ofBackfill
  })
  const ledger = Effect.map(outbox.ledger, (found) => withRoutes(found, definition))
  const lanes = Effect.map(
    Clock.currentTimeMillis,
    (now): ReadonlyArray<LaneStatus> => [
      ...routes.lanes().map((lane) => lane.status(now)),
      ...orphans.statuses
    ]
  )
  const reading = (): Effect.Effect<unknown, RunError> => {
    if (options.backfill !== undefined) return backfills.run(options.backfill)
    if (!policy.instance.roles.includes("read")) return Effect.void
    return options.past === undefined ? sources.read : replayPast(past, options.past)
  }
  const running = yield* Effect.forkScoped(
    Run.run({ ...policy, ...parts, read: Effect.andThen(reading(), appends.quiet), ledger, lanes })
  )
  yield* Effect.addFinalizer(() => Effect.andThen(ending.drain, Effect.exit(Fiber.await(running))))
  return {
    ended: Effect.flatMap(Fiber.await(running), (exit) =>
      Exit.isSuccess(exit) ? Effect.succeed(exit.value) : Effect.failCause(exit.cause)
    ),
    drain: ending.drain,
    pause: (key, paused) => {
      const lane = routes.lane(key)
      return lane === undefined ? Effect.succeed(false) : Effect.as(lane.pause(paused), true)
    },
    replay: (filter) =>
      appends.alone(Revive.replay(outbox, routes.named, decoder(definition), filter, routes.lag)),
    erase: (user) => Erase.erase(outbox, decode, user, eraseWaiting(parts, user)),
    replayPast: (range) => replayPast(past, range),
    backfill: backfills.run,
    backfills: Effect.sync(backfills.statuses),
    ledger,
    lanes,
    sources: Effect.sync(states.statuses),
    progress: Effect.sync(progress.now)
  }
})

/** What a definition and the options of a run come to; times in milliseconds. */
const policyOf = (definition: Definition, options: StartOptions) => ({
  follow: options.follow ?? false,
  readers: options.readers ?? [],
  instance: options.instance ?? alone,
  patience: Duration.toMillis(options.patience ?? "60 seconds"),
  drain: options.drain ?? "30 seconds",
  dedupe: Duration.toMillis(definition.dedupe ?? 0),
  /** On how many days a split must have been gone before its checkpoint is forgotten. */
  horizon: Math.max(1, Math.ceil(Duration.toMillis(definition.checkpointRetention ?? "90 days") / day))
})

const bothRoles: ReadonlyArray<Role> = ["read", "deliver"]

const alone: Instance = { name: "exporter", roles: bothRoles }

const day = 24 * 60 * 60 * 1000

/** The parts of an exporter, none of them at work yet. */
const makeParts = Effect.fnUntraced(function* (
  definition: Definition,
  { dedupe, follow, horizon, instance, patience, readers }: ReturnType<typeof policyOf>
) {
  const clock = yield* Clock.Clock
  const observe = yield* Observing.take
  const outbox = Observing.ofOutbox(yield* Outbox, observe, clock)
  const ending = yield* Run.ending
  const appends = yield* Appends.make(outbox)
  if (!outbox.shared && !bothRoles.every((role) => instance.roles.includes(role)))
    return yield* new DefinitionError({
      detail: `instance.roles: the outbox has one owner, and nobody else would ${instance.roles.includes("read") ? "deliver" : "read"}; name both, or an outbox that several share`
    })
  yield* outbox.join(instance)
  const stored = yield* outbox.lanes
  const decode = ReadBack.decoders(catalogueOf(definition))
  const progress = Progress.make()
  const states = yield* SourceStates.make({
    sources: Object.keys(definition.sources),
    follow,
    patience,
    observe
  })
  const routes = yield* OpenRoutes.open(definition, {
    outbox,
    stored,
    decode,
    roles: instance.roles,
    patience,
    readers,
    observe
  })
  const isOpen = (key: LaneKey) => routes.lane(key) !== undefined
  const orphans = yield* Orphans.find({ outbox, stored, decode, isOpen })
  const intakes = Intakes.make({
    sources: definition.sources,
    routes,
    outbox,
    appends,
    progress,
    states,
    dedupe,
    follow,
    patience,
    horizon,
    observe,
    clock,
    fail: ending.fail
  })
  const sources = Sources.make({
    sources: definition.sources,
    readers,
    follow,
    states,
    intakes,
    tracks: outbox.tracks,
    busyTracks: routes.busyTracks
  })
  return { observe, outbox, ending, appends, decode, progress, states, routes, orphans, intakes, sources }
})

/** Also what waits for lanes that the configuration no longer names. */
const eraseWaiting = Effect.fnUntraced(function* (
  {
    decode,
    orphans,
    outbox,
    routes
  }: {
    readonly decode: ReadBack.Decoders
    readonly orphans: Orphans.Orphans
    readonly outbox: Outbox["Service"]
    readonly routes: OpenRoutes.OpenRoutes
  },
  user: string
) {
  const erased = yield* Effect.forEach(
    routes.lanes(),
    (lane) =>
      Effect.zipWith(
        lane.erase(user),
        // In a fleet the lane has some of its tracks.
        outbox.shared ? eraseUnowned(outbox, lane.key, decode, user, lane.tracks.owns) : Effect.succeed(0),
        (own, others) => own + others
      ),
    { concurrency: "unbounded" }
  )
  const fromOrphans = yield* orphans.erase(user)
  return erased.reduce((sum, events) => sum + events, fromOrphans)
})

/** A route that has read nothing yet stands in the ledger all the same. */
const withRoutes = (ledger: Ledger.Ledger, { routes }: Definition): Ledger.Ledger => ({
  routes: {
    ...Ledger.fromCounts(routes.map(({ name }) => ({ route: name, kind: "read", key: "", events: 0 })))
      .routes,
    ...ledger.routes
  }
})
