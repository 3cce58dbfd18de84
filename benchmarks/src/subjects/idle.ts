/**
 * The exporter following an archive in which nothing happens: the share of a processor that it takes, and how long a new
 * file waits until it is read.
 */
import process from "node:process"
import { Exporter, Ledger } from "@millrace/core"
import * as Effect from "effect/Effect"
import * as Archive from "../archive.ts"
import { tell } from "../tell.ts"
import { destination, exporterTo, outbox } from "./exporter.ts"
import { given } from "./given.ts"

/** Milliseconds of rest before, and of the measurement. */
const rest = 15_000
const measured = 60_000
const hours = Number(given.parts)
const files = Number(given.rounds)

const program = Effect.scoped(
  Effect.gen(function* () {
    const running = yield* Exporter.start(exporterTo(destination), { follow: true })
    const read = Effect.map(running.ledger, ({ routes }) => routes["mparticle"]?.read ?? 0)
    const until = Effect.fnUntraced(function* (events: number, pause: number) {
      while ((yield* read) < events) yield* Effect.sleep(pause)
    })
    yield* until(files, 500)
    yield* Effect.sleep(rest)
    const before = process.cpuUsage()
    yield* Effect.sleep(measured)
    const { user, system } = process.cpuUsage(before)
    let expected = files
    const delay = Effect.fnUntraced(function* (path: string) {
      const start = performance.now()
      Archive.put(given.input, path)
      expected++
      yield* until(expected, 5)
      const took = performance.now() - start
      yield* Effect.sleep(rest)
      return took / 1000
    })
    tell({
      share: (100 * (user + system)) / 1000 / measured,
      newHour: yield* delay(Archive.pathOf(7, hours, "new")),
      sameHour: yield* delay(Archive.pathOf(7, hours - 1, "new")),
      oldHour: yield* delay(Archive.pathOf(7, hours - 15, "new"))
    })
    const ledger = yield* running.ledger
    return Ledger.imbalance(ledger).length
  })
)

process.exit(await Effect.runPromise(Effect.provide(program, outbox)))
