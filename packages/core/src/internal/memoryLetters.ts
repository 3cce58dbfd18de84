import type {
  DeadLetter,
  DeadLetterCount,
  DeadLetterFilter,
  DeadLetterKeys,
  DeadLetterPage
} from "../Outbox.ts"
import * as OutboxRules from "../OutboxRules.ts"
import { matches } from "../Route.ts"

/** What letters are found by, of those whose keys are kept. */
export type Keys = ReadonlyMap<number, DeadLetterKeys>

/** Whether the filter finds a letter, for certain or because its keys are not kept. */
const isFound = (filter: DeadLetterFilter, letter: DeadLetter, keys: DeadLetterKeys | undefined): boolean => {
  const { type, eventId, user, unread } = filter
  if (!OutboxRules.isFound(filter, letter)) return false
  if (keys === undefined) return true
  return (
    unread === undefined &&
    (type === undefined || matches(type, keys.type)) &&
    (eventId === undefined || keys.eventId === eventId) &&
    (user === undefined || keys.users.includes(user))
  )
}

/** How many letters the filter finds beyond an id. */
export const count = (
  all: ReadonlyMap<number, DeadLetter>,
  keys: Keys,
  filter: DeadLetterFilter,
  after: number
): DeadLetterCount => {
  const asks = OutboxRules.asksForKeys(filter)
  let [letters, unread] = [0, 0]
  let last: number | undefined
  for (const letter of all.values()) {
    if (letter.id <= after) continue
    last = letter.id
    const known = keys.get(letter.id)
    if (!isFound(filter, letter, known)) continue
    if (asks && known === undefined) unread++
    else letters++
  }
  return { letters, unread, last }
}

/** The letters that the filter finds beyond an id: at least one when there is one, more while they fit in `bytes`. */
export const page = (
  all: ReadonlyMap<number, DeadLetter>,
  keys: Keys,
  filter: DeadLetterFilter,
  after: number,
  bytes: number,
  /** What a letter counts beside its head. */
  weight: (letter: DeadLetter) => number
): DeadLetterPage<DeadLetter> => {
  const letters: Array<DeadLetter> = []
  let size = 0
  // In the order of their ids, as they were put in.
  for (const letter of all.values()) {
    if (letter.id <= after || !isFound(filter, letter, keys.get(letter.id))) continue
    size += OutboxRules.sizeOfHead(letter) + weight(letter)
    const last = letters.at(-1)
    if (last !== undefined && size > bytes) return { letters, after: last.id }
    letters.push(letter)
  }
  return { letters }
}
