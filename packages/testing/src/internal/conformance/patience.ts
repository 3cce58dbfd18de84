/**
 * How long a proof waits, counted in the time in which this process could run. A machine that is busy, slow or suspended
 * stretches it: limits are there to end what hangs, and say nothing about speed.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** Milliseconds of a step. A step that took longer, because the process had to wait, counts as one all the same. */
const step = 5

/** The first of the two to end: the effect, or so many milliseconds. */
export const within = <A, X, R>(
  effect: Effect.Effect<A, X, R>,
  millis: number
): Effect.Effect<Option.Option<A>, X, R> =>
  Effect.raceFirst(
    Effect.asSome(effect),
    Effect.as(Effect.repeat(Effect.sleep(step), { times: Math.ceil(millis / step) }), Option.none<A>())
  )

/** For what should come at once. */
export const brief = 5_000

/** For a whole run, or what is as long. */
export const long = 30_000

/** For a proof. */
export const longest = 60_000

export const inSeconds = (millis: number): string => `${millis / 1000} seconds`
