/**
 * `millrace status`: the ledger as it stands, beside a running exporter or without one.
 */
import type { Ledger } from "@millrace/core/Ledger"
import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { ledgerText } from "../ledgerText.ts"
import { configArgument, load } from "../load.ts"
import { counted } from "../table.ts"
import * as Terminal from "../terminal.ts"
import * as Unread from "../unread.ts"
import { expectState, withReading } from "../withOperations.ts"
import { lanesText } from "./lanes.ts"
import { json } from "./run.ts"

export const status = Command.make(
  "status",
  { config: configArgument, json },
  Effect.fnUntraced(function* ({ config, json }) {
    const loaded = yield* load(config)
    const { definition, name } = loaded
    const names = definition.routes.map((route) => route.name)
    yield* expectState(loaded)
    const found = yield* withReading(loaded, (operations, isRunning) =>
      Effect.map(operations.status(), (answer) => ({ ...answer, isRunning }))
    )
    const now = yield* Clock.currentTimeMillis
    const ledger = { routes: { ...emptyRoutes(names), ...found.ledger.routes } }
    yield* Effect.sync(() => {
      const { isRunning, unread } = found
      Terminal.print(
        json
          ? Terminal.json({ ...ledger, unread })
          : `${Terminal.line(name)}: ${isRunning ? "running" : "not running"}\n\n${ledgerText(ledger)}\n\n${lanesText(found, loaded, now)}${leftText(unread, isRunning)}`
      )
    })
  })
).pipe(
  Command.withShortDescription("Show the ledger and the lanes, also beside a running exporter"),
  Command.withDescription(
    "Show the ledger, and the lanes that are in use or in trouble, also beside a running exporter, and on a full or read-only disk. Ends with 0 whatever they say, and with 2 where no run has begun yet."
  )
)

const leftText = (unread: Unread.Summary, isRunning: boolean): string => {
  if (unread.splits === 0) return ""
  const when = isRunning ? "not read to its end" : "not read to its end when the last run ended"
  return `\n\n${when}: ${counted(unread.splits, "file")}\n${Terminal.lines(Unread.unreadText(unread).join("\n"))}`
}

const emptyRoutes = (names: ReadonlyArray<string>): Ledger["routes"] =>
  Object.fromEntries(
    names.map((name) => [name, { read: 0, filtered: {}, skipped: {}, delivered: {}, waiting: {}, dead: {} }])
  )
