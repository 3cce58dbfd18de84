/**
 * `millrace outbox`: is the store sound, how small can it be, and may another hold what it holds?
 */
import type { Store } from "@millrace/core/Outbox"
import { number } from "@millrace/operations/Text"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { Ended, exitCodes, InputError } from "../exitCode.ts"
import { configArgument, load } from "../load.ts"
import * as Terminal from "../terminal.ts"
import { migrate } from "./migrate.ts"

const print = (text: string) => Effect.sync(() => Terminal.print(text))

const maintenanceOf = ({ plugin, maintenance }: Store) =>
  maintenance === undefined
    ? Effect.fail(new InputError({ message: `${plugin} keeps nothing that could be verified or compacted` }))
    : Effect.succeed(maintenance)

const verify = Command.make(
  "verify",
  { config: configArgument },
  Effect.fnUntraced(function* ({ config }) {
    const { store } = yield* load(config)
    const maintenance = yield* maintenanceOf(store)
    const { problems, bytes, free } = yield* maintenance.verify
    for (const { kind, detail } of problems) yield* print(Terminal.line(`${kind}: ${detail}`))
    yield* print(
      `${problems.length === 0 ? "sound" : `${problems.length} problems`}; ${number(bytes)} bytes, ${number(free)} of them free`
    )
    if (problems.length > 0) return yield* Effect.fail(new Ended(exitCodes.unbalanced))
  })
).pipe(
  Command.withDescription(
    "Check the store's integrity and count the ledger anew; changes nothing. Ends with 5 when something is wrong. No exporter may be running"
  )
)

const compact = Command.make(
  "compact",
  { config: configArgument },
  Effect.fnUntraced(function* ({ config }) {
    const { store } = yield* load(config)
    const maintenance = yield* maintenanceOf(store)
    const { before, after } = yield* maintenance.compact
    yield* print(`${number(before)} bytes before, ${number(after)} after`)
  })
).pipe(Command.withDescription("Make the store as small as it can be. No exporter may be running"))

const accept = Command.make(
  "accept",
  { config: configArgument },
  Effect.fnUntraced(function* ({ config }) {
    const { store } = yield* load(config)
    const { accept } = yield* maintenanceOf(store)
    if (accept === undefined) {
      return yield* new InputError({
        message: `${store.plugin} never refuses what it finds: there is nothing to accept`
      })
    }
    yield* accept
    yield* print("the next command takes the outbox as it is; what it held before and holds no more is lost")
  })
).pipe(
  Command.withDescription(
    "Take the outbox as it is, after a command refused it because it is gone, older, or without its log. Loses what is no longer there"
  )
)

export const outbox = Command.make("outbox").pipe(
  Command.withDescription("Check the outbox, make it smaller, accept it as it is, or move it to another"),
  Command.withSubcommands([verify, compact, accept, migrate])
)
