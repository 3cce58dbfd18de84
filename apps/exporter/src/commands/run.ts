/**
 * `millrace run`: reads, delivers, and tells what became of every event.
 */
import process from "node:process"
import * as Exporter from "@millrace/core/Exporter"
import * as Ledger from "@millrace/core/Ledger"
import * as Outbox from "@millrace/core/Outbox"
import type { Report, Running } from "@millrace/core/Running"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Control from "../control.ts"
import { Ended, exitCodes, ofRun } from "../exitCode.ts"
import { ledgerText, waitingText } from "../ledgerText.ts"
import { configArgument, load } from "../load.ts"
import { showProgress } from "../progress.ts"

const duration = (name: string, byDefault: string, description: string) =>
  Flag.String(name).pipe(
    Flag.withDefault(byDefault),
    Flag.withSchema(Schema.DurationFromString),
    Flag.withDescription(`${description} (default: ${byDefault})`)
  )

export const json = Flag.Boolean("json").pipe(
  Flag.withDefault(false),
  Flag.withDescription("Print the ledger as one JSON object")
)

export const run = Command.make(
  "run",
  {
    config: configArgument,
    json,
    follow: Flag.Boolean("follow").pipe(
      Flag.withDefault(false),
      Flag.withDescription("Keep watching the source; never end by itself")
    ),
    patience: duration("patience", "60 seconds", "Give up on a lane that had no success for this long"),
    drain: duration("drain", "30 seconds", "When stopped, wait this long for requests under way")
  },
  Effect.fnUntraced(function* ({ config, json, follow, patience, drain }) {
    const loaded = yield* load(config)
    const { definition, store } = loaded
    const outcome = yield* Effect.scoped(
      Effect.gen(function* () {
        const before = yield* Outbox.Outbox.use((outbox) => outbox.ledger)
        const running = yield* Exporter.start(definition, { follow, patience, drain })
        if (store.directory !== undefined) yield* Control.serve(store.directory, running)
        yield* drainOnSignal(running)
        yield* Effect.logInfo(`${loaded.name}: started`)
        const progress = yield* showProgress(running)
        const report = yield* running.ended
        yield* progress.stop
        return { report, deadBefore: Ledger.total(before, "dead") }
      })
    ).pipe(Effect.provide(store.layer))
    yield* tell(outcome.report, json)
    const code = ofRun({ ...outcome.report, deadBefore: outcome.deadBefore })
    if (code !== exitCodes.settled) return yield* Effect.fail(new Ended(code))
  })
).pipe(
  Command.withDescription("Read, deliver, and account for every event"),
  Command.withExamples([
    { command: "millrace run millrace.yaml", description: "Deliver what is there, then end" },
    { command: "millrace run millrace.yaml --follow", description: "Keep running" }
  ])
)

const tell = ({ ledger, lanes }: Report, json: boolean) =>
  Effect.sync(() => {
    process.stdout.write(`${json ? JSON.stringify(ledger) : ledgerText(ledger)}\n`)
    for (const line of waitingText(ledger, lanes)) process.stderr.write(`millrace: ${line}\n`)
    const dead = Ledger.total(ledger, "dead")
    if (dead > 0)
      process.stderr.write(`millrace: ${dead} dead letters are kept in the outbox, each with its reason\n`)
  })

/** The first signal drains, the second ends at once; nothing is lost either way. */
const drainOnSignal = (running: Running) =>
  Effect.acquireRelease(
    Effect.gen(function* () {
      const context = yield* Effect.context<never>()
      let asked = false
      const onSignal = () => {
        if (asked) process.exit(130)
        asked = true
        process.stderr.write(
          "\nmillrace: stopping; requests under way may finish (a second signal ends at once)\n"
        )
        Effect.runForkWith(context)(running.drain)
      }
      process.on("SIGINT", onSignal)
      process.on("SIGTERM", onSignal)
      return onSignal
    }),
    (onSignal) =>
      Effect.sync(() => {
        process.off("SIGINT", onSignal)
        process.off("SIGTERM", onSignal)
      })
  )
