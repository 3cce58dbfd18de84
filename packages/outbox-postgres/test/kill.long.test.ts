import { assert, describe, it } from "@effect/vitest"
import * as Ledger from "@millrace/core/Ledger"
import * as OutboxRules from "@millrace/core/OutboxRules"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import { chunk, delivered, parcel, track } from "./support/entries.ts"
import { opened } from "./support/place.ts"
import * as Server from "./support/server.ts"

const tracks = [0, 1, 2, 3]
const events = 20

describe.skipIf(!Server.isThere)(Server.title("a PostgreSQL server that is killed"), () => {
  it.live(
    "loses nothing that was told as stored, and stores nothing twice",
    () =>
      Effect.gen(function* () {
        const server = yield* Server.start()
        const [writer, settler] = [yield* opened(server), yield* opened(server)]
        let told = 0
        let isOver = false
        let settled = 0
        const writing = Effect.gen(function* () {
          while (!isOver) {
            const texts = Array.from({ length: events }, (_, i) => `${told} ${i}`)
            yield* writer.append(
              chunk(
                tracks.map((one) => parcel(track(one), ...texts)),
                {
                  advance: { split: "a", after: told === 0 ? undefined : String(told), to: String(told + 1) }
                }
              )
            )
            told++
          }
        })
        const positions = Array.from({ length: events }, (_, i) => i)
        const settling = Effect.gen(function* () {
          while (!isOver) {
            yield* Effect.scoped(
              Effect.gen(function* () {
                const leases = yield* settler.lease(
                  tracks.map((one) => OutboxRules.trackLease(track(one))),
                  4
                )
                for (const [index, one] of tracks.entries()) {
                  const parcels = yield* settler.take(track(one), 0, 3_000)
                  const done = parcels.map(({ sequence }) => delivered(sequence, ...positions))
                  const token = leases[index]?.token
                  if (token === undefined || done.length === 0) continue
                  yield* settler.settle(done, token)
                  settled += done.length * events
                }
              })
            )
          }
        })
        const fibers = yield* Effect.all([Effect.forkChild(writing), Effect.forkChild(settling)])
        for (let kill = 0; kill < 5; kill++) {
          const before = told
          while (told < before + 15) yield* Effect.sleep(20)
          yield* server.kill
          yield* server.start
        }
        isOver = true
        for (const fiber of fibers) yield* Fiber.join(fiber)

        assert.deepStrictEqual(yield* writer.checkpoint("default", "a"), Option.some(String(told)))
        const ledger = yield* writer.ledger
        assert.deepStrictEqual(Ledger.imbalance(ledger), [])
        const counts = ledger.routes["crm"]
        assert.strictEqual(counts?.read, told * tracks.length * events)
        assert.deepStrictEqual(counts?.delivered, { ios: settled })
        let waiting = 0
        for (const one of tracks) {
          const parcels = yield* writer.take(track(one), 0, 100_000_000)
          waiting += parcels.length * events
          const chunks = parcels.map(({ records }) =>
            Buffer.from(records.bytes.subarray(0, records.ends[0])).toString()
          )
          assert.strictEqual(new Set(chunks).size, chunks.length)
        }
        assert.strictEqual(Ledger.sum(counts?.waiting ?? {}), waiting)
      }),
    120_000
  )
})
