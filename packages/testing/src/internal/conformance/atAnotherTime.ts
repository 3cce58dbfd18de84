/** Another time and other random numbers, for a moment: whoever asks for them in a pure function is found out. */
import * as Effect from "effect/Effect"

const later = 400 * 24 * 3_600_000

/**
 * Runs what does not wait, under a clock that is more than a year ahead and with other random numbers. The globals are
 * put back before anything else can run.
 */
export const atAnotherTime = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.suspend(() => {
    const { Date: Today } = globalThis
    const { random } = Math
    const { now } = performance
    const { randomUUID } = crypto
    const then = () => Today.now() + later
    globalThis.Date = new Proxy(Today, {
      construct: (target, given) => Reflect.construct(target, given.length === 0 ? [then()] : given),
      apply: () => new Today(then()).toString(),
      get: (target, name) => (name === "now" ? then : Reflect.get(target, name))
    })
    Math.random = () => 0.123456789
    performance.now = () => now.call(performance) + later
    crypto.randomUUID = () => "00000000-0000-4000-8000-000000000000"
    try {
      return Effect.fromResult(Effect.runSync(Effect.result(effect)))
    } finally {
      globalThis.Date = Today
      Math.random = random
      performance.now = now
      crypto.randomUUID = randomUUID
    }
  })
