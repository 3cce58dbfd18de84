/**
 * All that is stored of one person, removed for good and counted as erased: what waits in the lanes, and dead letters.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { DeadLetter, DeadLetterPage, Outbox, OutboxError } from "../../Outbox.ts"
import * as OutboxRules from "../../OutboxRules.ts"
import type { Erased } from "../../Running.ts"
import { belongs, pageBytes } from "../lane/EraseStored.ts"
import type { Decoders } from "../message/ReadBack.ts"

const eraseLetters = Effect.fnUntraced(function* (
  outbox: Outbox["Service"],
  decode: Decoders,
  user: string
): Effect.fn.Return<number, OutboxError> {
  let purged = 0
  let after: number | undefined = 0
  while (after !== undefined) {
    const page: DeadLetterPage<DeadLetter> = yield* outbox.deadLetters({}, after, pageBytes)
    after = page.after
    const theirs = page.letters.filter(({ codec, parameter, record }) =>
      belongs(decode(codec, parameter), record, user)
    )
    if (theirs.length === 0) continue
    purged += yield* outbox.purge(
      theirs.map(({ id }) => id),
      "user"
    )
  }
  return purged
})

/**
 * Remembers that the user was erased, removes what is stored of them, and lets no byte of it stand. `fromLanes` removes
 * what waits, and yields how many events that were.
 */
export const erase = Effect.fnUntraced(function* (
  outbox: Outbox["Service"],
  decode: Decoders,
  user: string,
  fromLanes: Effect.Effect<number, OutboxError>
): Effect.fn.Return<Erased, OutboxError> {
  const { key } = yield* outbox.erasures
  yield* outbox.erase(OutboxRules.digestOf(key, user), yield* Clock.currentTimeMillis)
  const events = yield* fromLanes
  // Behind the lanes: an event that was under way may just have died.
  const letters = yield* eraseLetters(outbox, decode, user)
  yield* outbox.scrub
  return { events, letters }
})
