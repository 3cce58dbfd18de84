/**
 * `millrace lanes`: each lane's gate, what waits behind it and for how long; and an operator's pause.
 */
import type { Loaded } from "@millrace/config/Config"
import type { LaneKey } from "@millrace/core/Outbox"
import type { Share } from "@millrace/core/Route"
import * as Clock from "effect/Clock"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { InputError } from "../exitCode.ts"
import { whyWaiting } from "../ledgerText.ts"
import { configArgument, load } from "../load.ts"
import type { Status } from "../operations.ts"
import { bytes, number, table } from "../table.ts"
import * as Terminal from "../terminal.ts"
import { expectState, withOperations, withReading } from "../withOperations.ts"

const show = Command.make(
  "show",
  { config: configArgument },
  Effect.fnUntraced(function* ({ config }) {
    const loaded = yield* load(config)
    yield* expectState(loaded)
    yield* withReading(loaded, (operations) =>
      Effect.flatMap(Effect.all([operations.status(), Clock.currentTimeMillis]), ([status, now]) =>
        print(lanesText(status, loaded, now))
      )
    )
  })
).pipe(
  Command.withDescription(
    "Show each lane's gate, since when and why, what waits, and when its oldest event meets its retention"
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
      const isDone = yield* withOperations(loaded, (operations) => operations.pause(key, name === "pause"))
      if (!isDone)
        return yield* new InputError({
          message: `route ${key.route} has no lane ${lane}; see: millrace lanes show`
        })
      yield* print(
        `lane ${Terminal.line(lane)} of route ${key.route}: ${name === "pause" ? "paused; its events wait" : "open"}`
      )
    })
  ).pipe(Command.withDescription(description))

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
    const { events, letters } = yield* withOperations(loaded, (operations) => operations.erase(user))
    yield* print(
      `${number(events)} waiting events and ${number(letters)} dead letters of this user removed for good, counted as erased; nothing of them is left in the state directory`
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

/** One line a lane. `now` is in epoch milliseconds. */
export const lanesText = (
  { lanes, stored }: Status,
  { definition }: Pick<Loaded, "definition">,
  now: number
): string => {
  const rows = lanes.map((status) => {
    const state = stored.find(({ route, lane }) => route === status.route && lane === status.lane)
    const route = definition.routes.find(({ name }) => name === status.route)
    const retention = Duration.toMillis(route?.retention ?? definition.retention ?? "7 days")
    const isQuiet = status.gate.open && status.trouble === ""
    return [
      status.route,
      status.lane,
      status.gate.open ? "open" : "closed",
      status.gate.open || status.gate.since === 0 ? "" : new Date(status.gate.since).toISOString(),
      number(state?.waiting ?? 0),
      held(state?.bytes ?? 0, route?.share),
      state?.oldest === undefined ? "" : `in ${span(state.oldest + retention - now)}`,
      [isQuiet ? "" : whyWaiting(status), nextAttempt(status.gate.notBefore, now)]
        .filter((text) => text !== "")
        .join("; ")
    ]
  })
  return rows.length === 0
    ? "no lane has been used yet"
    : table(["route", "lane", "gate", "closed since", "waiting", "holds", "oldest expires", "why"], rows)
}

/** When a lane is tried next that was told to wait, as by `Retry-After`, or whose key was refused. */
const nextAttempt = (notBefore: number, now: number): string =>
  notBefore > now ? `next attempt ${new Date(notBefore).toISOString()}` : ""

/** What waits in bytes, and of how many when the lane has a share. */
const held = (size: number, share: Share | undefined): string =>
  share === undefined ? bytes(size) : `${bytes(size)} of ${bytes(share.size)}`

/** The two largest units are enough to act on. */
const span = (millis: number): string =>
  Duration.format(Duration.minutes(Math.max(0, Math.round(millis / 60_000))))
    .split(" ")
    .slice(0, 2)
    .join(" ")
