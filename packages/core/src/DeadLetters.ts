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
import type {
  DeadLetter,
  DeadLetterFilter,
  DeadLetterHead,
  DeadLetterPage,
  Outbox,
  OutboxError
} from "./Outbox.ts"
import * as OutboxRules from "./OutboxRules.ts"
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
export interface Filter extends DeadLetterFilter {
  /** An event type by name or wildcard. */
  readonly type?: string
  readonly eventId?: string
  /** Any id of the event's user. */
  readonly user?: string
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

/** Bytes of letters that are looked at in one go: each may hold a megabyte, and is several while it is an event. */
const pageBytes = 1024 * 1024

/** Bytes of records that are removed in one go: others have their turn between. */
const purgedBytes = 8 * 1024 * 1024

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
  const { type, eventId, user } = filter
  const users = event === undefined ? [] : [userKey(event), ...Object.values(event.user)]
  return (
    OutboxRules.isFound(filter, letter) &&
    (type === undefined || (event !== undefined && matches(type, event.type))) &&
    (eventId === undefined || event?.id === eventId) &&
    (user === undefined || users.includes(user))
  )
}

/**
 * Whether heads tell all that the filter asks for: then no record has to be read.
 *
 * @since 1.0.0
 * @category conversions
 */
export const isOfHeads = ({ type, eventId, user }: Filter): boolean =>
  type === undefined && eventId === undefined && user === undefined

/**
 * Hands the heads of the letters that the filter finds to `use`, some at a time, oldest first. No record is read.
 *
 * @since 1.0.0
 * @category conversions
 */
export const forEachHead = <E>(
  outbox: Outbox["Service"],
  filter: DeadLetterFilter,
  use: (heads: ReadonlyArray<DeadLetterHead>) => Effect.Effect<void, E>
): Effect.Effect<void, E | OutboxError> =>
  forEach((after) => outbox.deadLetterHeads(filter, after, pageBytes), use)

/**
 * Hands the letters that the filter finds to `use`, oldest first, as many at a time as fit in a megabyte.
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
  forEach(
    (after) =>
      after >= last ? Effect.succeed({ letters: [] }) : outbox.deadLetters(filter, after, pageBytes),
    (letters) => {
      const found = letters
        .filter(({ id }) => id <= last)
        .map((letter) => ({ letter, event: read(letter) }))
        .filter((one) => isFound(filter, one))
      return found.length > 0 ? use(found) : Effect.void
    }
  )

/**
 * All letters of an outbox, in memory: for tests.
 *
 * @since 1.0.0
 * @category testing
 */
export const all = (outbox: Outbox["Service"]): Effect.Effect<ReadonlyArray<DeadLetter>, OutboxError> =>
  Effect.suspend(() => {
    const letters: Array<DeadLetter> = []
    return Effect.as(
      forEach(
        (after) => outbox.deadLetters({}, after, pageBytes),
        (page) => Effect.sync(() => void letters.push(...page))
      ),
      letters
    )
  })

const forEach = <Letter extends DeadLetterHead, E>(
  ask: (after: number) => Effect.Effect<DeadLetterPage<Letter>, OutboxError>,
  use: (letters: ReadonlyArray<Letter>) => Effect.Effect<void, E>
): Effect.Effect<void, E | OutboxError> =>
  Effect.gen(function* () {
    let after: number | undefined = 0
    while (after !== undefined) {
      const page: DeadLetterPage<Letter> = yield* ask(after)
      if (page.letters.length > 0) yield* use(page.letters)
      after = page.after
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
    const remove = (heads: ReadonlyArray<DeadLetterHead>) =>
      Effect.gen(function* () {
        for (const ids of slices(heads)) purged += yield* outbox.purge(ids, "purged")
      })
    if (isOfHeads(filter)) yield* forEachHead(outbox, filter, remove)
    else {
      yield* forEachPage(outbox, reader(definition), filter, (found) =>
        remove(found.map(({ letter }) => letter))
      )
    }
    if (filter.user !== undefined) yield* outbox.scrub
    return purged
  })

/** Ids of letters, as many together as are removed in one go. */
const slices = (heads: ReadonlyArray<DeadLetterHead>): ReadonlyArray<ReadonlyArray<number>> => {
  const slices: Array<Array<number>> = []
  let bytes = Infinity
  for (const { id, kept } of heads) {
    bytes += kept
    if (bytes > purgedBytes) {
      slices.push([])
      bytes = kept
    }
    slices.at(-1)!.push(id)
  }
  return slices
}

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
