/** Which messages leave in one request: the modules are inside the engine, and have no effects. */
import { assert, describe, it } from "@effect/vitest"
import { jsonArray } from "@millrace/core/Message"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Batches from "../src/engine/message/Batches.ts"
import * as Item from "../src/engine/message/Item.ts"
import * as OrderSlots from "../src/engine/message/OrderSlots.ts"
import * as Items from "./support/items.ts"

const limits = {
  messages: 10,
  events: 100,
  bytes: 100_000,
  messageBytes: 10_000,
  messageEvents: 10,
  concurrency: 4,
  window: 0
}
const { item } = Items

const of = (...items: ReadonlyArray<Item.Item>) => {
  const batches = Batches.make()
  batches.push(items)
  const next = (given: Partial<typeof limits> = {}) => batches.next({ ...limits, ...given }, jsonArray)
  return { ...batches, next, ids: (given?: Partial<typeof limits>) => Items.ids(next(given)) }
}

describe("a request", () => {
  it("holds messages in the order of append, up to its limits", () => {
    const many = () => of(...["a", "b", "c", "d"].map((id) => item(id)))
    assert.deepStrictEqual(many().ids(), ["a", "b", "c", "d"])
    assert.deepStrictEqual(many().ids({ messages: 3 }), ["a", "b", "c"])
    // Two brackets, three messages of ten bytes, two commas.
    assert.deepStrictEqual(many().ids({ bytes: 34 }), ["a", "b", "c"])
    assert.deepStrictEqual(many().ids({ bytes: 33 }), ["a", "b"])
    const groups = of(Items.grouped("g", 3), Items.grouped("h", 3), item("i"))
    assert.deepStrictEqual(groups.ids({ events: 6 }), ["g", "h"])
    assert.deepStrictEqual(groups.ids(), ["i"])
    assert.isUndefined(groups.ids())
  })

  it("takes one that is beyond its limits alone, for the remote to refuse", () => {
    assert.deepStrictEqual(of(item("a", { bytes: 90 }), item("b")).ids({ bytes: 50 }), ["a"])
  })

  it("is ample when as much waits as it may hold", () => {
    const batches = of(item("a"), item("b"))
    assert.isFalse(batches.isAmple(limits))
    assert.isTrue(batches.isAmple({ ...limits, messages: 2 }))
    assert.isTrue(batches.isAmple({ ...limits, bytes: 20 }))
  })
})

describe("messages of a user", () => {
  const ann = (id: string) => item(id, { user: "ann" })

  it("leave one after the other, past those of others", () => {
    const batches = of(ann("1"), ann("2"), item("b", { user: "bob" }), ann("3"))
    const first = batches.next()!
    assert.deepStrictEqual(Items.ids(first), ["1", "b"])
    assert.isUndefined(batches.ids())
    assert.strictEqual(batches.waiting(), 2)
    batches.release(first)
    const second = batches.next()!
    assert.deepStrictEqual(Items.ids(second), ["2"])
    batches.release(second)
    assert.deepStrictEqual(batches.ids(), ["3"])
  })

  it("do not wait where they need no order", () => {
    assert.deepStrictEqual(of(item("1"), item("2"), item("3")).ids(), ["1", "2", "3"])
  })

  it("wait for the parts that take the place of one under way", () => {
    const batches = of(ann("1"), ann("2"))
    const [whole] = batches.next()!
    batches.replace([whole!], [ann("1a"), ann("1b")])
    const sent: Array<string> = []
    for (let items = batches.next(); items !== undefined; items = batches.next()) {
      sent.push(...items.map(({ id }) => id))
      batches.release(items)
    }
    assert.deepStrictEqual(sent, ["1a", "1b", "2"])
  })

  it("do not pass an earlier one for which a request has no room", () => {
    const batches = of(ann("1"), item("b", { user: "bob" }))
    const first = batches.next()!
    batches.push([item("c", { user: "bob", bytes: 60 }), item("2", { user: "ann", bytes: 60 })])
    assert.isUndefined(batches.ids())
    batches.release(first)
    batches.push([ann("3")])
    assert.deepStrictEqual(batches.ids({ bytes: 100 }), ["c"])
    assert.deepStrictEqual(batches.ids({ bytes: 100 }), ["2"])
  })

  it("go on when the one before them is removed", () => {
    const batches = of(ann("1"), ann("2"), ann("3"))
    const first = batches.next()!
    assert.isUndefined(batches.ids())
    assert.deepStrictEqual(Items.ids(batches.remove(({ id }) => id === "2")), ["2"])
    batches.release(first)
    const third = batches.next()!
    assert.deepStrictEqual(Items.ids(third), ["3"])
    batches.release(third)
    batches.push([ann("4")])
    assert.deepStrictEqual(batches.ids(), ["4"])
  })
})

const Histories = Schema.Array(
  Schema.Struct({
    user: Schema.Literals(["ann", "bob", "cid", "none"]),
    bytes: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 60 })),
    /** Requests that end before this one is pushed. */
    ends: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 }))
  })
)

describe("whatever is pushed, and whenever requests end", () => {
  it.effect.prop(
    "every message leaves once, in its user's order, within the limits, one of a user at a time",
    { history: Histories },
    ({ history }) =>
      Effect.gen(function* () {
        const small = { messages: 3, bytes: 100 }
        const batches = of()
        const underWay: Array<ReadonlyArray<Item.Item>> = []
        const sent: Array<Item.Item> = []
        const send = () => {
          const items = batches.next(small)
          if (items === undefined) return false
          assert.isAtMost(items.length, 3)
          const bytes = items.reduce((sum, one) => sum + Item.size(one), 2 + items.length - 1)
          assert.isTrue(items.length === 1 || bytes <= 100)
          underWay.push(items)
          const slots = underWay.flat().flatMap(({ slot }) => (slot === OrderSlots.noSlot ? [] : [slot]))
          assert.strictEqual(new Set(slots).size, slots.length)
          sent.push(...items)
          return true
        }
        const end = () => {
          const items = underWay.shift()
          if (items !== undefined) batches.release(items)
        }
        for (const [index, { user, bytes, ends }] of history.entries()) {
          for (let count = 0; count < ends; count++) end()
          batches.push([item(`${index}`, { bytes, user: user === "none" ? undefined : user })])
          send()
        }
        while (send() || underWay.length > 0) end()
        assert.strictEqual(sent.length, history.length)
        assert.strictEqual(batches.waiting(), 0)
        assert.strictEqual(batches.bytes(), 0)
        for (const name of ["ann", "bob", "cid"]) {
          const theirs = sent
            .filter(({ slot }) => slot === OrderSlots.slotOf(name))
            .map(({ id }) => Number(id))
          assert.deepStrictEqual(
            theirs,
            theirs.toSorted((left, right) => left - right)
          )
        }
        yield* Effect.void
      }),
    { arbitrary: { runs: 200, seed: "batches" } }
  )
})
