import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { auditIos, chunk, ios, parcel, records, settlement, texts, web } from "./entries.ts"
import type { Promises } from "./promise.ts"

/** The promises of what reads parcels. */
export const takePromises = (promises: Promises): void => {
  describe("take", () => {
    promises(
      "gives a parcel back as it came: records, codec, parameter, origin and time",
      (outbox) => {
        const origin = { source: "export", split: "b/7.avro", position: "4096" }
        const same = records(["größer", "", "[1]"], "braze-avro/1", '{"type":"record"}')
        return outbox.append(
          chunk(
            [
              { ...ios, records: same },
              { ...auditIos, records: same },
              { ...ios, records: records(["b"], "event/1") }
            ],
            { origin, at: 1_700_000_000_000 }
          )
        )
      },
      Effect.fnUntraced(function* (outbox) {
        const expected = {
          records: records(["größer", "", "[1]"], "braze-avro/1", '{"type":"record"}'),
          origin: { source: "export", split: "b/7.avro", position: "4096" },
          appendedAt: 1_700_000_000_000,
          settled: new Uint8Array([0]),
          attempts: 0,
          damaged: false
        }
        expect(yield* outbox.take(ios, 0, 0)).toEqual([{ ...expected, sequence: 1 }])
        expect(yield* outbox.take(auditIos, 0, 0)).toEqual([{ ...expected, sequence: 2 }])
        const [other] = yield* outbox.take(ios, 1, 0)
        expect(other?.records).toEqual(records(["b"], "event/1"))
      })
    )

    promises(
      "reads forward by bytes, oldest first: at least one parcel, more while they fit; and removes nothing",
      (outbox) =>
        Effect.forEach(["1111111111", "22222", "33333", "44444"], (text) =>
          outbox.append(chunk([parcel(ios, text)]))
        ),
      Effect.fnUntraced(function* (outbox) {
        const sequences = (after: number, bytes: number) =>
          Effect.map(outbox.take(ios, after, bytes), (parcels) => parcels.map(({ sequence }) => sequence))
        expect(yield* sequences(0, 1)).toEqual([1])
        expect(yield* sequences(0, 14)).toEqual([1])
        expect(yield* sequences(0, 15)).toEqual([1, 2])
        expect(yield* sequences(0, 1_000)).toEqual([1, 2, 3, 4])
        expect(yield* sequences(1, 10)).toEqual([2, 3])
        expect(yield* sequences(3, 1_000)).toEqual([4])
        expect(yield* sequences(4, 1_000)).toEqual([])
        yield* outbox.settle([settlement(2, { delivered: [0] })])
        expect(yield* sequences(0, 1_000)).toEqual([1, 3, 4])
      })
    )

    promises(
      "keeps lanes apart, and routes",
      Effect.fnUntraced(function* (outbox) {
        const [first] = yield* outbox.append(
          chunk([parcel(ios, "a"), parcel(web, "b"), parcel(auditIos, "c")])
        )
        yield* outbox.settle([settlement(first!, { delivered: [0] })])
        yield* outbox.setGate(web, { open: false, reason: "paused", since: 5, notBefore: 0 })
        expect(yield* outbox.take(ios, 0, 1_000)).toEqual([])
        expect((yield* outbox.take(web, 0, 1_000)).map(({ records }) => texts(records))).toEqual([["b"]])
        expect((yield* outbox.take(auditIos, 0, 1_000)).map(({ records }) => texts(records))).toEqual([["c"]])
        expect(yield* outbox.take({ route: "none", lane: "ios" }, 0, 1_000)).toEqual([])
        const { routes } = yield* outbox.ledger
        expect(routes["crm"]?.delivered).toEqual({ ios: 1 })
        expect(routes["audit"]?.waiting).toEqual({ ios: 1 })
      })
    )
  })
}
