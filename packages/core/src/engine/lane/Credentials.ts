/**
 * The destination as the lane has it open, and the one that follows when credentials change.
 *
 * Owns both. Who reopens the route writes the successor; it takes over in the lane's own step, once nothing is under way, so
 * that an attempt ends with the credentials it began with.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { Opened } from "../../Destination.ts"
import type { OutboxError } from "../../Outbox.ts"
import type { LaneGate } from "./LaneGate.ts"
import * as OpenDestination from "./OpenDestination.ts"

export interface Credentials {
  /** The destination as it is open now. */
  readonly destination: () => OpenDestination.OpenDestination
  readonly hasSuccessor: () => boolean
  readonly replace: (opened: Opened) => void
  /** The successor takes over; a closed gate is tried at once. Nothing may be under way. */
  readonly succeed: Effect.Effect<void, OutboxError>
}

export const make = (
  options: OpenDestination.Options,
  first: OpenDestination.OpenDestination,
  gate: LaneGate
): Credentials => {
  let destination = first
  let successor: OpenDestination.OpenDestination | undefined
  return {
    destination: () => destination,
    hasSuccessor: () => successor !== undefined,
    replace: (opened) => {
      successor = OpenDestination.make(options, opened)
    },
    succeed: Effect.gen(function* () {
      const heir = successor
      if (heir === undefined) return
      if (destination.connection !== undefined) yield* Scope.close(destination.connection.scope, Exit.void)
      destination = heir
      // One that came meanwhile is next.
      if (successor === heir) successor = undefined
      yield* gate.reopened(heir.held)
    })
  }
}
