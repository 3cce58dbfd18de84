/** What follows from an answer: the module is inside the engine, and has no effects. */
import { assert, describe, it } from "@effect/vitest"
import { Outcome, Policy } from "@millrace/core"
import * as Settlements from "../src/engine/lane/Settlements.ts"
import * as Verdict from "../src/engine/lane/Verdict.ts"
import * as Items from "./support/items.ts"

const now = 1_000_000
const policy = Policy.resolve({}, 4)
const moment = { now, random: 0.5, policy }

const [a, b, c] = [Items.item("a"), Items.item("b", { position: 1 }), Items.item("c", { parcel: 2 })]
const three = Items.pending([a, b, c])

const outcomes = (made: Outcome.Outcomes): Verdict.Answer => ({ _tag: "Outcomes", outcomes: made })
const each = (...values: ReadonlyArray<Outcome.Outcome>) =>
  outcomes(Outcome.Outcomes.each(Items.batch(three.items), (_, index) => values[index]!))
const failed = (outcome: Outcome.DeliveryError["outcome"]): Verdict.Answer => ({
  _tag: "Failed",
  error: new Outcome.DeliveryError({ outcome })
})
const judge = (answer: Verdict.Answer, batch = three) => Verdict.judge(batch, answer, moment)
const again = ({ again }: Verdict.Verdict) =>
  again.map(({ items, due, attempts }) => [Items.ids(items), due, attempts])

describe("an answer with verdicts", () => {
  it("ends what was delivered", () => {
    const verdict = judge(each(Outcome.delivered, Outcome.delivered, Outcome.delivered))
    assert.deepStrictEqual(Items.ids(verdict.delivered), ["a", "b", "c"])
    assert.deepStrictEqual(Items.ids(verdict.ended), ["a", "b", "c"])
    assert.deepStrictEqual([verdict.again, verdict.dead, verdict.setback], [[], [], undefined])
  })

  it("tries again what it says, and holds the lane for no wait of its own while the rest is taken", () => {
    const verdict = judge(each(Outcome.delivered, Outcome.retry("busy"), Outcome.delivered))
    assert.deepStrictEqual(again(verdict), [[["b"], now + policy.firstBackoff / 2, 1]])
    assert.isUndefined(verdict.setback)
  })

  it("holds the lane for the longest wait that it asks for, whatever else is taken", () => {
    const verdict = judge(
      each(
        Outcome.delivered,
        Outcome.retry("limit", { after: "5 seconds" }),
        Outcome.retry("limit", { after: "9 seconds", scope: "destination", detail: "slow down" })
      )
    )
    assert.deepStrictEqual(again(verdict), [[["b", "c"], now + 9000, 1]])
    assert.deepStrictEqual(verdict.setback, {
      until: now + 9000,
      scope: "destination",
      reason: "limit",
      text: "slow down"
    })
  })

  it("is a setback where nothing is taken", () => {
    const verdict = judge(each(Outcome.retry("busy"), Outcome.rejected("bad-request"), Outcome.retry("busy")))
    assert.deepInclude(verdict.setback, { until: 0, reason: "busy" })
    assert.deepStrictEqual(
      verdict.dead.map(({ item, reason }) => [item.id, reason]),
      [["b", "bad-request"]]
    )
  })

  it("keeps what is refused for its credentials, and counts no attempt of it", () => {
    const verdict = judge(each(Outcome.delivered, Outcome.unauthorized("unauthorized"), Outcome.delivered))
    assert.deepInclude(verdict.unauthorized, { reason: "unauthorized" })
    assert.deepStrictEqual(again(verdict), [[["b"], 0, 0]])
  })

  it("that leaves a message out is a retry of it and a defect, never success", () => {
    const [first] = three.items
    const short = Outcome.Outcomes.all(Items.batch([first!]), Outcome.delivered)
    const verdict = judge(outcomes(short))
    assert.deepStrictEqual(Items.ids(verdict.delivered), ["a"])
    assert.deepStrictEqual(Items.ids(verdict.again[0]?.items), ["b", "c"])
    assert.deepStrictEqual(verdict.defects, ["1 outcomes for 3 messages"])
  })

  it("for messages that were never sent is a defect", () => {
    const answers = new Map(["a", "b", "c", "x"].map((id) => [id, Outcome.delivered]))
    const verdict = judge(outcomes(Outcome.Outcomes.byId(Items.batch(three.items), answers)))
    assert.lengthOf(verdict.delivered, 3)
    assert.deepStrictEqual(verdict.defects, ["answered for 1 messages never sent"])
  })

  it("refuses a message of several events as a whole: it is halved, and a single one is dead", () => {
    const group = Items.grouped("group", 3)
    const batch = Items.pending([group, a])
    const refused = Outcome.Outcomes.each(Items.batch(batch.items), () => Outcome.tooLarge())
    const verdict = judge(outcomes(refused), batch)
    assert.deepStrictEqual(Items.ids(verdict.halve), ["group"])
    assert.deepStrictEqual(
      verdict.dead.map(({ item, reason }) => [item.id, reason]),
      [["a", "too-large"]]
    )
    assert.deepStrictEqual(Items.ids(verdict.ended), ["a"])
  })

  it("on the events of a message ends each by itself, and what is left is tried again", () => {
    const group = Items.grouped("group", 3)
    const batch = Items.pending([group])
    const verdicts = [Outcome.delivered, Outcome.retry("busy"), Outcome.rejected("bad-request")]
    const judged = Outcome.Outcomes.eachEvent(Items.batch(batch.items), (_, event) => verdicts[event]!)
    const verdict = judge(outcomes(judged), batch)
    const positions = (item: (typeof verdict.delivered)[number]) =>
      item.group?.members.map(({ position }) => position)
    assert.deepStrictEqual(verdict.delivered.map(positions), [[0]])
    assert.deepStrictEqual(verdict.again[0]?.items.map(positions), [[1]])
    assert.deepStrictEqual(
      verdict.dead.map(({ item }) => positions(item)),
      [[2]]
    )
    assert.deepStrictEqual([...verdict.left.values()], [group])
    assert.deepStrictEqual(verdict.ended, [])
  })
})

describe("an attempt that failed as a whole", () => {
  it("is tried again after a wait that doubles with each attempt, up to the longest", () => {
    const waits = [0, 1, 2, 9, 40].map(
      (attempts) =>
        judge(failed(Outcome.retry("unavailable")), Items.pending([a], attempts)).again[0]!.due - now
    )
    assert.deepStrictEqual(waits, [100, 200, 400, 30_000, 30_000])
  })

  it("waits for as long as it was asked to, but for no longer than a day", () => {
    const due = (after: "10 seconds" | "9 days") =>
      judge(failed(Outcome.retry("limit", { after }))).setback?.until
    assert.strictEqual(due("10 seconds"), now + 10_000)
    assert.strictEqual(due("9 days"), now + 24 * 60 * 60 * 1000)
  })

  it("for its credentials keeps everything as it was", () => {
    const verdict = judge(failed(Outcome.unauthorized("unauthorized")))
    assert.deepStrictEqual(again(verdict), [[["a", "b", "c"], 0, 0]])
    assert.isDefined(verdict.unauthorized)
    assert.isUndefined(verdict.setback)
  })

  it("for what is in it is halved until the culprit stands alone", () => {
    const dead: Array<string> = []
    let attempts = 0
    const send = (batch: typeof three): void => {
      attempts++
      if (!Items.ids(batch.items)!.includes("c")) return
      const verdict = judge(failed(Outcome.rejected("bad-request")), batch)
      dead.push(...verdict.dead.map(({ item }) => item.id))
      for (const half of verdict.again) send(half)
    }
    send(Items.pending([a, b, c, Items.item("d")]))
    assert.deepStrictEqual(dead, ["c"])
    assert.strictEqual(attempts, 5)
  })

  it("by a defect of the plugin is tried again, and told", () => {
    const verdict = judge({ _tag: "Defect", detail: "deliver threw" })
    assert.deepStrictEqual(Items.ids(verdict.again[0]?.items), ["a", "b", "c"])
    assert.deepInclude(verdict.setback, { reason: "defect", text: "deliver threw" })
    assert.deepStrictEqual(verdict.defects, ["deliver threw"])
  })
})

const told = (batch: Parameters<typeof Settlements.ofVerdict>[0], verdict: Verdict.Verdict) =>
  Settlements.ofVerdict(batch, verdict, now).flatMap(({ settlements }) => settlements)

describe("what the outbox hears of a verdict", () => {
  it("is gathered by parcel: what was delivered, what is dead, and how often the rest was tried", () => {
    const verdict = judge(
      each(Outcome.delivered, Outcome.rejected("bad-request", "no"), Outcome.retry("busy"))
    )
    assert.deepStrictEqual(told(three, verdict), [
      {
        parcel: 1,
        at: now,
        delivered: [0],
        dead: [{ position: 1, reason: "bad-request", detail: "no" }],
        attempts: 1
      },
      { parcel: 2, at: now, delivered: [], dead: [], attempts: 1 }
    ])
  })

  it("is nothing of what waits for credentials: no attempt was made of it", () => {
    const verdict = judge(failed(Outcome.unauthorized("unauthorized")))
    assert.deepStrictEqual(told(three, verdict), [])
  })

  it("names every event of a message", () => {
    const group = Items.pending([Items.grouped("group", 3)])
    const verdict = judge(outcomes(Outcome.Outcomes.all(Items.batch(group.items), Outcome.delivered)), group)
    assert.deepStrictEqual(told(group, verdict), [
      { parcel: 1, at: now, delivered: [0, 1, 2], dead: [], attempts: 0 }
    ])
  })
})
