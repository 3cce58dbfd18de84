/**
 * Metrics and spans of a run, as its configuration asks for them: for the admin endpoint, and for a collector.
 */
import type { Loaded } from "@millrace/config/Config"
import type { Operations } from "@millrace/operations/Operations"
import * as Overview from "@millrace/operations/Overview"
import type { Telemetry } from "@millrace/telemetry/Telemetry"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import manifest from "../package.json" with { type: "json" }

/** Nothing where nobody would see it: then it is not even loaded. */
export const telemetryOf = Effect.fnUntraced(function* (
  { admin, instance, name, telemetry }: Loaded,
  { follow }: { readonly follow: boolean }
): Effect.fn.Return<Telemetry | undefined, never, Scope.Scope> {
  const otlp = telemetry?.otlp
  if (otlp === undefined && !(follow && admin !== undefined)) return undefined
  const { make } = yield* Effect.promise(() => import("@millrace/telemetry/Telemetry"))
  return yield* make({ exporter: name, instance: instance.name, version: manifest.version, otlp })
})

/** How the run stands. */
export const overviewOf = Effect.fnUntraced(function* (loaded: Loaded, operations: Operations) {
  const status = yield* operations.status()
  return Overview.make(status, loaded, yield* Clock.currentTimeMillis, { isRunning: true })
})
