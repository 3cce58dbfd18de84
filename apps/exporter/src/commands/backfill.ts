/**
 * `millrace backfill`: a part of a source's past, read hour by hour, also beside a running exporter.
 */
import process from "node:process"
import type { Backfill } from "@millrace/core/Running"
import * as Access from "@millrace/operations/Access"
import type { Operations } from "@millrace/operations/Operations"
import { counted } from "@millrace/operations/Text"
import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { backfillText } from "../backfillText.ts"
import { Ended, exitCodes, InputError } from "../exitCode.ts"
import { json } from "../json.ts"
import { configArgument, load } from "../load.ts"
import * as Terminal from "../terminal.ts"

export const backfill = Command.make(
  "backfill",
  {
    config: configArgument,
    source: Flag.String("source").pipe(
      Flag.optional,
      Flag.withDescription("The source to read; needed when there are several")
    ),
    from: Flag.Date("from").pipe(
      Flag.withDescription("The first hour to read, in UTC, such as 2026-11-01 or 2026-11-01T05:00Z")
    ),
    to: Flag.Date("to").pipe(Flag.withDescription("The first hour that is not read any more")),
    types: Flag.String("types").pipe(
      Flag.atLeast(0),
      Flag.withDescription(
        'Event types by name or wildcard, with commas between them, such as "users.messages.*"; may be repeated'
      )
    ),
    rate: Flag.String("rate").pipe(
      Flag.optional,
      Flag.withDescription(
        "The most events to read in a second, such as 500/s; as fast as it goes without it"
      )
    ),
    json
  },
  Effect.fnUntraced(function* ({ config, from, json, rate, source, to, types }) {
    const loaded = yield* load(config)
    const names = Object.keys(loaded.definition.sources)
    if (Option.isNone(source) && names.length > 1) {
      return yield* new InputError({ message: `say which source with --source: ${names.join(", ")}` })
    }
    const perSecond = yield* Effect.transposeOption(Option.map(rate, rateOf))
    const wanted = types.flatMap((list) => list.split(",")).filter((type) => type !== "")
    const asked: Backfill = {
      source: Option.getOrElse(source, () => names[0]!),
      from: from.getTime(),
      to: to.getTime(),
      ...(wanted.length === 0 ? {} : { types: wanted }),
      ...Option.match(perSecond, { onNone: () => ({}), onSome: (rate) => ({ rate }) })
    }
    const status = yield* Access.use(loaded, (operations) =>
      Effect.raceFirst(operations.backfill(asked), showProgress(operations))
    )
    const { events, name, unread } = status
    yield* Effect.sync(() => {
      clear()
      if (json) return Terminal.print(Terminal.json(status))
      Terminal.print(
        events === 0
          ? "nothing was read: no event is in these hours, or the same backfill has been done before"
          : `${counted(events, "event")} read as ${name}; millrace status shows what became of them`
      )
      for (const { split, byte, what } of unread) {
        Terminal.say(`${split}: is not read from byte ${byte} on: ${what}`)
      }
    })
    if (unread.length > 0) return yield* Effect.fail(new Ended(exitCodes.unread))
  })
).pipe(
  Command.withShortDescription("Read a part of a source's past, also beside a running exporter"),
  Command.withDescription(
    "Read a part of a source's past, hour by hour, beside a running exporter or without one: by the hours under which files and objects are filed, not by the time of the events. Routes with `backfill: true` take it; where there is none, all that read the source. Interrupted, the same command goes on where it stopped."
  )
)

const rateOf = (text: string): Effect.Effect<number, InputError> => {
  const [, digits] = /^(\d+(?:\.\d+)?)(?:\/s)?$/.exec(text.trim()) ?? []
  const rate = Number(digits)
  return rate > 0
    ? Effect.succeed(rate)
    : Effect.fail(new InputError({ message: `--rate is ${text}; give events a second, such as 500/s` }))
}

/** A line each second on a terminal, a line each minute elsewhere. */
const showProgress = (operations: Operations): Effect.Effect<never> => {
  const { isTTY: isTerminal } = process.stderr
  const show = Effect.gen(function* () {
    const [status] = yield* operations.backfills()
    if (status === undefined) return
    const text = Terminal.line(backfillText(status, yield* Clock.currentTimeMillis))
    yield* Effect.sync(() => {
      if (!isTerminal) return Terminal.say(text)
      process.stderr.write(`\r\u001b[K${text.slice(0, (process.stderr.columns ?? 80) - 1)}`)
    })
  })
  return Effect.forever(Effect.andThen(Effect.sleep(isTerminal ? 1_000 : 60_000), Effect.ignore(show)))
}

const clear = () => process.stderr.isTTY && process.stderr.write("\r\u001b[K")
