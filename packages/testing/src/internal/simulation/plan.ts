/**
 * A plan: everything that happens in one history but the order of fibers and the small waits, which follow from its
 * seed. A plan is plain JSON, so a failing one can be kept. Times are milliseconds after the start of the history.
 */
import * as Schema from "effect/Schema"

const count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/** What is to become of an event, in every route. */
export const Fate = Schema.Literals([
  "deliver",
  /** The remote refuses any request that holds it. */
  "poison",
  /** Too large for the remote. */
  "large",
  /** `prepare` throws. */
  "bomb",
  /** The route's change throws. */
  "throw",
  /** The catalogue calls it invalid. */
  "invalid",
  /** The route's change leaves it out. */
  "filter",
  /** Its type is not selected. */
  "other",
  /** `assign` skips it. */
  "skip"
])

export const PlannedEvent = Schema.Struct({
  id: Schema.String,
  user: Schema.String,
  fate: Fate,
  place: count
})

export const PlannedChunk = Schema.Struct({
  name: Schema.String,
  events: Schema.Array(PlannedEvent),
  malformed: count,
  /** The source hands on bytes under a codec of its own. */
  bytes: Schema.Boolean
})

const Fault = Schema.Literals([
  "throttled",
  "down",
  "reset-before",
  "reset-after",
  "hang",
  "slow",
  "unauthorized",
  "missing",
  "partial",
  "strangers",
  "defect",
  /** Takes everything, and tells how much of its rate limit is used. */
  "busy"
])

export const Window = Schema.Struct({
  route: count,
  lane: count,
  from: count,
  to: count,
  fault: Fault,
  /** What a throttled answer asks for, in milliseconds. */
  after: count,
  scope: Schema.Literals(["lane", "destination"])
})

export const PlannedRoute = Schema.Struct({
  name: Schema.String,
  lanes: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)),
  grouped: Schema.Boolean,
  ordering: Schema.Literals(["user", "none"]),
  /** Messages a request, requests at once. */
  messages: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)),
  concurrency: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)),
  window: count,
  retention: count,
  /** The remote has a verdict on each event of a message. */
  judgesEvents: Schema.optionalKey(Schema.Boolean),
  /** What each lane may fill of the outbox, in bytes. */
  share: Schema.optionalKey(Schema.Struct({ size: count, whenFull: Schema.Literals(["hold", "set-aside"]) })),
  /** How often a lane with refused credentials is tried, in milliseconds; as the engine does unless given. */
  probeEvery: Schema.optionalKey(count)
})

const Crash = Schema.Struct({
  at: Schema.Union([
    Schema.Struct({ hook: count }),
    Schema.Struct({ step: count }),
    Schema.Struct({ time: count })
  ]),
  down: count
})

const Span = Schema.Struct({ from: count, to: count })

/** One process of a fleet, and those that follow it in its place. */
export const PlannedInstance = Schema.Struct({
  roles: Schema.Array(Schema.Literals(["read", "deliver"])),
  from: count,
  /** By how much its clock is wrong, in milliseconds. */
  skew: Schema.Int,
  /** It stands still, and wakes as if nothing had been. */
  pauses: Schema.Array(Span),
  /** The store cannot be reached from it. */
  cuts: Schema.Array(Span),
  /** The n-th life dies so. */
  crashes: Schema.Array(Crash),
  /** It is ended in order, and started again. */
  restarts: Schema.Array(count)
})

const Fleet = Schema.Struct({
  tracks: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)),
  /** For how many milliseconds a process that is not heard of keeps what it owns. */
  leaseTime: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)),
  instances: Schema.Array(PlannedInstance)
})

export const Plan = Schema.Struct({
  seed: Schema.Int,
  preemption: Schema.Finite,
  routes: Schema.Array(PlannedRoute),
  /** Pieces of a source that is read; each appears at its time. */
  splits: Schema.Array(Schema.Struct({ name: Schema.String, at: count, chunks: Schema.Array(PlannedChunk) })),
  readers: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)),
  /** Requests of a client that repeats each until it was answered; the first `lost` answers do not reach it. */
  requests: Schema.Array(Schema.Struct({ at: count, lost: count, chunk: PlannedChunk })),
  /** Whether events that were taken before are left out. */
  dedupe: Schema.Boolean,
  windows: Schema.Array(Window),
  /** The remote changes a lane's key; the configuration follows `lag` later. `held`: until then it has none. */
  rotations: Schema.Array(
    Schema.Struct({ route: count, lane: count, at: count, lag: count, held: Schema.Boolean })
  ),
  /** An operator's pauses. */
  pauses: Schema.Array(Schema.Struct({ route: count, lane: count, from: count, to: count })),
  /** Times in which the outbox has no room for a chunk. */
  full: Schema.Array(Schema.Struct({ from: count, to: count })),
  /** Calls of the outbox that fail, counted over the history. */
  failures: Schema.Array(count),
  /** The n-th life dies so. */
  crashes: Schema.Array(Crash),
  /** Whether the n-th life follows its sources, over and over. */
  follow: Schema.Array(Schema.Boolean),
  /** Several processes at once over one outbox; absent where one process follows another. */
  fleet: Schema.optionalKey(Fleet)
})

export interface Plan extends Schema.Schema.Type<typeof Plan> {}
export interface PlannedChunk extends Schema.Schema.Type<typeof PlannedChunk> {}
export interface PlannedEvent extends Schema.Schema.Type<typeof PlannedEvent> {}
export interface PlannedRoute extends Schema.Schema.Type<typeof PlannedRoute> {}
export interface PlannedInstance extends Schema.Schema.Type<typeof PlannedInstance> {}
export interface Window extends Schema.Schema.Type<typeof Window> {}
export type Fate = Schema.Schema.Type<typeof Fate>

export const chunksOf = (plan: Plan): ReadonlyArray<PlannedChunk> => [
  ...plan.splits.flatMap(({ chunks }) => chunks),
  ...plan.requests.map(({ chunk }) => chunk)
]

export const laneName = (index: number): string => `lane-${index}`

/** The lane an event leaves by. */
export const laneOf = (route: PlannedRoute, event: { readonly place: number }): string =>
  laneName(event.place % route.lanes)

/** When the last fault is over, and the last event has appeared. */
export const calmAt = (plan: Plan): number =>
  Math.max(
    0,
    ...plan.windows.map(({ to }) => to),
    ...plan.rotations.map(({ at, lag }) => at + lag),
    ...plan.pauses.map(({ to }) => to),
    ...plan.full.map(({ to }) => to),
    ...plan.splits.map(({ at }) => at),
    ...plan.requests.map(({ at }) => at),
    ...plan.crashes.map(({ at }) => ("time" in at ? at.time : 0)),
    ...(plan.fleet?.instances ?? []).flatMap(({ from, pauses, cuts, crashes, restarts }) => [
      from,
      ...[...pauses, ...cuts].map(({ to }) => to),
      ...crashes.map(({ at, down }) => ("time" in at ? at.time + down : 0)),
      ...restarts
    ])
  )

/** A lane that nothing is planned against: it must not be delayed by the others. */
export const isHealthy = (plan: Plan, route: number, lane: number): boolean =>
  ![...plan.windows, ...plan.rotations, ...plan.pauses].some(
    (fault) => fault.route === route && fault.lane === lane
  ) && !plan.windows.some((window) => window.route === route && window.scope === "destination")
