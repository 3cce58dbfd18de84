/**
 * A route with its destination open and its lanes; opened anew when the credentials change.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import * as Scope from "effect/Scope"
import type { Catalogue } from "../Catalogue.ts"
import type { Opened } from "../Destination.ts"
import * as Log from "../Log.ts"
import type { Observe } from "../Observer.ts"
import type { LaneState, Outbox, OutboxError } from "../Outbox.ts"
import type { PluginError } from "../Plugin.ts"
import type { Route } from "../Route.ts"
import { selection } from "./intake/Plan.ts"
import type { PlannedRoute } from "./intake/Planner.ts"
import type { Shared } from "./lane/Health.ts"
import * as Lane from "./lane/Lane.ts"
import * as Pacing from "./lane/Pacing.ts"
import type { Decoders } from "./message/ReadBack.ts"
import type { Ownership } from "./Ownership.ts"

export interface Options {
  readonly outbox: Outbox["Service"]
  readonly stored: ReadonlyArray<LaneState>
  readonly decode: Decoders
  /** What knows the types it reads. */
  readonly known: ReadonlyArray<Catalogue>
  /** Milliseconds. */
  readonly retention: number
  /** Which tracks this instance sends for. */
  readonly ownership: Pick<Ownership, "claim">
  readonly observe: Observe | undefined
  readonly onChange: () => void
  /** Called when the destination was opened anew. */
  readonly onReopen: () => void
}

/** A route ready to take events; `opened` and `lanes` change when its destination is opened anew. */
export interface OpenRoute extends PlannedRoute {
  readonly lanes: ReadonlyMap<string, Lane.Lane>
  /** Runs the lanes, and opens the destination anew when its credentials change; fails when the outbox does. */
  readonly run: Effect.Effect<never, OutboxError>
}

export const open = Effect.fnUntraced(function* (
  route: Route,
  options: Options
): Effect.fn.Return<OpenRoute, PluginError | OutboxError, Scope.Scope> {
  const { destination } = route
  const scope = yield* Effect.scope
  const shared: Shared = { notBefore: 0, since: 0 }
  const lanes = new Map<string, Lane.Lane>()
  const senders = yield* FiberSet.make<never, OutboxError>()
  let isRunning = false

  const addLanes = (opened: Opened) =>
    Effect.forEach(
      opened.lanes.filter(({ name }) => !lanes.has(name)),
      Effect.fnUntraced(function* ({ name }) {
        const lane = yield* Lane.make({
          ...options,
          key: { route: route.name, lane: name },
          route,
          opened,
          stored: options.stored.find((state) => state.route === route.name && state.lane === name),
          shared
        }).pipe(Scope.provide(scope))
        lanes.set(name, lane)
        yield* options.ownership.claim(lane)
        if (isRunning) yield* FiberSet.run(senders, lane.run)
      }),
      { discard: true }
    )

  // Asked before the destination is opened, each time: a change while it is being opened is not missed.
  const ask = Effect.forkIn(destination.changed ?? Effect.never, scope, { startImmediately: true })
  let changed = yield* ask
  const first = yield* destination.open
  const self = {
    route,
    opened: first,
    lanes,
    selected: selection(route, options.known),
    accepts: (lane: string, track: number) => {
      const found = lanes.get(lane)
      return found?.tracks.owns(track) === true && Pacing.accepts(found.view())
    }
  }
  yield* addLanes(first)

  /** Credentials that cannot be read leave everything as it was. */
  const reopen = Effect.gen(function* () {
    const opened = yield* destination.open
    yield* addLanes(opened)
    self.opened = opened
    yield* Effect.forEach(lanes.values(), (lane) => lane.reopen(opened), { discard: true })
    options.onReopen()
    yield* Log.write("credentials-changed", "the credentials changed and are in use", {
      route: route.name
    })
  }).pipe(
    Effect.catchTag("PluginError", (error) =>
      Log.write("credentials-unusable", `changed credentials cannot be used yet: ${error.message}`, {
        route: route.name
      })
    )
  )
  const watch = Effect.forever(
    Effect.gen(function* () {
      yield* Fiber.join(changed)
      changed = yield* ask
      yield* reopen
    })
  )

  return Object.assign(self, {
    run: Effect.gen(function* () {
      isRunning = true
      for (const lane of lanes.values()) yield* FiberSet.run(senders, lane.run)
      return yield* Effect.raceFirst(watch, Effect.andThen(FiberSet.join(senders), Effect.never))
    }).pipe(Effect.ensuring(FiberSet.clear(senders)))
  })
})
