import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { advancing, chunk } from "./entries.ts"
import type { Promises, Store } from "./promise.ts"

const hour = 60 * 60 * 1000

const advance = (outbox: Store, split: string, after: string | undefined, to: string, source = "files") =>
  outbox.append(advancing(chunk([], { origin: { source, split, position: "" } }), after, to))

/** All pages, in the order of their splits. */
const known = Effect.fnUntraced(function* (outbox: Store, source: string, day: number) {
  const found: Array<readonly [string, number]> = []
  let after: string | undefined
  do {
    const page = yield* outbox.splits(source, day, after)
    found.push(...page.splits.map(({ split, day }) => [split, day] as const))
    after = page.after
  } while (after !== undefined)
  return found.sort(([left], [right]) => (left < right ? -1 : 1))
})

/** Counts so many days of a source. */
const watch = Effect.fnUntraced(function* (outbox: Store, source: string, days: number) {
  const { days: before } = yield* outbox.looks(source)
  for (let day = before + 1; day <= before + days; day++) yield* outbox.looked(source, day * 24 * hour)
})

/** The promises of what forgets checkpoints. */
export const splitPromises = (promises: Promises): void => {
  describe("splits that are gone", () => {
    promises(
      "are told by the days on which their source was looked through, of which a clock makes no more than one at a time",
      Effect.fnUntraced(function* (outbox) {
        expect(yield* outbox.looks("files")).toEqual({ days: 0, at: 0 })
        yield* outbox.looked("files", 1000 * hour)
        yield* outbox.looked("files", 1001 * hour)
      }),
      Effect.fnUntraced(function* (outbox) {
        expect(yield* outbox.looks("files")).toEqual({ days: 1, at: 1000 * hour })
        yield* outbox.looked("files", 1024 * hour)
        expect(yield* outbox.looks("files")).toEqual({ days: 2, at: 1024 * hour })
        // A year ahead, and back again.
        yield* outbox.looked("files", 10_000 * hour)
        expect(yield* outbox.looks("files")).toEqual({ days: 3, at: 10_000 * hour })
        yield* outbox.looked("files", 1030 * hour)
        expect(yield* outbox.looks("files")).toEqual({ days: 3, at: 1030 * hour })
        yield* outbox.looked("files", 1054 * hour)
        expect(yield* outbox.looks("files")).toEqual({ days: 4, at: 1054 * hour })
      }),
      Effect.fnUntraced(function* (outbox) {
        expect(yield* outbox.looks("files")).toEqual({ days: 4, at: 1054 * hour })
        expect(yield* outbox.looks("others")).toEqual({ days: 0, at: 0 })
      })
    )

    promises(
      "are known by the day on which their checkpoint was set or confirmed last",
      Effect.fnUntraced(function* (outbox) {
        yield* advance(outbox, "old", undefined, "1")
        yield* advance(outbox, "old", undefined, "1", "others")
        yield* watch(outbox, "files", 2)
        yield* advance(outbox, "new", undefined, "1")
        yield* advance(outbox, "confirmed", undefined, "1")
        yield* watch(outbox, "files", 1)
      }),
      Effect.fnUntraced(function* (outbox) {
        expect(yield* known(outbox, "files", 3)).toEqual([
          ["confirmed", 2],
          ["new", 2],
          ["old", 0]
        ])
        expect(yield* known(outbox, "files", 1)).toEqual([["old", 0]])
        yield* outbox.confirm("files", ["confirmed", "unknown"])
        yield* advance(outbox, "old", "1", "2")
      }),
      Effect.fnUntraced(function* (outbox) {
        expect(yield* known(outbox, "files", 2)).toEqual([["new", 2]])
        expect(yield* known(outbox, "files", 3)).toHaveLength(3)
        expect(yield* known(outbox, "others", 0)).toEqual([["old", 0]])
        expect(yield* outbox.checkpoint("files", "unknown")).toEqual(Option.none())
      })
    )

    promises(
      "are forgotten alone, unless something is known of them since",
      Effect.fnUntraced(function* (outbox) {
        for (const split of ["gone", "back", "read"]) yield* advance(outbox, split, undefined, "1")
        yield* advance(outbox, "gone", undefined, "1", "others")
        yield* watch(outbox, "files", 5)
        yield* outbox.confirm("files", ["back"])
        yield* advance(outbox, "read", "1", "2")
        expect(yield* outbox.forget("files", ["gone", "back", "read", "unknown"], 4)).toBe(1)
        expect(yield* outbox.forget("files", ["gone"], 4)).toBe(0)
      }),
      Effect.fnUntraced(function* (outbox) {
        expect(yield* outbox.checkpoint("files", "gone")).toEqual(Option.none())
        expect(yield* outbox.checkpoint("files", "back")).toEqual(Option.some("1"))
        expect(yield* outbox.checkpoint("files", "read")).toEqual(Option.some("2"))
        expect(yield* outbox.checkpoint("others", "gone")).toEqual(Option.some("1"))
        // A reader that had begun behind it.
        expect((yield* Effect.flip(advance(outbox, "gone", "1", "2"))).reason).toBe("Overtaken")
        yield* advance(outbox, "gone", undefined, "1")
        expect(yield* known(outbox, "files", 5)).toContainEqual(["gone", 5])
      })
    )

    promises(
      "are all found, however many there are",
      Effect.fnUntraced(function* (outbox) {
        const splits = Array.from({ length: 600 }, (_, index) => `${index}.avro`)
        yield* Effect.forEach(splits, (split) => advance(outbox, split, undefined, "1"), {
          concurrency: "unbounded",
          discard: true
        })
        expect((yield* known(outbox, "files", 0)).map(([split]) => split)).toEqual([...splits].sort())
        yield* watch(outbox, "files", 1)
        expect(yield* outbox.forget("files", splits, 0)).toBe(600)
        expect(yield* known(outbox, "files", 1)).toEqual([])
      })
    )
  })
}
