/** A primary and its synchronous standby, as an operator has them: the primary dies, the standby takes its place. */
import { assert, describe, it } from "@effect/vitest"
import * as Ledger from "@millrace/core/Ledger"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import { chunk, delivered, leaseOf, parcel, track } from "./support/entries.ts"
import { newSchema, opened, sql } from "./support/place.ts"
import * as Relay from "./support/relay.ts"
import * as Server from "./support/server.ts"

describe.skipIf(!Server.isThere)(Server.title("a PostgreSQL server with a standby"), () => {
  it.live(
    "is followed to the standby without a restart: what was told as stored is there, once, and the ledger balances",
    () =>
      Effect.gen(function* () {
        const primary = yield* Server.start({ settings: ["synchronous_standby_names=standby"] })
        yield* primary.stop
        const beginning = yield* Effect.forkChild(primary.start)
        const standby = yield* Server.start({ standbyOf: primary })
        yield* Fiber.join(beginning)
        // The name by which exporters know the primary leads to another host afterwards.
        const name = { port: primary.port }
        const way = yield* Relay.make(name)
        const said: Array<string> = []
        const logger = Logger.make(({ message }) => void said.push(String(message)))
        yield* Effect.gen(function* () {
          const outbox = yield* opened(way, { schema: newSchema(), lease: 10_000, renew: 500 })
          const stored: Array<string> = []
          const store = (from: number, to: number) =>
            Effect.forEach(
              Array.from({ length: to - from }, (_, index) => `event ${from + index}`),
              (text) =>
                Effect.tap(
                  outbox.append(chunk([parcel(track(0), text)], { remember: [text], unseenSince: 0 })),
                  () => Effect.sync(() => stored.push(text))
                ),
              { concurrency: 4 }
            )
          yield* store(0, 100)
          const { token } = yield* leaseOf(outbox, track(0))
          const [first] = yield* outbox.take(track(0), 0, 1)
          yield* outbox.settle([delivered(first!.sequence, 0)], token)

          const storing = yield* Effect.forkChild(store(100, 200))
          while (stored.length < 120) yield* Effect.sleep(1)
          yield* primary.kill
          // First it leads to a standby that takes no changes yet.
          name.port = standby.port
          // Sleeps, since what must not happen meanwhile is that something is stored, or refused.
          yield* Effect.sleep("3 seconds")
          assert.isBelow(stored.length, 200)
          yield* sql(standby, "select pg_promote()")
          yield* Fiber.join(storing)

          assert.lengthOf(stored, 200)
          const kept = (yield* outbox.take(track(0), 0, 1_000_000)).map(({ records }) =>
            Buffer.from(records.bytes).toString()
          )
          assert.deepStrictEqual(kept.sort(), stored.slice(1).sort())
          const ledger = yield* outbox.ledger
          assert.deepStrictEqual(Ledger.imbalance(ledger), [])
          assert.deepStrictEqual(ledger.routes["crm"]?.waiting, { ios: 199 })
          // Nobody else came, so that the lease is the one of before.
          const [second] = yield* outbox.take(track(0), first!.sequence, 1)
          assert.isAbove(yield* outbox.settle([delivered(second!.sequence, 0)], token), 0)
        }).pipe(Effect.provide(Logger.layer([logger])))
        assert.match(said.join("\n"), /is away .*\n.*answers again/)
      }),
    60_000
  )
})
