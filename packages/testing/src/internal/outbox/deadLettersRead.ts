import { describe, expect } from "@effect/vitest"
import * as DeadLetters from "@millrace/core/DeadLetters"
import type { DeadLetterFilter } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"
import { buried, chunk, dead, ios, parcel, settlement, web } from "./entries.ts"
import type { Promises, Store } from "./promise.ts"

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
export const deadLetterReadingPromises = (promises: Promises): void => {
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
      "by what is kept of their events; those of which nothing is kept are found until somebody has read them",
      several,
      Effect.fnUntraced(function* (outbox) {
        const ids = (yield* DeadLetters.all(outbox.store)).map(({ id }) => id)
        const [a, b, d, e, f] = ids as [number, number, number, number, number]
        expect(yield* found(outbox, { unread: true })).toBe("abdeffc")
        expect(yield* found(outbox, { user: "u1", reason: "expired" })).toBe("ec")
        expect(yield* outbox.countDeadLetters({ user: "u1" }, 0)).toMatchObject({ letters: 0, unread: 7 })
        yield* outbox.keepKeys([
          { id: a, type: "users.Sent", eventId: "e-1", users: ["u1", "device"] },
          { id: b, type: "users.sent[0]?", eventId: "e-2", users: ["u2"] },
          { id: d, type: "users_Sent", eventId: "u1", users: ["u1"] },
          { id: e, type: "users.Sent", eventId: "e-3", users: [] },
          // Not an event at all.
          { id: f, type: "", eventId: "", users: [] },
          { id: 4_000_000, type: "users.Sent", eventId: "e-1", users: ["u1"] }
        ])
      }),
      Effect.fnUntraced(function* (outbox) {
        const ids = (yield* DeadLetters.all(outbox.store)).map(({ id }) => id)
        expect(yield* found(outbox, { unread: true })).toBe("fc")
        expect(yield* found(outbox, { unread: true, reason: "expired" })).toBe("c")
        expect(yield* found(outbox, { user: "u1" })).toBe("adfc")
        expect(yield* found(outbox, { user: "u1", lane: "web" })).toBe("d")
        expect(yield* found(outbox, { user: "u", reason: "bad-request" })).toBe("")
        expect(yield* found(outbox, { eventId: "u1", reason: "bad-request" })).toBe("d")
        expect(yield* found(outbox, { type: "users.Sent", to: 4_000 })).toBe("ae")
        expect(yield* found(outbox, { type: "users.*", to: 4_000 })).toBe("abe")
        expect(yield* found(outbox, { type: "users.sent[0]?", to: 4_000 })).toBe("b")
        expect(yield* found(outbox, { type: "*[0]*", to: 4_000 })).toBe("b")
        expect(yield* found(outbox, { type: "*", from: 4_000, ids: [ids[4]!] })).toBe("f")
        expect(yield* found(outbox, { user: "device", ids: [ids[0]!, ids[1]!] })).toBe("a")
        const last = ids.at(-1)
        const counted = (filter: DeadLetterFilter) => outbox.countDeadLetters(filter, 0)
        expect(yield* counted({})).toEqual({ letters: 7, unread: 0, last })
        expect(yield* counted({ lane: "web" })).toEqual({ letters: 2, unread: 0, last })
        expect(yield* counted({ user: "u1" })).toEqual({ letters: 2, unread: 2, last })
        expect(yield* counted({ unread: true })).toEqual({ letters: 2, unread: 0, last })
        expect(yield* outbox.countDeadLetters({}, last!)).toEqual({ letters: 0, unread: 0, last: undefined })
        // What was kept goes with its letter, and is not kept twice.
        yield* outbox.keepKeys([{ id: ids[1]!, type: "users.Sent", eventId: "e-1", users: ["u1"] }])
        expect(yield* found(outbox, { user: "u2", to: 4_000 })).toBe("b")
        yield* outbox.purge([ids[0]!], "purged")
        expect(yield* counted({ user: "device" })).toMatchObject({ letters: 0, unread: 2 })
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
        let counted = 0
        for (let after: number | undefined = 0; after !== undefined; ) {
          const one: Effect.Success<ReturnType<Store["countDeadLetters"]>> = yield* outbox.countDeadLetters(
            { reason: "too-large" },
            after
          )
          counted += one.letters
          after = one.after
        }
        expect(counted).toBe(1)
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
