/**
 * `millrace status`: the ledger as it stands, beside a running exporter or without one.
 */
import { existsSync } from "node:fs"
import process from "node:process"
import type { Ledger } from "@millrace/core/Ledger"
import * as Outbox from "@millrace/core/Outbox"
import type { LaneStatus } from "@millrace/core/Running"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Control from "../control.ts"
import { ledgerText, whyWaiting } from "../ledgerText.ts"
import { configArgument, load } from "../load.ts"
import { table } from "../table.ts"
import { json } from "./run.ts"

export const status = Command.make(
  "status",
  { config: configArgument, json },
  Effect.fnUntraced(function* ({ config, json }) {
    const { definition, store, name } = yield* load(config)
    const names = definition.routes.map((route) => route.name)
    const { directory } = store
    const found =
      directory !== undefined && !existsSync(directory)
        ? { ledger: { routes: {} }, lanes: [], isRunning: false }
        : yield* readStored(store).pipe(
            Effect.catchIf(
              (error) => error.reason === "Owned" && directory !== undefined,
              () => Effect.map(Control.ask(directory ?? ""), (answer) => ({ ...answer, isRunning: true }))
            )
          )
    const ledger = { routes: { ...emptyRoutes(names), ...found.ledger.routes } }
    yield* Effect.sync(() => {
      if (json) process.stdout.write(`${JSON.stringify(ledger)}\n`)
      else
        process.stdout.write(
          `${name}: ${found.isRunning ? "running" : "not running"}\n\n${ledgerText(ledger)}\n${lanesText(found.lanes)}`
        )
    })
  })
).pipe(Command.withDescription("Show the ledger and the lanes, also beside a running exporter"))

const readStored = (store: Outbox.Store) =>
  Outbox.Outbox.use((outbox) => Effect.all([outbox.ledger, outbox.lanes])).pipe(
    Effect.map(([ledger, lanes]) => ({
      ledger,
      lanes: lanes.map(
        ({ route, lane, gate }): LaneStatus => ({ route, lane, gate, trouble: "", underWay: 0 })
      ),
      isRunning: false
    })),
    Effect.provide(store.layer)
  )

const emptyRoutes = (names: ReadonlyArray<string>): Ledger["routes"] =>
  Object.fromEntries(
    names.map((name) => [name, { read: 0, filtered: {}, skipped: {}, delivered: {}, waiting: {}, dead: {} }])
  )

const lanesText = (lanes: ReadonlyArray<LaneStatus>): string =>
  lanes.length === 0
    ? ""
    : `\n${table(
        ["route", "lane", "gate", "since", "why"],
        lanes.map((lane) => [
          lane.route,
          lane.lane,
          lane.gate.open ? "open" : "closed",
          new Date(lane.gate.since).toISOString(),
          lane.gate.open && lane.trouble === "" ? "" : whyWaiting(lane)
        ])
      )}\n`
