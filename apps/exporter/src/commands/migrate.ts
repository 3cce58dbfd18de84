/**
 * `millrace outbox migrate`: all that one outbox holds, moved to another.
 */
import type { Loaded } from "@millrace/config/Config"
import * as Ledger from "@millrace/core/Ledger"
import type { Transfer } from "@millrace/core/Outbox"
import * as Transfers from "@millrace/core/Transfer"
import { counted } from "@millrace/operations/Text"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { InputError } from "../exitCode.ts"
import { load } from "../load.ts"
import * as Terminal from "../terminal.ts"

const print = (text: string) => Effect.sync(() => Terminal.print(Terminal.line(text)))

const transferOf = ({ store }: Loaded) =>
  store.transfer === undefined
    ? Effect.fail(
        new InputError({ message: `${store.plugin} keeps nothing that could be moved, or takes nothing in` })
      )
    : Effect.succeed(store.transfer)

const contentText = (ledger: Ledger.Ledger): string =>
  `${counted(Ledger.total(ledger, "waiting"), "waiting event")} and ${counted(Ledger.total(ledger, "dead"), "dead letter")}`

const sayPlan = ({ ledger, standing }: Transfers.Moved, from: Transfer, to: Transfer) =>
  print(
    standing?.isDone === true
      ? `all is in ${to.name}; what is left is to close ${from.name}`
      : `${standing === undefined ? "" : "an earlier move was cut off, and this one goes on: "}${contentText(ledger)} of ${from.name}, with checkpoints, gates and counts, go to ${to.name}`
  )

const configuration = (name: string, description: string) =>
  Argument.String(name).pipe(Argument.withDescription(description))

export const migrate = Command.make(
  "migrate",
  {
    from: configuration("from", "The configuration whose outbox holds the events"),
    to: configuration("to", "The same configuration with the outbox that is to hold them"),
    check: Flag.Boolean("check").pipe(
      Flag.withDefault(false),
      Flag.withDescription("Say what would be moved, and whether anything stands in the way; change nothing")
    ),
    giveUp: Flag.Boolean("give-up").pipe(
      Flag.withDefault(false),
      Flag.withDescription("After a move that was cut off: keep the first outbox, and forget the second")
    )
  },
  Effect.fnUntraced(function* ({ check, from: fromFile, giveUp, to: toFile }) {
    const loaded = yield* load(toFile)
    const from = yield* Effect.flatMap(load(fromFile), transferOf)
    const to = yield* transferOf(loaded)
    if (giveUp) {
      yield* Transfers.giveUp(from, to)
      return yield* print(`${from.name} can be run again; remove ${to.name} before it is filled anew`)
    }
    yield* sayPlan(yield* Transfers.look(from, to), from, to)
    if (check) return
    const { ledger, recomposed } = yield* Transfers.move(from, to, loaded.definition)
    if (recomposed > 0) {
      yield* print(
        `${counted(recomposed, "message")} of several users ${recomposed === 1 ? "leaves" : "leave"} in other compositions, under other ids`
      )
    }
    yield* print(
      `moved ${contentText(ledger)}; both ledgers are the same. Run the exporter with ${toFile} from now on: ${from.name} is closed`
    )
  })
).pipe(
  Command.withShortDescription("Move all that an outbox holds to another outbox"),
  Command.withDescription(
    "Move what waits, dead letters, checkpoints, gates, compositions, remembered ids, erased users and counts to another, empty outbox. No exporter may be running on either. Run again after an interruption it goes on; afterwards the first outbox refuses to be opened"
  )
)
