/**
 * One attempt, asked of a destination directly: for tests of what the answers of one remote mean, beside the promises that
 * `destinationConformance` proves of any. Nothing is batched, retried or counted here.
 *
 * @since 1.0.0
 */
import type { Opened } from "@millrace/core/Destination"
import type { Event } from "@millrace/core/Event"
import type { DeliveryError, Outcome, Outcomes } from "@millrace/core/Outcome"
import * as Effect from "effect/Effect"
import * as Material from "./internal/conformance/material.ts"

/**
 * Connects, delivers the events in one batch as the core puts it together, and closes. Goes to the lane given, else to the
 * first open one that an event is assigned to. Fails with the verdict on the attempt as a whole. An event that is
 * rejected, or no lane, is a defect.
 *
 * @since 1.0.0
 * @category testing
 */
export const deliver = <E extends Event>(
  opened: Opened<E>,
  events: ReadonlyArray<E>,
  lane?: string
): Effect.Effect<Outcomes, DeliveryError> => Effect.scoped(attempt(opened, events, lane))

const attempt = Effect.fnUntraced(function* <E extends Event>(
  opened: Opened<E>,
  events: ReadonlyArray<E>,
  lane?: string
) {
  const name = lane ?? (yield* Effect.orDie(Material.mainLane(opened, events)))
  const connection = yield* Material.connect(opened, name)
  const batch = yield* Effect.orDie(Material.batchOf(opened, name, events, connection.envelope))
  return yield* connection.deliver(batch)
})

/**
 * `deliver`, with a verdict on each message: that on the attempt as a whole where it failed.
 *
 * @since 1.0.0
 * @category testing
 */
export const verdicts = <E extends Event>(
  opened: Opened<E>,
  events: ReadonlyArray<E>,
  lane?: string
): Effect.Effect<ReadonlyArray<Outcome>> =>
  Effect.match(deliver(opened, events, lane), {
    onFailure: ({ outcome }) => events.map(() => outcome),
    onSuccess: ({ values }) => values
  })

/**
 * Connects to the lane given, else to the first, checks and closes.
 *
 * @since 1.0.0
 * @category testing
 */
export const check = <E extends Event>(
  opened: Opened<E>,
  lane = opened.lanes[0]?.name ?? ""
): Effect.Effect<void, DeliveryError> =>
  Effect.scoped(Effect.flatMap(Material.connect(opened, lane), (connection) => connection.check))
