import { type Destination, Outcome } from "@millrace/core"
import * as Effect from "effect/Effect"

export const deliver: Destination.Connection["deliver"] = (batch) =>
  Effect.succeed(batch.ids.map(() => Outcome.delivered))
