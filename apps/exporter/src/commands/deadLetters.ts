/**
 * `millrace dead-letters`: what could not be delivered, with its reason; put through its route again, or removed.
 */
import type { Filter } from "@millrace/core/DeadLetters"
import type { Definition } from "@millrace/core/Exporter"
import * as Access from "@millrace/operations/Access"
import * as DeadLetters from "@millrace/operations/DeadLetters"
import { number } from "@millrace/operations/Text"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { InputError } from "../exitCode.ts"
import { json } from "../json.ts"
import { configArgument, load } from "../load.ts"
import { expectState, look } from "../operated.ts"
import { table } from "../table.ts"
import * as Terminal from "../terminal.ts"

const text = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.optional, Flag.withDescription(description))
const date = (name: string, description: string) =>
  Flag.Date(name).pipe(Flag.optional, Flag.withDescription(description))

const flags = {
  route: text("route", "Only of this route"),
  lane: text("lane", "Only of this lane"),
  reason: text("reason", "Only with this reason, such as bad-request or expired"),
  type: text("type", 'Only events of this type, by name or wildcard, such as "users.messages.*"'),
  event: text("event", "Only the event with this id"),
  user: text("user", "Only events of the user with this id: Braze's own, your own, or a device's"),
  from: date("from", "Only letters written at this time or later, such as 2026-11-22T08:00:00Z"),
  to: date("to", "Only letters written before this time")
}

type Given = { readonly [Name in keyof typeof flags]: Option.Option<string | Date> }

/** The flags that were given, as a filter: a type as the catalogues of the configuration spell it. */
const filterOf = (given: Given, definition: Definition): Filter => {
  const present = (name: keyof Given, key: keyof Filter) =>
    Option.match(given[name], {
      onNone: () => ({}),
      onSome: (value) => ({ [key]: value instanceof Date ? value.getTime() : value })
    })
  return DeadLetters.spelled(
    {
      ...present("route", "route"),
      ...present("lane", "lane"),
      ...present("reason", "reason"),
      ...present("type", "type"),
      ...present("event", "eventId"),
      ...present("user", "user"),
      ...present("from", "from"),
      ...present("to", "to")
    },
    definition
  )
}

const print = (text: string) => Effect.sync(() => Terminal.print(text))

/** The most letters in a list; `export` prints all there are. */
const longestList = 10_000

const list = Command.make(
  "list",
  {
    config: configArgument,
    ...flags,
    json,
    limit: Flag.Int("limit").pipe(Flag.withDefault(50), Flag.withDescription("Show so many (default: 50)"))
  },
  Effect.fnUntraced(function* ({ config, json, limit, ...given }) {
    const loaded = yield* load(config)
    yield* expectState(loaded)
    if (limit < 1 || limit > longestList) {
      return yield* new InputError({
        message: `--limit is ${limit}; give one from 1 to ${number(longestList)}, or print all with dead-letters export`
      })
    }
    const { letters, total } = yield* look(loaded, (operations) =>
      operations.listDeadLetters(filterOf(given, loaded.definition), limit)
    )
    const rows = letters.map((letter) => ({
      id: letter.id,
      since: new Date(letter.at).toISOString(),
      route: letter.route,
      lane: letter.lane,
      reason: letter.reason,
      detail: letter.detail,
      attempts: letter.attempts,
      type: letter.type ?? "",
      event: letter.event ?? "",
      place: DeadLetters.placeOf(letter, loaded.definition)
    }))
    if (json) return yield* print(Terminal.json({ total, letters: rows }))
    if (total === 0) return yield* print("there are no such dead letters")
    yield* print(
      table(
        ["id", "since", "route", "lane", "reason", "type", "event, or where it came from"],
        rows.map(({ id, since, route, lane, reason, type, event }, row) => [
          String(id),
          since,
          route,
          lane,
          reason,
          type,
          event || DeadLetters.splitOf(letters[row]!)
        ])
      )
    )
    if (total > letters.length)
      yield* print(`${number(total - letters.length)} more; --limit shows more of them`)
  })
).pipe(Command.withDescription("List dead letters, oldest first"))

const show = Command.make(
  "show",
  {
    config: configArgument,
    id: Argument.Int("id").pipe(Argument.withDescription("Its id, as `list` shows it"))
  },
  Effect.fnUntraced(function* ({ config, id }) {
    const loaded = yield* load(config)
    const page = yield* look(loaded, (operations) => operations.deadLetters({ ids: [id] }, id - 1))
    const [letter] = page.letters
    if (letter === undefined) return yield* new InputError({ message: `there is no dead letter ${id}` })
    yield* print(Terminal.json(yield* DeadLetters.show(letter, loaded.definition), 2))
  })
).pipe(
  Command.withDescription(
    "Show one dead letter whole: its event, the reason, the attempts, where it came from, and its message as it would be sent today"
  )
)

const replay = Command.make(
  "replay",
  { config: configArgument, ...flags },
  Effect.fnUntraced(function* ({ config, ...given }) {
    const loaded = yield* load(config)
    const { replayed, left, isRunning } = yield* Access.use(loaded, (operations, isRunning) =>
      Effect.map(operations.replay(filterOf(given, loaded.definition)), (result) => ({
        ...result,
        isRunning
      }))
    )
    yield* print(
      `${number(replayed)} events went through their route again; ${isRunning ? "the running exporter delivers them" : "the next run delivers them"}`
    )
    if (left > 0)
      yield* print(`${number(left)} were left: nothing installed reads them, or their route is gone`)
  })
).pipe(
  Command.withDescription(
    "Put dead letters through today's routes and mapping again. They keep their ids: mParticle ignores an id it took in the last 30 to 60 days"
  )
)

const purge = Command.make(
  "purge",
  {
    config: configArgument,
    ...flags,
    all: Flag.Boolean("all").pipe(
      Flag.withDefault(false),
      Flag.withDescription("All of them, without a filter")
    )
  },
  Effect.fnUntraced(function* ({ config, all, ...given }) {
    if (Object.values(given).every((value) => Option.isNone<string | Date>(value)) && !all) {
      return yield* new InputError({ message: "say which dead letters to remove for good, or --all" })
    }
    const loaded = yield* load(config)
    const filter = filterOf(given, loaded.definition)
    const purged = yield* Access.use(loaded, (operations) => operations.purge(filter))
    yield* print(`${number(purged)} dead letters removed for good, counted as erased`)
  })
).pipe(Command.withDescription("Remove dead letters for good; the ledger counts them as erased"))

const exportLetters = Command.make(
  "export",
  { config: configArgument, ...flags },
  Effect.fnUntraced(function* ({ config, ...given }) {
    const loaded = yield* load(config)
    const filter = filterOf(given, loaded.definition)
    yield* look(
      loaded,
      Effect.fnUntraced(function* (operations) {
        let after: number | undefined = 0
        while (after !== undefined) {
          const page: DeadLetters.Page = yield* operations.deadLetters(filter, after)
          for (const letter of page.letters) {
            if (!(yield* Terminal.printed(Terminal.json(DeadLetters.exported(letter))))) return
          }
          after = page.after
        }
      })
    )
  })
).pipe(Command.withDescription("Print dead letters whole, one JSON object a line"))

export const deadLetters = Command.make("dead-letters").pipe(
  Command.withDescription(
    "What could not be delivered: list it, look at it, replay it, export it, remove it"
  ),
  Command.withSubcommands([list, show, replay, exportLetters, purge])
)
