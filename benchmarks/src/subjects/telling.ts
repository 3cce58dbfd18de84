/**
 * The exporter, run to its end, with all telemetry there is: metrics and spans for a collector, the history of the page, and the page
 * of Prometheus every five seconds, three times as often as usual. With `--telemetry off` it has loaded the same modules, and tells
 * nobody anything: the two differ by what an event costs, and not by what a start costs.
 */
import * as History from "@millrace/admin/History"
import { Exporter, Observer, Outbox, OutboxMemory } from "@millrace/core"
import * as Operations from "@millrace/operations/Operations"
import * as Overview from "@millrace/operations/Overview"
import * as Telemetry from "@millrace/telemetry/Telemetry"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Collector from "../collector.ts"
import { destination, expectSettled, exporterTo, outbox } from "./exporter.ts"
import { fail, given } from "./given.ts"

const thresholds = { noSuccessFor: 60_000, waitingFor: 3_600_000, unreadableFor: 1000, unreadFor: 600_000 }
const url = await Collector.serve()
const tells = given.telemetry === "on"

const program = Effect.scoped(
  Effect.gen(function* () {
    const otlp = { url, headers: Effect.succeed({}), interval: 10_000 }
    const telemetry = yield* Telemetry.make({ exporter: "bench", version: "0", otlp })
    const history = History.make()
    const definition = exporterTo(destination)
    const running = yield* Exporter.start(definition).pipe(
      Effect.provideService(
        Observer.Observer,
        tells ? Observer.all([history.observe, telemetry.observe]) : undefined
      )
    )
    const target = { definition, store: OutboxMemory.store }
    const started = yield* Clock.currentTimeMillis
    const operations = Operations.fromRunning(running, yield* Outbox.Outbox, target, {
      started,
      follows: false
    })
    const watched = { definition, name: "bench", thresholds }
    const overview = Effect.flatMap(operations.status(), (status) =>
      Effect.map(Clock.currentTimeMillis, (now) => Overview.make(status, watched, now, { isRunning: true }))
    )
    const page = Effect.flatMap(overview, telemetry.prometheus)
    if (tells) {
      yield* telemetry.push(overview)
      yield* Effect.forkScoped(Effect.forever(Effect.andThen(page, Effect.sleep("5 seconds"))))
    }
    const { ledger } = yield* running.ended
    if ((yield* page).includes("millrace_attempt_seconds_count") !== tells)
      fail("attempts were not told as asked")
    return ledger
  })
)

expectSettled(await Effect.runPromise(Effect.provide(program, outbox)))
