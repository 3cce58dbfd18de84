/**
 * `millrace alerts`: proves that alerts arrive.
 */

import type { Alert } from "@millrace/operations/Alerts"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { Ended, exitCodes, InputError } from "../exitCode.ts"
import { configArgument, load } from "../load.ts"
import * as SendAlerts from "../sendAlerts.ts"
import { table } from "../table.ts"
import * as Terminal from "../terminal.ts"

const alert: Alert = {
  kind: "test",
  key: "test",
  text: "this is a test: alerts of this exporter arrive here; nothing is wrong"
}

const test = Command.make(
  "test",
  { config: configArgument },
  Effect.fnUntraced(function* ({ config }) {
    const { alerts, name } = yield* load(config)
    if (alerts === undefined || alerts.ways.length === 0) {
      return yield* new InputError({
        message: `${config}: alerts: no way is configured; add alerts.webhook or alerts.email`
      })
    }
    const rows = yield* Effect.forEach(
      alerts.ways,
      (way) =>
        Effect.match(SendAlerts.by(way)(name, [alert]), {
          onFailure: ({ message }) => [way.name, "failed", message],
          onSuccess: () => [way.name, "sent", ""]
        }),
      { concurrency: "unbounded" }
    )
    yield* Effect.sync(() => Terminal.print(table(["way", "result", "note"], rows)))
    if (rows.some(([, result]) => result === "failed"))
      return yield* Effect.fail(new Ended(exitCodes.badInput))
  })
).pipe(
  Command.withDescription(
    "Send a test by every way that alerts go, and tell what became of each. Ends with 0 when all took it, with 2 otherwise"
  )
)

export const alerts = Command.make("alerts").pipe(
  Command.withDescription("Prove that alerts arrive"),
  Command.withSubcommands([test])
)
