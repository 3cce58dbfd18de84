/** One attempt, asked of the plugin directly. */
import type { Connection } from "@millrace/core/Destination"
import type { Event } from "@millrace/core/Event"
import type { Batch } from "@millrace/core/Message"
import type { DeliveryError, Outcome, Outcomes } from "@millrace/core/Outcome"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Material from "./material.ts"
import { type Flaw, flaw } from "./proof.ts"
import type { Stage } from "./stage.ts"

export type AttemptExit = Exit.Exit<Outcomes, DeliveryError>

export interface Attempt {
  readonly batch: Batch
  readonly connection: Connection
  readonly exit: AttemptExit
}

/** Connects, delivers the events once, and closes. */
export const attempt = Effect.fnUntraced(function* <E extends Event>(
  stage: Stage<E>,
  events: ReadonlyArray<E>
) {
  const connection = yield* Material.connect(stage.opened, stage.lane)
  const batch = yield* Material.batchOf(stage.opened, stage.lane, events, connection.envelope)
  const exit = yield* Effect.exit(connection.deliver(batch))
  return { batch, connection, exit } satisfies Attempt
}, Effect.scoped)

/** The verdict on every message, which is that on the attempt where it failed as a whole. */
export const verdicts = ({ batch, exit }: Attempt): Effect.Effect<ReadonlyArray<Outcome>, Flaw> => {
  if (Exit.isSuccess(exit)) return Effect.succeed(exit.value.values)
  return Option.match(Cause.findErrorOption(exit.cause), {
    onNone: () => flaw(`deliver threw: ${Cause.pretty(exit.cause)}`),
    onSome: ({ outcome }) => Effect.succeed(batch.ids.map(() => outcome))
  })
}

/** An outcome in a few words. */
export const say = (outcome: Outcome | undefined): string => {
  if (outcome === undefined) return "nothing"
  return "reason" in outcome ? `${outcome._tag} "${outcome.reason}"` : outcome._tag
}
