/**
 * Sleep until something changes or a time comes, by one timer for many sleeps: it may ring too early, which costs a
 * look, where a timer for each sleep would cost more than the look.
 */
import * as Effect from "effect/Effect"
import * as FiberHandle from "effect/FiberHandle"
import type * as Latch from "effect/Latch"
import type * as Scope from "effect/Scope"

export interface Alarm {
  /** Times in epoch milliseconds; `Infinity` for none. */
  readonly sleepUntil: (due: number, now: number) => Effect.Effect<void>
}

/** `changed` is opened by whoever has changed something, and by the alarm. */
export const make = (changed: Latch.Latch): Effect.Effect<Alarm, never, Scope.Scope> =>
  Effect.map(FiberHandle.make<void>(), (timer) => {
    let rings = Infinity
    const ring = Effect.sync(() => {
      rings = Infinity
      changed.openUnsafe()
    })
    return {
      sleepUntil: (due, now) =>
        Effect.suspend(() => {
          if (due >= rings) return changed.await
          rings = due
          const ringing = Effect.andThen(Effect.sleep(Math.max(1, due - now)), ring)
          return Effect.andThen(FiberHandle.run(timer, ringing), changed.await)
        })
    }
  })
