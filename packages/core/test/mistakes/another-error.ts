import { type Destination, Outcome } from "@millrace/core"
import * as Effect from "effect/Effect"

export const deliver: Destination.Connection["deliver"] = (batch) =>
  batch.events > 1
    ? Effect.fail(new Error("too many"))
    : Effect.succeed(Outcome.Outcomes.all(batch, Outcome.delivered))
