import { assert, describe, it } from "@effect/vitest"
import { DeadLetters, Exporter, Ledger, Outbox, OutboxMemory, Source } from "@millrace/core"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Remote from "./support/remote.ts"
import * as Time from "./support/time.ts"

/** Records that nothing here reads: as JSON, as a part of other ids, and as strings of Avro. */
const texts = ['{"id":"ada"}', '{"id":"adamant"}', "\u0006ada\u0002x", "\u0006bob\u0002x", '{"id":"nevada"}']

const records = () => {
  const parts = texts.map((text) => new TextEncoder().encode(text))
  let end = 0
  const ends = Uint32Array.from(parts, (part) => (end += part.length))
  return { codec: "of-another-source/1", parameter: "", bytes: Buffer.concat(parts), ends }
}

describe("erasing a user", () => {
  it.effect("reaches lanes that are gone, and records and dead letters that nothing reads", () =>
    Effect.gen(function* () {
      const outbox = yield* Outbox.Outbox
      yield* outbox.append({
        origin: { source: "default", split: "", position: "" },
        at: 0,
        parcels: [{ route: "crm", lane: "gone", records: records() }],
        buried: texts.map((text) => ({
          routes: ["crm"],
          reason: "malformed",
          detail: "",
          record: new TextEncoder().encode(text),
          codec: "",
          parameter: ""
        })),
        counts: [{ route: "crm", kind: "read", key: "", events: 2 * texts.length }]
      })
      const definition = Exporter.from(Source.fromArray(Remote.events(0)))
        .route("crm")
        .to(Remote.destination(Remote.make()))
      const running = yield* Exporter.start(definition, { follow: true })
      const erasing = yield* Effect.forkChild(running.erase("ada"), { startImmediately: true })
      yield* Time.pass("1 second")
      assert.deepStrictEqual(yield* Fiber.join(erasing), { events: 2, letters: 2 })
      const left = yield* DeadLetters.all(outbox)
      assert.deepStrictEqual(
        left.map(({ record }) => new TextDecoder().decode(record)),
        [texts[1], texts[3], texts[4]]
      )
      const [parcel] = yield* outbox.take({ route: "crm", lane: "gone" }, 0, 1_000)
      const text = new TextDecoder().decode(parcel?.records.bytes)
      assert.strictEqual(text.replaceAll("\0", ""), [texts[1], texts[3], texts[4]].join(""))
      assert.deepStrictEqual(Ledger.imbalance(yield* running.ledger), [])
    }).pipe(Effect.scoped, Effect.provide(OutboxMemory.layer))
  )
})
