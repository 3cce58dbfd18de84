/** Dead letters that are read once, so that they are found without being read again. */
import * as Found from "@millrace/core/DeadLetters"
import type { Definition } from "@millrace/core/Definition"
import type { Outbox, OutboxError } from "@millrace/core/Outbox"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** Bytes of letters that are read in one go: some milliseconds. */
const pageBytes = 512 * 1024

/** How long to wait for new ones, in milliseconds. */
const pause = 2_000

/** After so long, in milliseconds, all are looked through again: of several exporters one may store letters under lower ids later. */
const round = 60 * 60 * 1000

/**
 * Reads dead letters as they come, the oldest first, and has the outbox keep what they are found by. Until then whoever looks for a
 * type, an event or a user reads them himself. It takes at most half of the time, and nothing while there are none. What the
 * outbox cannot do now is tried again later. It never ends: run it beside an exporter.
 *
 * @since 1.0.0
 * @category conversions
 */
export const readLetters: (outbox: Outbox["Service"], definition: Definition) => Effect.Effect<never> =
  Effect.fnUntraced(function* (outbox, definition) {
    const read = Found.decoder(definition)
    let after = 0
    let began = yield* Clock.currentTimeMillis
    const step: (isFirst: boolean) => Effect.Effect<boolean, OutboxError> = Effect.fnUntraced(
      function* (isFirst) {
        // Before they are read: what is stored meanwhile comes next.
        const last = isFirst ? (yield* outbox.countDeadLetters({}, after)).last : after
        if (last === undefined) return false
        const page = yield* outbox.deadLetters({ unread: true }, after, pageBytes)
        const keys = page.letters.flatMap((letter) => Found.keysOf({ letter, event: read(letter) }) ?? [])
        if (keys.length > 0) yield* outbox.keepKeys(keys)
        // Past those that nothing installed reads, too.
        after = page.after ?? page.letters.at(-1)?.id ?? last
        return page.after !== undefined
      }
    )
    let hasMore = false
    for (;;) {
      const start = yield* Clock.monotonicTimeNanos
      hasMore = yield* Effect.catch(step(!hasMore), () => Effect.succeed(false))
      const taken = Number((yield* Clock.monotonicTimeNanos) - start) / 1e6
      yield* Effect.sleep(hasMore ? taken : pause)
      const now = yield* Clock.currentTimeMillis
      if (now - began < round) continue
      began = now
      after = 0
    }
  })
