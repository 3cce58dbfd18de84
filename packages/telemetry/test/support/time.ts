/** Virtual time that passes in small steps, so that what wakes up may act before more of it goes by. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"

/** One turn of the event loop: fibers that are ready get to run. */
const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

export const pass = Effect.fnUntraced(function* (total: Duration.Input): Effect.fn.Return<void> {
  const millis = Duration.toMillis(total)
  const steps = Math.max(1, Math.min(600, Math.ceil(millis / 60_000)))
  for (let step = 0; step < steps; step++) {
    yield* TestClock.adjust(millis / steps)
    yield* turn
  }
  for (let settling = 0; settling < 200; settling++) {
    yield* TestClock.adjust(1)
    yield* turn
  }
})
