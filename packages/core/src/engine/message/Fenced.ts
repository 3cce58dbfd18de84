/**
 * What an instance writes for a track it owns. The outbox refuses it when another has the track by now. Then the instance has lost
 * the track, which is no failure of the outbox: nothing of the track is sent or settled any more.
 */
import * as Effect from "effect/Effect"
import type { OutboxError } from "../../Outbox.ts"
import type { OwnTrack } from "./OwnTrack.ts"

/** Yields `refused` when the track is lost. */
export const write = <A>(
  own: OwnTrack,
  refused: A,
  writing: Effect.Effect<A, OutboxError>
): Effect.Effect<A, OutboxError> =>
  Effect.suspend(() =>
    own.isLost
      ? Effect.succeed(refused)
      : Effect.catch(writing, (error) => {
          if (error.reason !== "Overtaken") return Effect.fail(error)
          own.isLost = true
          return Effect.succeed(refused)
        })
  )
