import type { DeadLetter, DeadLetterFilter, DeadLetterPage } from "../Outbox.ts"
import * as OutboxRules from "../OutboxRules.ts"

/** The letters that the filter finds beyond an id: at least one when there is one, more while they fit in `bytes`. */
export const page = (
  all: ReadonlyMap<number, DeadLetter>,
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
    if (letter.id <= after || !OutboxRules.isFound(filter, letter)) continue
    size += OutboxRules.sizeOfHead(letter) + weight(letter)
    const last = letters.at(-1)
    if (last !== undefined && size > bytes) return { letters, after: last.id }
    letters.push(letter)
  }
  return { letters }
}
