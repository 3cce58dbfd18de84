/**
 * `millrace preview`: prints what would be sent, per lane, sending and storing nothing.
 */
import process from "node:process"
import * as Preview from "@millrace/core/Preview"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { configArgument, load } from "../load.ts"
import { number } from "../table.ts"

export const preview = Command.make(
  "preview",
  {
    config: configArgument,
    messages: Flag.Int("messages").pipe(
      Flag.withDefault(3),
      Flag.withDescription("Messages shown per lane (default: 3)")
    ),
    events: Flag.Int("events").pipe(
      Flag.withDefault(10_000),
      Flag.withDescription("Events read at the most (default: 10000)")
    )
  },
  Effect.fnUntraced(function* ({ config, messages, events }) {
    const { definition } = yield* load(config)
    const routes = yield* Preview.preview(definition, { messages, events })
    yield* Effect.sync(() => process.stdout.write(`${routes.map(routeText).join("\n\n")}\n`))
  })
).pipe(Command.withDescription("Print what would be sent, per lane; sends and stores nothing"))

const routeText = ({ route, read, left, lanes }: Preview.RoutePreview): string => {
  const reasons = [...left].map(([reason, events]) => `${number(events)} ${reason}`).join(", ")
  const heading = `route ${route}: ${number(read)} events read${reasons === "" ? "" : `; not sent: ${reasons}`}`
  return [heading, ...lanes.map(laneText)].join("\n\n")
}

const laneText = ({ lane, events, messages }: Preview.LanePreview): string =>
  [`lane ${lane}: ${number(events)} events, ${messages.length} messages shown`, ...messages.map(pretty)].join(
    "\n"
  )

const pretty = (message: string): string => {
  try {
    return JSON.stringify(JSON.parse(message), undefined, 2)
  } catch {
    return message
  }
}
