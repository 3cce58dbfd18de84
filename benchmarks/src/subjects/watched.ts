/**
 * The exporter, run to its end, with the highest resident memory of each part of the way: `--parts 10` tells it for
 * every tenth of the input.
 */
import process from "node:process"
import { Exporter, Ledger, type Running } from "@millrace/core"
import * as Effect from "effect/Effect"
import { tell } from "../tell.ts"
import { destination, expectSettled, exporterTo, outbox } from "./exporter.ts"
import { given } from "./given.ts"

const parts = Number(given.parts)
const resident: Array<number> = Array.from({ length: parts }, () => 0)

const look = Effect.fnUntraced(function* ({ progress }: Running.Running) {
  const { consumed, expected } = yield* progress
  const part = expected === 0 ? 0 : Math.min(parts - 1, Math.floor((parts * consumed) / expected))
  resident[part] = Math.max(resident[part]!, process.memoryUsage.rss())
})

const program = Effect.scoped(
  Effect.gen(function* () {
    const running = yield* Exporter.start(exporterTo(destination))
    yield* Effect.forkScoped(Effect.forever(Effect.andThen(look(running), Effect.sleep(50))))
    return yield* running.ended
  })
)

const { ledger } = await Effect.runPromise(Effect.provide(program, outbox))
expectSettled(ledger)
const read = Object.values(ledger.routes).reduce((events, route) => events + route.read, 0)
tell({ resident, read, waiting: Ledger.total(ledger, "waiting") })
