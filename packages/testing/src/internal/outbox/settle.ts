import { describe, expect } from "@effect/vitest"
import * as DeadLetters from "@millrace/core/DeadLetters"
import * as Effect from "effect/Effect"
import { chunk, dead, ios, parcel, settlement, waiting } from "./entries.ts"
import type { Promises } from "./promise.ts"

/** The promises of a settlement. */
export const settlePromises = (promises: Promises): void => {
  describe("settle", () => {
    promises(
      "keeps a part settled and the attempts made on the rest",
      Effect.fnUntraced(function* (outbox) {
        const events = Array.from({ length: 19 }, (_, i) => `${i}`)
        yield* outbox.append(chunk([parcel(ios, ...events)]))
        yield* outbox.settle([settlement(1, { delivered: [0, 3, 8], dead: [dead(17)], attempts: 2 })])
        yield* outbox.settle([settlement(1, { delivered: [18], attempts: 3 })])
      }),
      Effect.fnUntraced(function* (outbox) {
        const [kept] = yield* outbox.take(ios, 0, 1_000)
        expect(kept && waiting(kept)).toEqual([1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16])
        expect(kept?.attempts).toBe(3)
        yield* outbox.settle([settlement(1, { attempts: 9 })])
      }),
      Effect.fnUntraced(function* (outbox) {
        const [kept] = yield* outbox.take(ios, 0, 1_000)
        expect(kept && waiting(kept)).toHaveLength(14)
        expect(kept?.attempts).toBe(9)
      })
    )

    promises(
      "counts an event once, however often and in whatever way it is settled",
      Effect.fnUntraced(function* (outbox) {
        yield* outbox.append(chunk([parcel(ios, "a", "b", "c")]))
        yield* outbox.settle([settlement(1, { delivered: [0, 0], dead: [dead(0), dead(1), dead(1)] })])
        yield* outbox.settle([
          settlement(1, { delivered: [0, 1] }),
          settlement(1, { dead: [dead(0), dead(1)] })
        ])
      }),
      Effect.fnUntraced(function* (outbox) {
        const { routes } = yield* outbox.ledger
        expect(routes["crm"]).toMatchObject({
          delivered: { ios: 1 },
          waiting: { ios: 1 },
          dead: { "bad-request": 1 }
        })
        expect(yield* DeadLetters.all(outbox.store)).toHaveLength(1)
      })
    )

    promises(
      "lets go of a parcel when all its events are settled, and passes over settlements of what is gone",
      Effect.fnUntraced(function* (outbox) {
        yield* outbox.append(chunk([parcel(ios, "a", "b")]))
        yield* outbox.settle([settlement(1, { delivered: [0] }), settlement(1, { dead: [dead(1)] })])
        expect(yield* outbox.take(ios, 0, 1_000)).toEqual([])
      }),
      Effect.fnUntraced(function* (outbox) {
        yield* outbox.settle([settlement(1, { delivered: [0, 1] }), settlement(99, { delivered: [0] })])
        expect(yield* outbox.take(ios, 0, 1_000)).toEqual([])
        expect(yield* outbox.ledger).toMatchObject({
          routes: { crm: { read: 2, delivered: { ios: 1 }, waiting: {}, dead: { "bad-request": 1 } } }
        })
      })
    )

    promises(
      "passes over positions that a parcel does not have",
      Effect.fnUntraced(function* (outbox) {
        yield* outbox.append(chunk([parcel(ios, "a", "b")]))
        yield* outbox.settle([settlement(1, { delivered: [0, 2, 7, 8, -1], dead: [dead(5)] })])
        expect((yield* outbox.ledger).routes["crm"]).toMatchObject({
          delivered: { ios: 1 },
          waiting: { ios: 1 },
          dead: {}
        })
      })
    )
  })
}
