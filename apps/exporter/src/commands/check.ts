/**
 * `millrace check`: proves settings and credentials of every lane without sending an event.
 */
import type { Connection, Lane, Opened } from "@millrace/core/Destination"
import type { DeliveryError } from "@millrace/core/Outcome"
import * as Policy from "@millrace/core/Policy"
import { warnings } from "@millrace/core/Preview"
import type { Route } from "@millrace/core/Route"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { Ended, exitCodes } from "../exitCode.ts"
import { configArgument, load } from "../load.ts"
import { policyText } from "../policyText.ts"
import { table } from "../table.ts"
import * as Terminal from "../terminal.ts"
import { validate } from "../validate.ts"

interface Row {
  readonly route: string
  readonly lane: Lane
  readonly result: "accepted" | "held" | "refused" | "no answer"
  readonly note: string
}

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
    const rows = (yield* Effect.forEach(opened, ({ route, open }) => checkRoute(route, open))).flat()
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

const checkRoute = (route: Route, opened: Opened) => {
  const timeouts = Policy.timeouts(Policy.resolve(route.policy ?? {}, opened.limits.concurrency))
  return Effect.forEach(
    opened.lanes,
    (lane): Effect.Effect<Row> =>
      lane.held === undefined
        ? Effect.flatMap(opened.connect(lane.name), checkConnection).pipe(
            Effect.scoped,
            Effect.provideService(Policy.Timeouts, timeouts),
            Effect.match({
              onSuccess: (note): Row => ({ route: route.name, lane, result: "accepted", note }),
              onFailure: (error): Row => ({ route: route.name, lane, ...failure(error) })
            })
          )
        : Effect.succeed({ route: route.name, lane, result: "held", note: lane.held }),
    { concurrency: 4 }
  )
}

const checkConnection = (connection: Connection) => Effect.as(connection.check, connection.checkNote ?? "")

const failure = (error: DeliveryError): Pick<Row, "result" | "note"> => ({
  result:
    error.outcome._tag === "Unauthorized" || error.outcome._tag === "Rejected" ? "refused" : "no answer",
  note: error.message
})

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
