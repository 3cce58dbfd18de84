/**
 * What a run would refuse, found before anything is opened or sent: `check` and `run` ask the same, and end with the same
 * lines.
 */
import type { Loaded } from "@millrace/config/Config"
import * as Exporter from "@millrace/core/Exporter"
import type { CheckOptions } from "@millrace/core/Source"
import * as ProxySettings from "@millrace/http/ProxySettings"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { InputError } from "./exitCode.ts"

/** Fails with everything that is wrong, so that nobody has to mend one thing to hear of the next. */
export const validate = Effect.fnUntraced(function* (
  { admin, alerts, definition, telemetry }: Loaded,
  options: CheckOptions
) {
  const { routes, sources } = definition
  const checks: ReadonlyArray<Effect.Effect<unknown, { readonly message: string }>> = [
    Exporter.validate(definition),
    ...routes.map(({ destination }) => destination.open),
    ...Object.values(sources).map(({ check }) => check?.(options) ?? Effect.void),
    ...(alerts?.ways ?? []).map(({ address }) => address),
    ...(admin?.token === undefined ? [] : [admin.token]),
    ...(telemetry?.otlp === undefined ? [] : [telemetry.otlp.headers]),
    ...ProxySettings.problems().map((message) => Effect.fail({ message }))
  ]
  const results = yield* Effect.forEach(checks, (check) => Effect.result(check))
  const problems = results.filter(Result.isFailure).map(({ failure }) => failure.message)
  if (problems.length > 0) return yield* new InputError({ message: problems.join("\n") })
})
