/**
 * `millrace check`: proves settings and credentials of every lane without sending an event.
 */
import { warnings } from "@millrace/core/Preview"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { checkLanes, type Row } from "../checkLanes.ts"
import { Ended, exitCodes } from "../exitCode.ts"
import { configArgument, load } from "../load.ts"
import { policyText } from "../policyText.ts"
import { table } from "../table.ts"
import * as Terminal from "../terminal.ts"
import { validate } from "../validate.ts"

export const check = Command.make(
  "check",
  { config: configArgument },
  Effect.fnUntraced(function* ({ config }) {
    const loaded = yield* load(config)
    const { definition, file } = loaded
    yield* validate(loaded)
    const opened = yield* Effect.forEach(definition.routes, (route) =>
      Effect.map(route.destination.open, (open) => ({ route, open }))
    )
    const rows = yield* checkLanes(opened)
    yield* Effect.sync(() => {
      const cells = rows.map(({ route, lane, result, note }) => [route, lane.name, result, note])
      Terminal.print(`${file}\n\n${table(["route", "lane", "credentials", "note"], cells)}`)
      for (const { route, open } of opened) {
        Terminal.print(`\n${policyText(route, definition.retention, open.limits.concurrency)}`)
      }
      const told = opened.flatMap(({ route, open }) =>
        warnings(route, open, definition.sources).map((warning) => `route ${route.name}: ${warning}`)
      )
      for (const warning of [...told, ...sharedLanes(rows)])
        Terminal.print(`\nwarning: ${Terminal.line(warning)}`)
    })
    const failed = rows.some(({ result }) => result === "refused" || result === "no answer")
    if (failed) return yield* Effect.fail(new Ended(exitCodes.badInput))
  })
).pipe(
  Command.withShortDescription("Prove settings and credentials of every lane without sending an event"),
  Command.withDescription(
    "Prove settings and credentials of every source and lane without sending an event. Ends with 0 when every lane is accepted or held by the configuration, with 2 otherwise."
  )
)

/** Lanes of different routes that reach the same place: what both send may arrive once only. */
const sharedLanes = (rows: ReadonlyArray<Row>): ReadonlyArray<string> =>
  rows.flatMap((row, index) =>
    rows
      .slice(index + 1)
      .filter(
        ({ lane, route }) => lane.mark !== undefined && lane.mark === row.lane.mark && route !== row.route
      )
      .map(
        (other) =>
          `lane ${row.lane.name} of route ${row.route} and lane ${other.lane.name} of route ${other.route} reach the same place; an event that takes both may be dropped there as a repeat`
      )
  )
