import { describe, expect } from "@effect/vitest"
import * as DeadLetters from "@millrace/core/DeadLetters"
import * as Ledger from "@millrace/core/Ledger"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { advancing, buried, chunk, ios, parcel, settlement, texts, web } from "./entries.ts"
import type { Promises } from "./promise.ts"

/** The promises of an append. */
export const appendPromises = (promises: Promises): void => {
  describe("append", () => {
    promises(
      "keeps a chunk's parcels, buried records, counts and checkpoint together",
      (outbox) => {
        const entry = chunk([parcel(ios, "a", "b"), parcel(web, "c")], { buried: [buried("{", ["crm"])] })
        const filtered = { route: "crm", kind: "filtered", key: "not-selected", events: 3 } as const
        const read = { route: "crm", kind: "read", key: "", events: 3 } as const
        return outbox.append(
          advancing({ ...entry, counts: [...entry.counts, filtered, read] }, undefined, "10")
        )
      },
      Effect.fnUntraced(function* (outbox) {
        expect((yield* outbox.take(ios, 0, 1_000)).map(({ records }) => texts(records))).toEqual([["a", "b"]])
        expect((yield* outbox.take(web, 0, 1_000)).map(({ records }) => texts(records))).toEqual([["c"]])
        expect(yield* DeadLetters.all(outbox.store)).toHaveLength(1)
        expect(yield* outbox.checkpoint("default", "a.ndjson")).toEqual(Option.some("10"))
        expect(yield* outbox.ledger).toEqual({
          routes: {
            crm: {
              read: 7,
              filtered: { "not-selected": 3 },
              skipped: {},
              delivered: {},
              waiting: { ios: 2, web: 1 },
              dead: { malformed: 1 }
            }
          }
        })
      })
    )

    promises(
      "gives every parcel a sequence beyond all earlier ones, also when nothing is left of those",
      Effect.fnUntraced(function* (outbox) {
        const [first, second] = yield* outbox.append(chunk([parcel(ios, "a"), parcel(web, "b")]))
        const [third] = yield* outbox.append(chunk([parcel(ios, "c")]))
        expect([first, second, third]).toEqual([1, 2, 3])
        yield* outbox.settle([1, 2, 3].map((sequence) => settlement(sequence, { delivered: [0] })))
      }),
      Effect.fnUntraced(function* (outbox) {
        expect(yield* outbox.append(chunk([parcel(web, "d")]))).toEqual([4])
        expect(yield* outbox.take(ios, 0, 1_000)).toEqual([])
      })
    )

    promises(
      "refuses a reader that was overtaken and keeps nothing of its chunk, which may be tried again",
      Effect.fnUntraced(function* (outbox) {
        yield* outbox.append(advancing(chunk([parcel(ios, "a")]), undefined, "10"))
        const before = yield* outbox.ledger
        const late = chunk([parcel(ios, "b"), parcel(web, "c")], { buried: [buried("{", ["crm"])] })
        for (const after of [undefined, "9"]) {
          const error = yield* Effect.flip(outbox.append(advancing(late, after, "20")))
          expect(error.reason).toBe("Overtaken")
          expect(error.detail).toContain("a.ndjson")
        }
        expect(yield* outbox.ledger).toEqual(before)
        expect(yield* DeadLetters.all(outbox.store)).toEqual([])
        expect(yield* outbox.take(ios, 0, 1_000)).toHaveLength(1)
        expect(yield* outbox.take(web, 0, 1_000)).toEqual([])
        expect(yield* outbox.checkpoint("default", "a.ndjson")).toEqual(Option.some("10"))
        yield* outbox.append(advancing(late, "10", "20"))
      }),
      Effect.fnUntraced(function* (outbox) {
        expect(yield* outbox.checkpoint("default", "a.ndjson")).toEqual(Option.some("20"))
        const [, second] = yield* outbox.take(ios, 0, 1_000)
        expect(second && texts(second.records)).toEqual(["b"])
        expect(Ledger.imbalance(yield* outbox.ledger)).toEqual([])
      })
    )

    promises(
      "lets one of several readers of a split win, and fails none of its neighbours",
      Effect.fnUntraced(function* (outbox) {
        const readers = Array.from({ length: 8 }, (_, i) =>
          advancing(chunk([parcel(ios, `reader ${i}`)]), undefined, `${i}`)
        )
        const neighbours = Array.from({ length: 8 }, (_, i) => chunk([parcel(web, `neighbour ${i}`)]))
        const exits = yield* Effect.forEach(
          readers.flatMap((reader, i) => [reader, neighbours[i]!]),
          (entry) => Effect.exit(outbox.append(entry)),
          { concurrency: "unbounded" }
        )
        expect(exits.filter((exit) => exit._tag === "Failure")).toHaveLength(7)
        expect(yield* outbox.take(ios, 0, 10_000)).toHaveLength(1)
        expect(yield* outbox.take(web, 0, 10_000)).toHaveLength(8)
        expect(Ledger.imbalance(yield* outbox.ledger)).toEqual([])
      })
    )

    promises(
      "keeps checkpoints by source and split",
      Effect.fnUntraced(function* (outbox) {
        const of = (source: string, split: string) => chunk([], { origin: { source, split, position: "" } })
        yield* outbox.append(advancing(of("one", "x"), undefined, "1"))
        yield* outbox.append(advancing(of("one", "y"), undefined, "2"))
        yield* outbox.append(advancing(of("two", "x"), undefined, "3"))
        yield* outbox.append(advancing(of("two", "x"), "3", "4"))
      }),
      Effect.fnUntraced(function* (outbox) {
        expect(yield* outbox.checkpoint("one", "x")).toEqual(Option.some("1"))
        expect(yield* outbox.checkpoint("one", "y")).toEqual(Option.some("2"))
        expect(yield* outbox.checkpoint("two", "x")).toEqual(Option.some("4"))
        expect(yield* outbox.checkpoint("two", "y")).toEqual(Option.none())
      })
    )

    promises(
      "has room at first",
      Effect.fnUntraced(function* (outbox) {
        expect(yield* outbox.full).toBe(false)
        yield* outbox.room
      })
    )
  })
}
