import { assert, describe, it } from "@effect/vitest"
import { Ledger } from "@millrace/core"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Program from "./support/program.ts"
import * as Receiver from "./support/receiver.ts"

const kills = 4
const senders = 4
/** What is in flight at a kill is likely to be in each state there is, from half sent to half answered. */
const size = 100

describe("kill -9 of the exporter", () => {
  it.live("while requests come loses nothing that was answered 2xx", () =>
    Effect.gen(function* () {
      const { delivered, start } = yield* Program.make
      const answered: Array<string> = []
      let batches = 0
      let unanswered = 0

      /** As Braze does: what was not answered is sent again, with the same ids, and the next only then. */
      const sender = Effect.fnUntraced(function* (
        left: { body: ReturnType<typeof Receiver.events> | undefined },
        port: number
      ) {
        for (;;) {
          left.body ??= Receiver.events(size, `batch-${batches++}`)
          const { status } = yield* Receiver.post(port, { events: left.body })
          if (status === 200) {
            answered.push(...left.body.map(({ id }) => id))
            left.body = undefined
          } else if (status === 0) {
            unanswered++
            return
          }
        }
      })
      const lefts = Array.from({ length: senders }, () => ({ body: undefined }))

      for (let kill = 0; kill < kills; kill++) {
        const program = yield* start
        const before = answered.length
        const killing = Effect.gen(function* () {
          yield* Receiver.until(() => answered.length >= before + 10 * size)
          // Sleeps, since a kill may come at any moment.
          yield* Effect.sleep(yield* Random.nextIntBetween(0, 30))
          program.kill("SIGKILL")
        })
        yield* Effect.all([killing, ...lefts.map((left) => sender(left, program.port))], {
          concurrency: "unbounded",
          discard: true
        })
        assert.strictEqual((yield* program.ended).signal, "SIGKILL")
      }
      assert.isAtLeast(unanswered, kills)

      const last = yield* start
      yield* Receiver.until(() => {
        const got = new Set(delivered())
        return answered.every((id) => got.has(id))
      })
      last.kill("SIGTERM")
      // What was stored and not answered, and will come again, may wait still.
      assert.include([0, 3], (yield* last.ended).code)
      const ledger = last.ledger()
      assert.deepStrictEqual(Ledger.imbalance(ledger), [])
      const { read } = ledger.routes["all"]!
      assert.isAtLeast(read, answered.length)
      assert.isAtMost(read, answered.length + unanswered * size)
      assert.strictEqual(read, Ledger.total(ledger, "delivered") + Ledger.total(ledger, "waiting"))
      assert.notInclude(last.said(), Receiver.token)
    })
  )
})
