/**
 * `millrace lanes`: each lane's gate, what waits behind it and for how long; and an operator's pause.
 */
import type { Loaded } from "@millrace/config/Config"
import type { LaneKey } from "@millrace/core/Outbox"
import * as Access from "@millrace/operations/Access"
import * as Lanes from "@millrace/operations/Lanes"
import type { Status } from "@millrace/operations/Status"
import { counted } from "@millrace/operations/Text"
import * as Clock from "effect/Clock"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { InputError } from "../exitCode.ts"
import { json } from "../json.ts"
import { lanesText } from "../lanesText.ts"
import { whyWaiting } from "../ledgerText.ts"
import { configArgument, load } from "../load.ts"
import { expectState, look } from "../operated.ts"
import { sourcesOfFleet, sourcesText } from "../sourcesText.ts"
import * as Terminal from "../terminal.ts"

const show = Command.make(
  "show",
  { config: configArgument, json },
  Effect.fnUntraced(function* ({ config, json }) {
    const loaded = yield* load(config)
    yield* expectState(loaded)
    yield* look(loaded, (operations) =>
      Effect.flatMap(Effect.all([operations.status(), Clock.currentTimeMillis]), ([status, now]) =>
        print(
          json
            ? Terminal.json({ lanes: Lanes.list(status, loaded.definition), sources: status.sources })
            : `${lanesText(status, loaded.definition, now)}\n\n${status.instances === undefined ? sourcesText(status.sources) : sourcesOfFleet}`
        )
      )
    )
  })
).pipe(
  Command.withDescription(
    "Show each lane's gate, since when and why, what waits, and when its oldest event meets its retention; and each source's state"
  )
)

const change = (name: "pause" | "resume", description: string) =>
  Command.make(
    name,
    {
      config: configArgument,
      lane: Argument.String("lane").pipe(Argument.withDescription("The lane, as `lanes show` names it")),
      route: Flag.String("route").pipe(
        Flag.withDefault(""),
        Flag.withDescription("Its route; needed when there are several")
      )
    },
    Effect.fnUntraced(function* ({ config, lane, route }) {
      const loaded = yield* load(config)
      const key = yield* keyOf(loaded, lane, route)
      const status = yield* Access.use(loaded, (operations) =>
        Effect.flatMap(operations.pause(key, name === "pause"), (isDone) =>
          isDone ? operations.status() : Effect.succeed(undefined)
        )
      )
      if (status === undefined)
        return yield* new InputError({
          message: `route ${key.route} has no lane ${lane}; see: millrace lanes show`
        })
      yield* print(
        `lane ${Terminal.line(lane)} of route ${key.route}: ${Terminal.line(stateText(key, status))}`
      )
    })
  ).pipe(Command.withDescription(description))

/** What the lane really does, whatever was asked. */
const stateText = (key: LaneKey, { lanes, stored }: Status): string => {
  const status = Lanes.find(lanes, key)
  const waiting = Lanes.find(stored, key)?.waiting ?? 0
  const events =
    waiting === 0 ? "nothing waits" : `${counted(waiting, "event")} ${waiting === 1 ? "waits" : "wait"}`
  if (status === undefined) return events
  const { gate, trouble } = status
  if (gate.reason === "paused") return `paused; ${waiting === 0 ? "what comes for it waits" : events}`
  if (!gate.open) return `not paused, but ${whyWaiting(status)}; ${events}`
  return trouble === "" ? `open; ${events}` : `open, but attempts fail: ${trouble}; ${events}`
}

const purge = Command.make(
  "purge",
  {
    config: configArgument,
    user: Flag.String("user").pipe(
      Flag.withDescription("The user's id: Braze's own, your own, or a device's")
    )
  },
  Effect.fnUntraced(function* ({ config, user }) {
    const loaded = yield* load(config)
    yield* expectState(loaded)
    const { events, letters } = yield* Access.use(loaded, (operations) => operations.erase(user))
    yield* print(
      `${counted(events, "waiting event")} and ${counted(letters, "dead letter")} of this user removed for good, counted as erased; nothing of them is left in the state directory`
    )
  })
).pipe(
  Command.withDescription(
    "Remove all that waits of a user and their dead letters for good: nothing of them is left in the state directory, and a replay does not bring it back"
  )
)

export const lanes = Command.make("lanes").pipe(
  Command.withDescription("Show the lanes, pause one, let it go on; also beside a running exporter"),
  Command.withSubcommands([
    show,
    purge,
    change(
      "pause",
      "Send nothing through a lane until it is resumed; its events wait, also across a restart"
    ),
    change("resume", "Let a paused lane go on")
  ])
)

const print = (text: string) => Effect.sync(() => Terminal.print(text))

const keyOf = ({ definition }: Loaded, lane: string, route: string): Effect.Effect<LaneKey, InputError> => {
  const names = definition.routes.map(({ name }) => name)
  if (route === "" && names.length > 1) {
    return Effect.fail(new InputError({ message: `say which route with --route: ${names.join(", ")}` }))
  }
  const named = route === "" ? names[0]! : route
  return names.includes(named)
    ? Effect.succeed({ route: named, lane })
    : Effect.fail(
        new InputError({ message: `there is no route ${named}; the routes are ${names.join(", ")}` })
      )
}
