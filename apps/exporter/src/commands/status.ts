/**
 * `millrace status`: the ledger as it stands, beside a running exporter or without one.
 */
import * as Overview from "@millrace/operations/Overview"
import type { Unread } from "@millrace/operations/Status"
import { bytes as bytesText, counted } from "@millrace/operations/Text"
import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { instancesText } from "../instancesText.ts"
import { json } from "../json.ts"
import { lanesText } from "../lanesText.ts"
import { lastRunText } from "../lastRunText.ts"
import { ledgerText } from "../ledgerText.ts"
import { configArgument, load } from "../load.ts"
import { expectState, look } from "../operated.ts"
import { sourcesOfFleet, sourcesText } from "../sourcesText.ts"
import * as Terminal from "../terminal.ts"
import { unreadText } from "../unreadText.ts"

export const status = Command.make(
  "status",
  { config: configArgument, json },
  Effect.fnUntraced(function* ({ config, json }) {
    const loaded = yield* load(config)
    const { definition, name } = loaded
    yield* expectState(loaded)
    let problem: string | undefined
    const found = yield* look(
      loaded,
      (operations, isRunning) => Effect.map(operations.status(), (status) => ({ status, isRunning })),
      (message) => {
        problem = message
      }
    )
    const now = yield* Clock.currentTimeMillis
    yield* Effect.sync(() => {
      const { isRunning, status } = found
      const overview = Overview.make(status, loaded, now, { isRunning, problem })
      if (json) return Terminal.print(Terminal.json(overview))
      const { attention, instances, lastRun, outbox, running, sources, unread } = overview
      const when = isRunning ? "" : ", as the last run left them"
      const parts = [
        `${Terminal.line(name)}: ${running ? "running" : lastRunText(lastRun)}`,
        ...(attention.length === 0
          ? []
          : [["in need of attention:", ...attention.map(({ text }) => Terminal.line(text))].join("\n")]),
        ledgerText(overview),
        lanesText(status, definition, now),
        instances === undefined ? `sources${when}:\n${sourcesText(sources)}` : sourcesOfFleet,
        ...(instances === undefined ? [] : [instancesText(instances)]),
        outboxText(outbox)
      ]
      Terminal.print(`${parts.join("\n\n")}${leftText(unread, isRunning)}`)
    })
  })
).pipe(
  Command.withShortDescription("Show the ledger and the lanes, also beside a running exporter"),
  Command.withDescription(
    "Show what needs attention, the ledger, the lanes that are in use or in trouble, the sources and the outbox, also beside a running exporter, and on a full or read-only disk. Ends with 0 whatever they say, and with 2 where no run has begun yet."
  )
)

const outboxText = ({ bytes, limit, free, problem }: Overview.OutboxOverview): string => {
  const parts = [
    ...(bytes === undefined
      ? []
      : [`${bytesText(bytes)}${limit === undefined ? "" : ` of ${bytesText(limit)}`}`]),
    ...(free === undefined ? [] : [`${bytesText(free)} free on its disk`]),
    ...(problem === undefined ? [] : [Terminal.line(problem)])
  ]
  return `outbox: ${parts.length === 0 ? "in memory" : parts.join("; ")}`
}

const leftText = (unread: Unread, isRunning: boolean): string => {
  if (unread.splits === 0) return ""
  const when = isRunning ? "not read to its end" : "not read to its end by the last run"
  return `\n\n${when}: ${counted(unread.splits, "file")}\n${Terminal.lines(unreadText(unread).join("\n"))}`
}
