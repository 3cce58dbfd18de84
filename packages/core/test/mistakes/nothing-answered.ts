import type { Destination } from "@millrace/core"
import * as Effect from "effect/Effect"

export const deliver: Destination.Connection["deliver"] = () => Effect.void
