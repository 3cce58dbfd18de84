/**
 * `millrace status`: the ledger as it stands, beside a running exporter or without one.
 */
import { statfs } from "node:fs/promises"
import type { Ledger } from "@millrace/core/Ledger"
import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { conditionsOf } from "../alerts/conditions.ts"
import { limitsOf } from "../alerts/limits.ts"
import { json } from "../json.ts"
import { lanesOf, lanesText } from "../lanesText.ts"
import { lastRunText } from "../lastRun.ts"
import { ledgerText } from "../ledgerText.ts"
import { configArgument, load } from "../load.ts"
import { sourcesText } from "../sources.ts"
import { bytes as bytesText, counted } from "../table.ts"
import * as Terminal from "../terminal.ts"
import * as Unread from "../unread.ts"
import { expectState, withReading } from "../withOperations.ts"

export const status = Command.make(
  "status",
  { config: configArgument, json },
  Effect.fnUntraced(function* ({ config, json }) {
    const loaded = yield* load(config)
    const { definition, name } = loaded
    const names = definition.routes.map((route) => route.name)
    yield* expectState(loaded)
    let problem: string | undefined
    const found = yield* withReading(
      loaded,
      (operations, isRunning) => Effect.map(operations.status(), (answer) => ({ ...answer, isRunning })),
      (message) => {
        problem = message
      }
    )
    const outbox = {
      ...found.usage,
      ...(yield* freeBeside(loaded.store.directory)),
      ...(problem === undefined ? {} : { problem })
    }
    const now = yield* Clock.currentTimeMillis
    const ledger = { routes: { ...emptyRoutes(names), ...found.ledger.routes } }
    yield* Effect.sync(() => {
      const { isRunning, unread, sources, started, lastRun } = found
      const attention = conditionsOf({ ...found, ledger }, now, limitsOf(loaded))
      if (json) {
        const lanes = lanesOf(found, loaded)
        return Terminal.print(
          Terminal.json({
            ...ledger,
            unread,
            exporter: name,
            running: isRunning,
            ...(started === undefined ? {} : { started }),
            ...(lastRun === undefined ? {} : { lastRun }),
            lanes,
            sources,
            outbox,
            attention: attention.map(({ level: _, ...condition }) => condition)
          })
        )
      }
      const when = isRunning ? "" : ", as the last run left them"
      const parts = [
        `${Terminal.line(name)}: ${isRunning ? "running" : lastRunText(lastRun)}`,
        ...(attention.length === 0
          ? []
          : [["in need of attention:", ...attention.map(({ text }) => Terminal.line(text))].join("\n")]),
        ledgerText(ledger),
        lanesText(found, loaded, now),
        `sources${when}:\n${sourcesText(sources)}`,
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

interface OutboxState {
  readonly bytes?: number
  readonly limit?: number
  /** Bytes that are free on its disk. */
  readonly free?: number
  /** Why it could not be opened for more than a look. */
  readonly problem?: string
}

const freeBeside = (directory: string | undefined): Effect.Effect<{ readonly free?: number }> =>
  directory === undefined
    ? Effect.succeed({})
    : Effect.match(
        Effect.tryPromise(() => statfs(directory)),
        { onSuccess: ({ bavail, bsize }) => ({ free: bavail * bsize }), onFailure: () => ({}) }
      )

const outboxText = ({ bytes, limit, free, problem }: OutboxState): string => {
  const parts = [
    ...(bytes === undefined
      ? []
      : [`${bytesText(bytes)}${limit === undefined ? "" : ` of ${bytesText(limit)}`}`]),
    ...(free === undefined ? [] : [`${bytesText(free)} free on its disk`]),
    ...(problem === undefined ? [] : [Terminal.line(problem)])
  ]
  return `outbox: ${parts.length === 0 ? "in memory" : parts.join("; ")}`
}

const leftText = (unread: Unread.Summary, isRunning: boolean): string => {
  if (unread.splits === 0) return ""
  const when = isRunning ? "not read to its end" : "not read to its end by the last run"
  return `\n\n${when}: ${counted(unread.splits, "file")}\n${Terminal.lines(Unread.unreadText(unread).join("\n"))}`
}

const emptyRoutes = (names: ReadonlyArray<string>): Ledger["routes"] =>
  Object.fromEntries(
    names.map((name) => [name, { read: 0, filtered: {}, skipped: {}, delivered: {}, waiting: {}, dead: {} }])
  )
