/** An operator's pause while nobody runs. */
import { assert, describe, it } from "@effect/vitest"
import { Outbox, OutboxMemory, Source } from "@millrace/core"
import * as Effect from "effect/Effect"
import { fromOutbox } from "../src/Operations.ts"

const key = { route: "crm", lane: "web" }
const definition = { sources: { default: Source.fromArray([]) }, routes: [] }

const gates = [
  { open: false, reason: "unauthorized", since: 3_000, notBefore: 9_000 },
  { open: false, reason: "throttled", since: 3_000, notBefore: 9_000 }
]

describe("a lane that is paused while nobody runs", () => {
  it.effect("is afterwards as it was before, however often it was paused", () =>
    Effect.gen(function* () {
      const outbox = yield* Outbox.Outbox
      const { pause } = fromOutbox(outbox, { definition, store: OutboxMemory.store })
      const gate = Effect.map(outbox.lanes, ([lane]) => lane?.gate)
      for (const before of gates) {
        yield* outbox.setGate(key, before)
        assert.isTrue(yield* pause(key, true))
        assert.isTrue(yield* pause(key, true))
        assert.deepInclude(yield* gate, { open: false, reason: "paused", former: before })
        assert.isTrue(yield* pause(key, false))
        assert.deepStrictEqual(yield* gate, before)
        assert.isTrue(yield* pause(key, false))
        assert.deepStrictEqual(yield* gate, before)
      }
      yield* outbox.setGate(key, { open: true, reason: "", since: 1, notBefore: 0 })
      yield* pause(key, true)
      yield* pause(key, false)
      assert.deepInclude(yield* gate, { open: true, reason: "", notBefore: 0 })
    }).pipe(Effect.provide(OutboxMemory.layer))
  )
})
