/**
 * What a run would refuse, found before anything is opened or sent: `check` and `run` ask the same, and end with the same
 * line.
 */
import type { Loaded } from "@millrace/config/Config"
import * as Exporter from "@millrace/core/Exporter"
import * as Effect from "effect/Effect"

export const validate = Effect.fnUntraced(function* ({ alerts, definition }: Loaded) {
  yield* Exporter.validate(definition)
  for (const { check } of Object.values(definition.sources)) yield* check ?? Effect.void
  for (const { address } of alerts?.ways ?? []) yield* address
})
