import { describe, expect } from "@effect/vitest"
import * as DeadLetters from "@millrace/core/DeadLetters"
import type { DeadLetterFilter } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { buried, chunk, dead, ios, parcel, settlement, web } from "./outboxEntries.ts"
import type { Owner } from "./outboxOwner.ts"

type Store = Owner
type Step = (outbox: Store) => Effect.Effect<unknown, unknown, Scope.Scope>

const enough = 1024 * 1024

const textOf = (record: Uint8Array) => new TextDecoder().decode(record)

/** Two lanes and a bad record, of two reasons, at three times. */
const several = Effect.fnUntraced(function* (outbox: Store) {
  yield* outbox.append(chunk([parcel(ios, "a", "b", "c"), parcel(web, "d", "e")]))
  yield* outbox.settle([settlement(1, { dead: [dead(0), dead(1)], at: 2_000 })])
  yield* outbox.settle([settlement(2, { dead: [dead(0), dead(1, "expired", "")], at: 3_000 })])
  yield* outbox.append(chunk([], { buried: [buried("f", ["crm", "audit"])], at: 4_000 }))
  yield* outbox.settle([settlement(1, { dead: [dead(2, "expired", "")], at: 4_000 })])
})

/** The records that a filter finds, and their heads, which have to be of the same letters. */
const found = Effect.fnUntraced(function* (outbox: Store, filter: DeadLetterFilter) {
  const { letters } = yield* outbox.deadLetters(filter, 0, enough)
  const { letters: heads } = yield* outbox.deadLetterHeads(filter, 0, enough)
  expect(heads).toEqual(letters.map(({ record: _, codec: __, parameter: ___, ...head }) => head))
  return letters.map(({ record }) => textOf(record)).join("")
})

/** The promises of what reads dead letters. */
export const deadLetterPromises = (
  promises: (promise: string, ...steps: ReadonlyArray<Step>) => void
): void => {
  describe("dead letters are read", () => {
    promises(
      "by what their heads tell",
      several,
      Effect.fnUntraced(function* (outbox) {
        expect(yield* found(outbox, {})).toBe("abdeffc")
        expect(yield* found(outbox, { route: "audit" })).toBe("f")
        expect(yield* found(outbox, { lane: "web" })).toBe("de")
        expect(yield* found(outbox, { lane: "" })).toBe("ff")
        expect(yield* found(outbox, { reason: "expired" })).toBe("ec")
        expect(yield* found(outbox, { from: 3_000 })).toBe("deffc")
        expect(yield* found(outbox, { to: 3_000 })).toBe("ab")
        expect(yield* found(outbox, { from: 3_000, to: 4_000, reason: "bad-request" })).toBe("d")
        const ids = (yield* DeadLetters.all(outbox.store)).map(({ id }) => id)
        expect(yield* found(outbox, { ids: [ids[4]!, ids[1]!, 4_000_000] })).toBe("bf")
        expect(yield* found(outbox, { ids: [] })).toBe("")
        expect(yield* found(outbox, { ids: [ids[1]!], route: "audit" })).toBe("")
      })
    )

    promises(
      "forward by id, as many as fit, and one at least",
      several,
      Effect.fnUntraced(function* (outbox) {
        const read = Effect.fnUntraced(function* (filter: DeadLetterFilter, bytes: number) {
          const pages: Array<string> = []
          for (let after: number | undefined = 0; after !== undefined; ) {
            const page: Effect.Success<ReturnType<Store["deadLetters"]>> = yield* outbox.deadLetters(
              filter,
              after,
              bytes
            )
            pages.push(page.letters.map(({ record }) => textOf(record)).join(""))
            after = page.after
          }
          return pages.filter((page) => page !== "")
        })
        expect(yield* read({}, 1)).toEqual(["a", "b", "d", "e", "f", "f", "c"])
        expect(yield* read({ reason: "expired" }, 1)).toEqual(["e", "c"])
        const { letters } = yield* outbox.deadLetters({}, 0, enough)
        const last = letters.at(-1)!.id
        expect((yield* outbox.deadLetters({}, last, enough)).letters).toEqual([])
        expect((yield* outbox.deadLetterHeads({}, letters[3]!.id, enough)).letters).toHaveLength(3)
      })
    )

    promises(
      "by the bytes of their records; heads are found without these",
      Effect.fnUntraced(function* (outbox) {
        const large = "x".repeat(enough / 2 - 2_000)
        const record = buried(large, ["crm"])
        yield* outbox.append(chunk([], { buried: Array.from({ length: 5 }, () => record) }))
        const detailed = { ...buried("", ["crm"]), detail: "y".repeat(enough / 2) }
        yield* outbox.append(chunk([], { buried: [detailed, detailed, detailed] }))
      }),
      Effect.fnUntraced(function* (outbox) {
        const first = yield* outbox.deadLetters({}, 0, enough)
        expect(first.letters).toHaveLength(2)
        expect(first.after).toBe(first.letters[1]!.id)
        const heads = yield* outbox.deadLetterHeads({}, 0, enough)
        expect(heads.letters).toHaveLength(5)
        expect(heads.letters[0]).not.toHaveProperty("record")
        expect(heads.letters[0]).toMatchObject({ length: enough / 2 - 2_000, kept: enough / 2 - 2_000 })
        const next = yield* outbox.deadLetterHeads({}, heads.after!, enough)
        expect(next.letters).toHaveLength(1)
      })
    )

    promises(
      "to the end, however many the filter passes over",
      Effect.fnUntraced(function* (outbox) {
        const many = Array.from({ length: 1_000 }, () => buried("x", ["crm"]))
        for (let i = 0; i < 5; i++) yield* outbox.append(chunk([], { buried: many }))
        yield* outbox.append(chunk([], { buried: [{ ...buried("last", ["crm"]), reason: "too-large" }] }))
      }),
      Effect.fnUntraced(function* (outbox) {
        let heads = 0
        yield* DeadLetters.forEachHead(outbox.store, { reason: "too-large" }, ({ length }) =>
          Effect.sync(() => {
            heads += length
          })
        )
        expect(heads).toBe(1)
        expect(yield* DeadLetters.all(outbox.store)).toHaveLength(5_001)
      })
    )
  })
}
