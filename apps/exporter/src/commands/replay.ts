/**
 * `millrace replay`: a range of the past, read again for one route, also beside a running exporter.
 */
import type { Past } from "@millrace/core/Running"
import * as Access from "@millrace/operations/Access"
import { number } from "@millrace/operations/Text"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { InputError } from "../exitCode.ts"
import { configArgument, load } from "../load.ts"
import * as Terminal from "../terminal.ts"

export const replay = Command.make(
  "replay",
  {
    config: configArgument,
    route: Flag.String("route").pipe(Flag.withDescription("The route to read for")),
    from: Flag.Date("from").pipe(
      Flag.optional,
      Flag.withDescription("Events that happened at this time or later, such as 2026-11-01")
    ),
    to: Flag.Date("to").pipe(Flag.optional, Flag.withDescription("Events that happened before this time")),
    all: Flag.Boolean("all").pipe(
      Flag.withDefault(false),
      Flag.withDescription("The whole past, without --from and --to")
    ),
    types: Flag.String("types").pipe(
      Flag.atLeast(0),
      Flag.withDescription('Event types by name or wildcard, such as "users.messages.*"; may be repeated')
    ),
    as: Flag.String("as").pipe(
      Flag.optional,
      Flag.withDescription("Derive new ids from this text: for a corrected mapping")
    ),
    erased: Flag.Boolean("erased").pipe(
      Flag.withDefault(false),
      Flag.withDescription(
        "Also events of users that were erased with `lanes purge --user` since they happened"
      )
    )
  },
  Effect.fnUntraced(function* ({ config, route, from, to, all, types, as, erased }) {
    if (!all && Option.isNone(from) && Option.isNone(to)) {
      return yield* new InputError({
        message: "say which range of the past to send again with --from, --to or both, or --all"
      })
    }
    const loaded = yield* load(config)
    const past: Past = {
      route,
      ...Option.match(from, { onNone: () => ({}), onSome: (date) => ({ from: date.getTime() }) }),
      ...Option.match(to, { onNone: () => ({}), onSome: (date) => ({ to: date.getTime() }) }),
      ...(types.length === 0 ? {} : { types }),
      ...Option.match(as, { onNone: () => ({}), onSome: (text) => ({ as: text }) }),
      ...(erased ? { erased } : {})
    }
    const print = (text: string) => Effect.sync(() => Terminal.print(text))
    yield* print(
      past.as === undefined
        ? "The events keep their ids: mParticle ignores ids that it took in the last 30 to 60 days. --as gives new ones."
        : `The events get new ids, derived from their own and "${past.as}": the same text gives the same ids.`
    )
    const events = yield* Access.use(loaded, (operations) => operations.replayPast(past))
    yield* print(
      events === 0
        ? "nothing was read: no event is in this range, or the same replay has been done before"
        : `${number(events)} events were read again for route ${route}; millrace status shows what became of them`
    )
  })
).pipe(
  Command.withDescription(
    "Read a range of the past again for one route, also beside a running exporter. Interrupted, the same command goes on where it stopped"
  )
)
