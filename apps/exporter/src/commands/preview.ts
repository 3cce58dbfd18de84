/**
 * `millrace preview`: prints what would be sent, per lane, sending and storing nothing.
 */
import type { Event } from "@millrace/core/Event"
import * as Preview from "@millrace/core/Preview"
import { counted, number } from "@millrace/operations/Text"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { differences } from "../differences.ts"
import { configArgument, load } from "../load.ts"
import * as Terminal from "../terminal.ts"
import { thrownText } from "../thrownText.ts"

export const preview = Command.make(
  "preview",
  {
    config: configArgument,
    messages: Flag.Int("messages").pipe(
      Flag.withDefault(3),
      Flag.withMetavar("number"),
      Flag.withDescription("Messages shown per lane (default: 3)")
    ),
    events: Flag.Int("events").pipe(
      Flag.withDefault(10_000),
      Flag.withMetavar("number"),
      Flag.withDescription(
        "Stop after this many events, whether every lane had its messages or not (default: 10000)"
      )
    )
  },
  Effect.fnUntraced(function* ({ config, messages, events }) {
    const { definition } = yield* load(config)
    const routes = yield* Preview.preview(definition, { messages, events })
    yield* Effect.sync(() => Terminal.print(routes.map(routeText).join("\n\n")))
  })
).pipe(
  Command.withShortDescription("Print what would be sent, per lane; sends and stores nothing"),
  Command.withDescription(
    "Print the first messages of each lane as they would be sent. Sends and stores nothing, and reads from the beginning whatever was delivered before."
  )
)

const routeText = ({ route, read, left, lanes, thrown, warnings }: Preview.RoutePreview): string => {
  const reasons = [...left].map(([reason, events]) => `${number(events)} ${reason}`).join(", ")
  const heading = `route ${route}: ${counted(read, "event")} read${reasons === "" ? "" : `; not sent: ${reasons}`}`
  return [
    heading,
    ...warnings.map((warning) => `warning: ${warning}`),
    ...thrown.map(thrownText),
    ...lanes.map(laneText)
  ].join("\n\n")
}

const laneText = ({ lane, events, messages }: Preview.LanePreview): string =>
  [
    `lane ${lane}: ${counted(events, "event")}, ${counted(messages.length, "message")} shown`,
    ...messages.flatMap(({ text, changes }) => [
      ...changes.map(({ before, after }) => changeText(before, after)),
      pretty(text)
    ])
  ].join("\n")

const changeText = (before: Event, after: Event): string => {
  const lines = differences(before, after)
  return [
    `event ${Terminal.line(before.id)}, as the route changes it:${lines.length === 0 ? " not at all" : ""}`,
    ...lines.map((one) => Terminal.line(one))
  ].join("\n")
}

const pretty = (message: string): string => {
  try {
    return Terminal.json(JSON.parse(message), 2)
  } catch {
    return Terminal.line(message)
  }
}
