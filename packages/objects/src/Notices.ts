/**
 * Notifications of a store that wait in a queue, as the hints that a source of objects takes. A message is removed when its keys
 * are handed on: what it names is listed, and what is lost of it is found by listing.
 *
 * @since 1.0.0
 */

import * as Log from "@millrace/core/Log"
import type { SourceError } from "@millrace/core/Source"
import * as Effect from "effect/Effect"

/**
 * What a message tells.
 *
 * @since 1.0.0
 * @category models
 */
export interface Notice {
  /** Keys of objects that were written; also one that may be meant. */
  readonly keys: ReadonlyArray<string>
  /** Whether it is none of a store's notifications. */
  readonly isForeign: boolean
}

/**
 * A message that is no notification.
 *
 * @since 1.0.0
 * @category constants
 */
export const foreign: Notice = { keys: [], isForeign: true }

/**
 * How a queue is read.
 *
 * @since 1.0.0
 * @category models
 */
export interface Options<M> {
  /** What the queue is called, such as its URL without a token. */
  readonly label: string
  /** What its messages should be, such as `notifications of a bucket`. */
  readonly expected: string
  /** Some messages; suspends for a while where there are none. */
  readonly receive: Effect.Effect<ReadonlyArray<M>, SourceError>
  readonly noticeOf: (message: M) => Notice
  readonly remove: (messages: ReadonlyArray<M>) => Effect.Effect<unknown, SourceError>
}

/**
 * The `told` of a source: the keys that the next messages name. It never fails. After a failure it waits for a second, and up to
 * five minutes after many. The first one, and the first foreign message, are logged.
 *
 * @since 1.0.0
 * @category constructors
 */
export const told = <M>({
  expected,
  label,
  noticeOf,
  receive,
  remove
}: Options<M>): Effect.Effect<ReadonlyArray<string>> => {
  let failures = 0
  let hasToldForeign = false

  const take = Effect.gen(function* () {
    const messages = yield* receive
    failures = 0
    if (messages.length === 0) return []
    const notices = messages.map(noticeOf)
    if (!hasToldForeign && notices.some(({ isForeign }) => isForeign)) {
      hasToldForeign = true
      yield* Log.write(
        "input-noticed",
        `${label}: has messages that are no ${expected}; they are deleted: give the source a queue of its own`
      )
    }
    yield* remove(messages)
    return notices.flatMap(({ keys }) => keys)
  })

  const rest = Effect.fnUntraced(function* ({ detail }: SourceError) {
    const wait = Math.min(waits.longest, waits.first * 2 ** Math.min(failures, 20))
    if (failures++ === 0)
      yield* Log.write("notices-failing", `${detail}; objects are found by listing meanwhile`)
    yield* Effect.sleep(wait)
    return []
  })

  return Effect.catch(take, rest)
}

// internal

/** Milliseconds after a failure, and the longest after many. */
const waits = { first: 1000, longest: 300_000 }
