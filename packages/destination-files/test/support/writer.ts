/**
 * A process that writes files. `from` is the first of its batches; it tells of each that was settled. It ends after
 * `to`, or before if it is killed.
 */
import { writeSync } from "node:fs"
import { DeliveryError } from "@millrace/core/Outcome"
import * as Effect from "effect/Effect"
import { batchAt } from "./history.ts"
import { batchOf, open, type SettingsInput } from "./subject.ts"

const [settings = "", from = "0", to = "0", user] = process.argv.slice(2)
if (user === "unprivileged" && process.getuid?.() === 0) process.seteuid!(65_534)
const input: SettingsInput = JSON.parse(settings)

await Effect.gen(function* () {
  const opened = open(input)
  const connection = yield* opened.connect("main")
  for (let number = Number(from); number < Number(to); number++) {
    const outcomes = yield* connection.deliver(batchOf(opened, batchAt(number)))
    const verdicts = outcomes.values.map((outcome) => ("reason" in outcome ? outcome.reason : outcome._tag))
    writeSync(1, `${JSON.stringify({ number, verdicts: [...new Set(verdicts)].sort() })}\n`)
  }
}).pipe(
  Effect.scoped,
  Effect.catchIf(
    (error) => error instanceof DeliveryError,
    ({ outcome }) =>
      Effect.sync(() => writeSync(1, `${JSON.stringify("reason" in outcome ? outcome.reason : "")}\n`))
  ),
  Effect.runPromise
)
