/**
 * `millrace check`: proves settings and credentials of every lane without sending an event.
 */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { type Asked, checkLanes, type Row } from "../checkLanes.ts"
import { Ended, exitCodes } from "../exitCode.ts"
import { json } from "../json.ts"
import { configArgument, load } from "../load.ts"
import { policyText } from "../policyText.ts"
import { table } from "../table.ts"
import * as Terminal from "../terminal.ts"
import { validate } from "../validate.ts"
import { warningsOf } from "../warnings.ts"

export const check = Command.make(
  "check",
  {
    config: configArgument,
    follow: Flag.Boolean("follow").pipe(
      Flag.withDefault(false),
      Flag.withDescription("As for a run that follows, whose sources may still be empty")
    ),
    json
  },
  Effect.fnUntraced(function* ({ config, follow, json }) {
    const loaded = yield* load(config)
    const { definition, file, store } = loaded
    yield* validate(loaded, { follow })
    yield* store.check ?? Effect.void
    const routes = yield* Effect.forEach(definition.routes, (route) =>
      Effect.map(route.destination.open, (open): Asked => ({ route, open }))
    )
    const rows = yield* checkLanes(routes)
    const policies = routes.map(({ route, open }) => policyText(route, definition, open.limits.concurrency))
    const warnings = warningsOf(loaded, routes)
    yield* Effect.sync(() =>
      Terminal.print(
        json
          ? Terminal.json({ file, lanes: rows.map(lineOf), policies, warnings })
          : [
              file,
              lanesText(rows),
              ...policies,
              ...warnings.map((warning) => `warning: ${Terminal.line(warning)}`)
            ].join("\n\n")
      )
    )
    const failed = rows.some(({ result }) => result === "refused" || result === "no answer")
    if (failed) return yield* Effect.fail(new Ended(exitCodes.badInput))
  })
).pipe(
  Command.withShortDescription("Prove settings and credentials of every lane without sending an event"),
  Command.withDescription(
    "Prove settings and credentials of every source and lane without sending an event, and that the outbox could be opened. What a run would refuse at its start, it refuses with the same words. Ends with 0 when every lane is accepted or held by the configuration, with 2 otherwise, and with 1 when the outbox could not be opened."
  )
)

const lineOf = ({ lane, note, result, route }: Row) => ({ route, lane: lane.name, credentials: result, note })

/** A note that several lanes have stands once, below the table. */
const lanesText = (rows: ReadonlyArray<Row>): string => {
  const notes = [...new Set(rows.map(({ note }) => note).filter((note) => note !== ""))]
  const mark = (note: string) => (note === "" ? "" : `[${notes.indexOf(note) + 1}]`)
  const cells = rows.map(({ lane, note, result, route }) => [route, lane.name, result, mark(note)])
  const below = notes.map((note, index) => `[${index + 1}] ${Terminal.line(note)}`)
  return [table(["route", "lane", "credentials", "note"], cells), ...below].join("\n")
}
