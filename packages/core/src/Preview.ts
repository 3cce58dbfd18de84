/**
 * What would be sent: a source through routes, transforms and `prepare`, with nothing stored and nothing sent.
 *
 * @since 1.0.0
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { Definition } from "./Definition.ts"
import type { Opened } from "./Destination.ts"
import type { Event } from "./Event.ts"
import { knownTo } from "./engine/intake/Known.ts"
import { plan, type Selection, selection } from "./engine/intake/Plan.ts"
import { change, isChanging as isIntakeChanging } from "./engine/message/Change.ts"
import * as MessageBuffer from "./engine/message/MessageBuffer.ts"
import { defectDetail, type Placed, prepareOne } from "./engine/message/Prepare.ts"
import { validate } from "./engine/Validate.ts"
import type { Chunk, Intake } from "./Intake.ts"
import type { LaneKey } from "./Outbox.ts"
import type { PluginError } from "./Plugin.ts"
import { type Changed, type Route, reads } from "./Route.ts"
import type { RunError } from "./Running.ts"
import * as Thrown from "./Thrown.ts"

/**
 * A message as it would be sent.
 *
 * @since 1.0.0
 * @category models
 */
export interface MessagePreview {
  readonly text: string
  /** Its events as they were read and as the route has changed them; empty for a route that changes nothing. */
  readonly changes: ReadonlyArray<{ readonly before: Event; readonly after: Event }>
}

/**
 * What one lane would send.
 *
 * @since 1.0.0
 * @category models
 */
export interface LanePreview {
  readonly lane: string
  /** Events for this lane among those read. */
  events: number
  /** The first messages. */
  readonly messages: Array<MessagePreview>
}

/**
 * What one route would do.
 *
 * @since 1.0.0
 * @category models
 */
export interface RoutePreview {
  readonly route: string
  read: number
  /** Events left out, skipped, or ended, by reason. */
  readonly left: Map<string, number>
  readonly lanes: ReadonlyArray<LanePreview>
  /** What its destination says of the types that it selects. */
  readonly warnings: ReadonlyArray<string>
  /** What its changes and its destination threw, each once. */
  readonly thrown: ReadonlyArray<Thrown.Thrown>
}

/**
 * What is to be said of the types that a route selects, of those that its sources know: that there are none, and what its
 * destination says of them.
 *
 * @since 1.0.0
 * @category conversions
 */
export const warnings = (
  route: Route,
  opened: Opened,
  sources: Definition["sources"]
): ReadonlyArray<string> => {
  const known = knownTo(route, sources)
  const selected = selection(route, known)
  const types = known.flatMap((catalogue) => [...(catalogue.types ?? route.destination.accepts.types ?? [])])
  const leaving = new Set(types.filter((type) => selected(type) === undefined))
  if (types.length > 0 && leaving.size === 0)
    return ["selects no event: `except` leaves out all that `when` names"]
  return opened.warnings?.(leaving) ?? []
}

/**
 * The message of an event that is stored for a lane, as today's configuration would send it, alone; or why there is none.
 *
 * @since 1.0.0
 * @category constructors
 */
export const message: (
  definition: Definition,
  key: LaneKey,
  stored: Event
) => Effect.Effect<Result.Result<string, string>, PluginError> = Effect.fnUntraced(function* (
  { routes },
  key,
  stored
) {
  const route = routes.find(({ name }) => name === key.route)
  if (route === undefined) return Result.fail(`the configuration has no route ${key.route}`)
  const opened = yield* route.destination.open
  if (opened.lanes.every(({ name }) => name !== key.lane))
    return Result.fail(`route ${key.route} has no lane ${key.lane}`)
  const event = changed(route, stored)
  if ("filtered" in event) return Result.fail(`the route leaves it out (${event.filtered})`)
  if ("refused" in event) return Result.fail(`${event.refused}: ${event.detail}`)
  const buffer = MessageBuffer.make()
  return Result.mapBoth(prepareOne(opened, key.lane, [event], buffer), {
    onFailure: ({ detail, reason }) => (detail === "" ? reason : `${reason}: ${detail}`),
    onSuccess: () => new TextDecoder().decode(buffer.take(1).bytes)
  })
})

/** A route that fails at an event has made a dead letter of it, which somebody wants to look at. */
const changed = (route: Route, event: Event): Changed => {
  try {
    return change(route.changes, event)
  } catch (cause) {
    return { refused: "defect", detail: defectDetail("through", cause) }
  }
}

/**
 * Reads until `events` were read or every lane has `messages`, and tells what would be sent.
 *
 * @since 1.0.0
 * @category constructors
 */
export const preview: (
  definition: Definition,
  options: { readonly messages: number; readonly events: number }
) => Effect.Effect<ReadonlyArray<RoutePreview>, RunError> = Effect.fnUntraced(function* (given, options) {
  const thrown: Array<Thrown.Thrown> = []
  const definition = Thrown.observe(
    given,
    Thrown.once(mostThrown, (one) => void thrown.push(one))
  )
  yield* validate(definition)
  const enough = yield* Deferred.make<void>()
  const routes = yield* Effect.forEach(definition.routes, (route) =>
    Effect.map(route.destination.open, (opened) => ({
      route,
      opened,
      selected: selection(route, knownTo(route, definition.sources)),
      seen: emptyPreview(route, opened, warnings(route, opened, definition.sources))
    }))
  )
  const isEnough = () =>
    routes.every(
      ({ seen }) =>
        seen.read >= options.events || seen.lanes.every((lane) => lane.messages.length >= options.messages)
    )
  const runSource = ([name, source]: readonly [string, Definition["sources"][string]]) => {
    const reading = routes.filter(({ route }) => reads(route, name))
    const invalid = (event: Event) =>
      source.catalogue.valid(event)
        ? undefined
        : (source.catalogue.explain(event) ?? "does not fit its catalogue")
    const intake: Intake = {
      append: (chunk) =>
        Effect.suspend(() => {
          for (const entry of reading) look(entry, chunk, invalid, options.messages)
          return isEnough() ? Effect.andThen(Deferred.succeed(enough, undefined), Effect.never) : Effect.void
        }),
      full: Effect.succeed(false),
      claim: (_, read) =>
        Effect.map(
          read(Option.none(), { revoked: Effect.never }),
          (value) => ({ _tag: "Finished", value }) as const
        ),
      expect: () => Effect.void,
      unread: () => Effect.void,
      problems: () => Effect.void,
      lag: () => Effect.void,
      present: () => Effect.void
    }
    return source.run(intake, { follow: false })
  }
  yield* Effect.raceFirst(
    Effect.forEach(Object.entries(definition.sources), runSource, { discard: true }),
    Deferred.await(enough)
  )
  return routes.map(({ seen }) => ({
    ...seen,
    thrown: thrown.filter(({ route }) => route === seen.route)
  }))
})

/** An author mends the first of them and looks again. */
const mostThrown = 20

const emptyPreview = (route: Route, opened: Opened, warnings: ReadonlyArray<string>): RoutePreview => ({
  route: route.name,
  read: 0,
  left: new Map(),
  lanes: opened.lanes.map(({ name }) => ({ lane: name, events: 0, messages: [] })),
  warnings,
  thrown: []
})

interface Looking {
  readonly route: Route
  readonly opened: Opened
  readonly selected: Selection
  readonly seen: RoutePreview
}

const look = (
  { route, opened, selected, seen }: Looking,
  chunk: Chunk,
  invalid: (event: Event) => string | undefined,
  messages: number
): void => {
  const leave = (reason: string, events: number) =>
    seen.left.set(reason, (seen.left.get(reason) ?? 0) + events)
  const planned = plan(route, selected, opened, {
    events: chunk.events,
    sizeOf: () => 0,
    invalid: (position) => invalid(chunk.events[position]!),
    isChanged: false,
    tracks: 1
  })
  const buffer = MessageBuffer.make()
  seen.read += chunk.events.length + chunk.malformed.length
  for (const { reason } of [...chunk.malformed, ...planned.failed]) leave(reason, 1)
  for (const { kind, key, events } of planned.counts) if (kind !== "read") leave(key, events)
  const isChanging = isIntakeChanging(route) || route.changes.length > 0
  for (const lane of seen.lanes) {
    const { placed, positions } = planned.leaving.find((leaving) => leaving.lane === lane.lane) ?? {
      placed: [],
      positions: []
    }
    const before = new Map(placed.map(({ event, position }) => [event, chunk.events[positions[position]!]!]))
    lane.events += placed.length
    for (const group of groupsOf(placed, opened.limits.messageEvents)) {
      if (lane.messages.length >= messages) break
      const message = prepareOne(opened, lane.lane, group, buffer)
      if (Result.isFailure(message)) {
        leave(message.failure.reason, group.length)
        continue
      }
      lane.messages.push({
        text: new TextDecoder().decode(buffer.take(1).bytes),
        changes: isChanging ? group.map((after) => ({ before: before.get(after)!, after })) : []
      })
    }
  }
}

/** Events of one group together, up to what one message holds. */
const groupsOf = (
  placed: ReadonlyArray<Placed>,
  most: number
): ReadonlyArray<readonly [Event, ...ReadonlyArray<Event>]> => {
  const open = new Map<string, [Event, ...Array<Event>]>()
  const groups: Array<[Event, ...Array<Event>]> = []
  for (const { event, group } of placed) {
    const joined = group === undefined ? undefined : open.get(group)
    if (joined !== undefined && joined.length < most) joined.push(event)
    else {
      const fresh: [Event, ...Array<Event>] = [event]
      groups.push(fresh)
      if (group !== undefined) open.set(group, fresh)
    }
  }
  return groups
}
