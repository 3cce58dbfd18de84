/** Dead letters found by what they are, page by page. */
import * as Effect from "effect/Effect"
import type { Event } from "../Event.ts"
import type {
  DeadLetter,
  DeadLetterCount,
  DeadLetterFilter,
  DeadLetterHead,
  DeadLetterKeys,
  DeadLetterPage,
  Outbox,
  OutboxError
} from "../Outbox.ts"
import * as OutboxRules from "../OutboxRules.ts"
import { matches } from "../Route.ts"

/**
 * Which dead letters; what is left out does not matter. A letter whose record cannot be read has no type, event id or
 * user, and so is not found by them.
 *
 * @since 1.0.0
 * @category models
 */
export type Filter = Omit<DeadLetterFilter, "unread">

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

/**
 * Reads records back into events, with the codecs of an exporter's sources and destinations.
 *
 * @since 1.0.0
 * @category models
 */
export type Decode = (letter: DeadLetter) => Event | undefined

/**
 * Whether the filter finds this letter.
 *
 * @since 1.0.0
 * @category conversions
 */
export const isFound = (filter: Filter, { letter, event }: Found): boolean => {
  const { type, eventId, user } = filter
  return (
    OutboxRules.isFound(filter, letter) &&
    (type === undefined || (event !== undefined && matches(type, event.type))) &&
    (eventId === undefined || event?.id === eventId) &&
    (user === undefined || (event !== undefined && usersOf(event).includes(user)))
  )
}

const usersOf = (event: Event): ReadonlyArray<string> =>
  Object.values(event.user).filter((id) => id !== undefined)

/**
 * What a letter is found by; `undefined` for one whose record nothing installed can read. One that came without a codec is never
 * read.
 *
 * @since 1.0.0
 * @category conversions
 */
export const keysOf = ({ letter: { id, codec }, event }: Found): DeadLetterKeys | undefined => {
  if (event !== undefined) return { id, type: event.type, eventId: event.id, users: usersOf(event) }
  return codec === "" ? { id, type: "", eventId: "", users: [] } : undefined
}

/**
 * How many letters the filter finds, and the id of the last that was looked at. Only letters whose keys are not kept yet are read, and
 * these only where the filter asks for something of their events.
 *
 * @since 1.0.0
 * @category conversions
 */
export const count = Effect.fnUntraced(function* (
  outbox: Outbox["Service"],
  read: Decode,
  filter: Filter
): Effect.fn.Return<{ readonly letters: number; readonly last: number }, OutboxError> {
  let [letters, unread, last] = [0, 0, 0]
  let after: number | undefined = 0
  while (after !== undefined) {
    const found: DeadLetterCount = yield* outbox.countDeadLetters(filter, after)
    letters += found.letters
    unread += found.unread
    last = found.last ?? last
    after = found.after
  }
  if (unread > 0) {
    const add = (found: ReadonlyArray<Found>) =>
      Effect.sync(() => {
        letters += found.length
      })
    yield* forEachPage(outbox, read, { ...filter, unread: true }, add)
  }
  return { letters, last }
})

/** Bytes of letters that are looked at in one go: each may hold a megabyte, and is several while it is an event. */
const pageBytes = 1024 * 1024

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
  read: Decode,
  filter: DeadLetterFilter,
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

const forEach = Effect.fnUntraced(function* <Letter extends DeadLetterHead, E>(
  ask: (after: number) => Effect.Effect<DeadLetterPage<Letter>, OutboxError>,
  use: (letters: ReadonlyArray<Letter>) => Effect.Effect<void, E>
): Effect.fn.Return<void, E | OutboxError> {
  let after: number | undefined = 0
  while (after !== undefined) {
    const page: DeadLetterPage<Letter> = yield* ask(after)
    if (page.letters.length > 0) yield* use(page.letters)
    after = page.after
  }
})
