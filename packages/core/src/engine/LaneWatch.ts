/**
 * Waits for lanes: sources until they may go on, and a finite run until its lanes are done. `Pacing` has the rules.
 *
 * Owns the latch that every lane opens when it has changed; whoever waits closes it, and asks again when it opens.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type { Lane } from "./lane/Lane.ts"
import type { LaneView } from "./lane/LaneView.ts"
import * as Pacing from "./lane/Pacing.ts"

export interface LaneWatch {
  /** A lane may have changed. */
  readonly onChange: () => void
  /** Suspends until it holds; asked again whenever a lane has changed. */
  readonly until: (holds: () => boolean) => Effect.Effect<void>
  /** Suspends while sources may not go on; not for long for a lane that is slow. */
  readonly pace: Effect.Effect<void>
  /** Resolves when no lane is worth the wait of a finite run any more. */
  readonly settled: Effect.Effect<void>
}

/** `patience` is how long a finite run bears with a lane that fails, in milliseconds. */
export const make = (lanes: () => ReadonlyArray<Lane>, patience: number): Effect.Effect<LaneWatch> =>
  Effect.map(Latch.make(false), (changed) => {
    const views = (): ReadonlyArray<LaneView> => lanes().map((lane) => lane.view())

    const until = (holds: () => boolean): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (holds()) return Effect.void
        changed.closeUnsafe()
        return Effect.andThen(changed.await, until(holds))
      })

    const isAnyCrowded = () => views().some(Pacing.isCrowded)

    const whileCrowded = Effect.suspend(() =>
      isAnyCrowded()
        ? Effect.timeoutOption(
            until(() => !isAnyCrowded()),
            Pacing.longestPause
          )
        : Effect.void
    )

    return {
      onChange: () => changed.openUnsafe(),
      until,
      pace: Effect.andThen(
        until(() => Pacing.mayGoOn(views())),
        Effect.asVoid(whileCrowded)
      ),
      settled: Effect.gen(function* () {
        for (;;) {
          const now = yield* Clock.currentTimeMillis
          const busy = views().filter((lane) => !Pacing.isDone(lane, now, patience))
          if (busy.length === 0) return
          changed.closeUnsafe()
          yield* Effect.timeoutOption(changed.await, Pacing.patienceLeft(busy, now, patience))
        }
      })
    }
  })
