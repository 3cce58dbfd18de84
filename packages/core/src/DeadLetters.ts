/**
 * Dead letters found by what they are, and put through today's routes again.
 *
 * @since 1.0.0
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Opened } from "./Destination.ts"
import { type Event, userKey } from "./Event.ts"
import type { Definition } from "./Exporter.ts"
import { catalogueOf, knownTo } from "./engine/Definition.ts"
import * as Erase from "./engine/Erase.ts"
import { selection } from "./engine/Plan.ts"
import * as ReadBack from "./engine/ReadBack.ts"
import * as Revive from "./engine/Revive.ts"
import type { DeadLetter, Outbox, OutboxError } from "./Outbox.ts"
import type { PluginError } from "./Plugin.ts"
import { matches } from "./Route.ts"
import type { Erased } from "./Running.ts"

/**
 * Which dead letters; what is left out does not matter. A letter whose record cannot be read has no type, event id or
 * user, and so is not found by them.
 *
 * @since 1.0.0
 * @category models
 */
export interface Filter {
  readonly ids?: ReadonlyArray<number>
  readonly route?: string
  readonly lane?: string
  readonly reason?: string
  /** An event type by name or wildcard. */
  readonly type?: string
  readonly eventId?: string
  /** Any id of the event's user. */
  readonly user?: string
  /** When the letter was written, in epoch milliseconds; `from` is included, `to` is not. */
  readonly from?: number
  readonly to?: number
}

/**
 * A dead letter with its event, where the record can still be read.
 *
 * @since 1.0.0
 * @category models
 */
export interface Found {
  readonly letter: DeadLetter
  readonly event: Event | undefined
}

/**
 * What a replay did with the letters it found.
 *
 * @since 1.0.0
 * @category models
 */
export interface Replayed {
  /** Events that went through their route again; the ledger tells what became of them. */
  readonly replayed: number
  /** Letters left as they are, because no codec reads them or their route is gone. */
  readonly left: number
}

/** Letters looked at in one go. */
const page = 500

/**
 * Reads records back into events, with the codecs of an exporter's sources and destinations.
 *
 * @since 1.0.0
 * @category models
 */
export type Reader = (letter: DeadLetter) => Event | undefined

/**
 * Reads with the codecs of this exporter's sources and destinations; `undefined` for what none of them can read.
 *
 * @since 1.0.0
 * @category constructors
 */
export const reader = (definition: Definition): Reader => {
  const decode = ReadBack.decoders(catalogueOf(definition))
  return ({ codec, parameter, record }) => {
    try {
      const decoded = decode(codec, parameter)?.(record, 0, record.length)
      return decoded !== undefined && Result.isSuccess(decoded) ? decoded.success : undefined
    } catch {
      return undefined
    }
  }
}

/**
 * Whether the filter finds this letter.
 *
 * @since 1.0.0
 * @category conversions
 */
export const isFound = (filter: Filter, { letter, event }: Found): boolean => {
  const { ids, route, lane, reason, type, eventId, user, from, to } = filter
  const users = event === undefined ? [] : [userKey(event), ...Object.values(event.user)]
  return (
    (ids?.includes(letter.id) ?? true) &&
    (route === undefined || letter.route === route) &&
    (lane === undefined || letter.lane === lane) &&
    (reason === undefined || letter.reason === reason) &&
    (type === undefined || (event !== undefined && matches(type, event.type))) &&
    (eventId === undefined || event?.id === eventId) &&
    (user === undefined || users.includes(user)) &&
    (from === undefined || letter.at >= from) &&
    (to === undefined || letter.at < to)
  )
}

/**
 * Hands the letters that the filter finds to `use`, some hundreds at a time, oldest first.
 *
 * @since 1.0.0
 * @category conversions
 */
export const forEachPage = <E>(
  outbox: Outbox["Service"],
  read: Reader,
  filter: Filter,
  use: (found: ReadonlyArray<Found>) => Effect.Effect<void, E>,
  /** Letters with a greater id are not looked at: those that `use` itself makes, say. */
  last = Infinity
): Effect.Effect<void, E | OutboxError> =>
  Effect.gen(function* () {
    let after = 0
    for (;;) {
      const letters = yield* outbox.deadLetters(after, page)
      const end = letters.at(-1)
      if (end === undefined || after >= last) return
      after = end.id
      const found = letters
        .filter(({ id }) => id <= last)
        .map((letter) => ({ letter, event: read(letter) }))
        .filter((one) => isFound(filter, one))
      if (found.length > 0) yield* use(found)
    }
  })

/**
 * Puts the letters that the filter finds through today's routes again: changed, assigned and stored as if just read,
 * but not counted as read again. What is replayed waits in its lane; the next run delivers it.
 *
 * @since 1.0.0
 * @category conversions
 */
export const replay = (
  outbox: Outbox["Service"],
  definition: Definition,
  filter: Filter
): Effect.Effect<Replayed, OutboxError | PluginError> =>
  Effect.gen(function* () {
    const routes = new Map<string, Revive.Target>()
    for (const route of definition.routes) {
      const opened: Opened = yield* route.destination.open
      routes.set(route.name, {
        route,
        opened,
        selected: selection(route, knownTo(route, definition.sources))
      })
    }
    return yield* Revive.replay(
      outbox,
      (name) => routes.get(name),
      reader(definition),
      filter,
      () => Effect.void
    )
  })

/**
 * Removes the letters that the filter finds for good, counted as `erased`; returns how many there were. With a user in the
 * filter no byte of them stands in a file of the outbox when it resolves.
 *
 * @since 1.0.0
 * @category conversions
 */
export const purge = (
  outbox: Outbox["Service"],
  definition: Definition,
  filter: Filter
): Effect.Effect<number, OutboxError> =>
  Effect.gen(function* () {
    let purged = 0
    yield* forEachPage(outbox, reader(definition), filter, (found) =>
      Effect.map(
        outbox.purge(
          found.map(({ letter }) => letter.id),
          "purged"
        ),
        (count) => {
          purged += count
        }
      )
    )
    if (filter.user !== undefined) yield* outbox.scrub
    return purged
  })

/**
 * Removes all that an outbox holds of a person for good, by any id of theirs, counted as `erased`. When it resolves no
 * byte of it stands in a file of the outbox, and a replay does not bring it back. For an outbox that no exporter runs on; a
 * running one has `erase`.
 *
 * @since 1.0.0
 * @category conversions
 */
export const erase = (
  outbox: Outbox["Service"],
  definition: Definition,
  user: string
): Effect.Effect<Erased, OutboxError> => {
  const decode = ReadBack.decoders(catalogueOf(definition))
  const fromLanes = Effect.gen(function* () {
    let erased = 0
    for (const lane of yield* outbox.lanes) {
      erased += (yield* Erase.eraseStored(outbox, lane, decode, user)).events
    }
    return erased
  })
  return Erase.erase(outbox, decode, user, fromLanes)
}
