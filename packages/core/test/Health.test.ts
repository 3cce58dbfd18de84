/** Whether a lane may send: the module is inside the engine, and has no effects. */
import { assert, describe, it } from "@effect/vitest"
import { Outcome, Policy } from "@millrace/core"
import * as Health from "../src/engine/lane/Health.ts"
import * as Verdict from "../src/engine/lane/Verdict.ts"
import * as Items from "./support/items.ts"

const now = 1_000_000
const policy = Policy.resolve({ breakerAfter: 3, probeEvery: "1 minute" }, 8)
const at = (time: number, part = 1) => ({ now: time, random: 1, policy, part })
const well = Health.start(now, undefined, undefined, policy)
const alone: Health.Shared = { notBefore: 0, since: 0 }

const batch = Items.pending([Items.item("a")])
const answered = (outcome: Outcome.Delivered | Outcome.Retry, usage?: number): Verdict.Verdict => ({
  ...Verdict.judge(
    batch,
    { _tag: "Outcomes", outcomes: Outcome.Outcomes.all(Items.batch(batch.items), outcome) },
    at(now)
  ),
  ...(usage === undefined ? {} : { usage })
})
const failed = (outcome: Outcome.DeliveryError["outcome"], time = now) =>
  Verdict.judge(batch, { _tag: "Failed", error: new Outcome.DeliveryError({ outcome }) }, at(time))

const success = answered(Outcome.delivered)
const refusal = failed(Outcome.unauthorized("unauthorized", "401"))
const failure = failed(Outcome.retry("unavailable"))
const times = (count: number, verdict: Verdict.Verdict, from = well): Health.Health =>
  count === 0 ? from : times(count - 1, verdict, Health.after(from, verdict, at(now)))

const sendsAt = (health: Health.Health, underWay = 0, shared = alone) =>
  Health.sendsAt(health, shared, underWay, policy, 1)

describe("a lane in good health", () => {
  it("sends as many requests at once as its policy allows", () => {
    assert.strictEqual(sendsAt(well, 7), 0)
    assert.isUndefined(sendsAt(well, 8))
  })

  it("sends half as many after a failure, and one more after each round of successes", () => {
    const halved = times(1, failure)
    assert.strictEqual(halved.concurrency, 4)
    assert.strictEqual(times(2, failure).concurrency, 2)
    assert.strictEqual(times(9, failure).concurrency, 1)
    assert.strictEqual(times(3, success, halved).concurrency, 4)
    assert.strictEqual(times(4, success, halved).concurrency, 5)
    assert.strictEqual(times(100, success, halved).concurrency, 8)
  })

  it("slows down when the remote's limit is nearly used, to a request a second at the whole of it", () => {
    const waits = [0, 0.75, 0.875, 1].map((usage) => {
      const health = Health.after(well, answered(Outcome.delivered, usage), at(now))
      return Math.max(0, health.notBefore - now)
    })
    assert.deepStrictEqual(waits, [0, 0, 500, 1000])
  })

  it("takes its part of all that, where it sends for a part of the tracks", () => {
    const quarter = (count: number, verdict: Verdict.Verdict, from = well): Health.Health =>
      count === 0 ? from : quarter(count - 1, verdict, Health.after(from, verdict, at(now, 1 / 4)))
    assert.strictEqual(Health.sendsAt(well, alone, 1, policy, 1 / 4), 0)
    assert.isUndefined(Health.sendsAt(well, alone, 2, policy, 1 / 4))
    // One of a small part makes one request at a time all the same.
    assert.strictEqual(Health.sendsAt(well, alone, 0, policy, 1 / 64), 0)
    assert.isUndefined(Health.sendsAt(well, alone, 1, policy, 1 / 64))
    const halved = quarter(1, failure)
    assert.strictEqual(halved.concurrency, 1)
    assert.strictEqual(quarter(100, success, halved).concurrency, 2)
    const used = Health.after(well, answered(Outcome.delivered, 1), at(now, 1 / 4))
    assert.strictEqual(used.notBefore - now, 4000)
  })
})

describe("a lane that fails", () => {
  it("is let through one attempt at a time after some failures in a row, each later than the last", () => {
    const two = times(2, failure)
    assert.isTrue(Health.isWell(two, policy))
    assert.strictEqual(sendsAt(two, 1), 0)
    const three = times(3, failure)
    assert.isFalse(Health.isWell(three, policy))
    assert.strictEqual(sendsAt(three), now + policy.firstBackoff)
    assert.strictEqual(sendsAt(times(4, failure)), now + 2 * policy.firstBackoff)
    assert.isUndefined(sendsAt({ ...three, concurrency: 8 }, 1))
  })

  it("tells since when, and with what, until one attempt succeeds", () => {
    const failing = Health.after(times(1, failure), failed(Outcome.retry("throttled"), now + 5), at(now + 5))
    assert.deepInclude(Health.statusOf(failing, alone, now), { failingSince: now, reason: "throttled" })
    const again = Health.after(failing, success, at(now + 10))
    assert.deepStrictEqual(Health.statusOf(again, alone, now), {
      gate: again.gate,
      trouble: "",
      lastSuccess: now + 10
    })
  })

  it("is not tried before the time that the remote asked for, also when that was asked of another lane", () => {
    const asked = Health.after(well, failed(Outcome.retry("limit", { after: "10 seconds" })), at(now))
    assert.strictEqual(sendsAt(asked), now + 10_000)
    const shared = { ...alone }
    Health.share(shared, now + 7000, now)
    Health.share(shared, now + 5000, now + 1)
    assert.deepStrictEqual(shared, { notBefore: now + 7000, since: now })
    assert.strictEqual(sendsAt(well, 0, shared), now + 7000)
    assert.deepInclude(Health.statusOf(well, shared, now), { reason: "throttled", failingSince: now })
    assert.notProperty(Health.statusOf(well, shared, now + 7000), "reason")
  })
})

describe("a gate", () => {
  it("closes when credentials are refused, and is tried one attempt at a time until one is taken", () => {
    const closed = times(1, refusal)
    assert.deepStrictEqual(closed.gate, {
      open: false,
      reason: "unauthorized",
      since: now,
      notBefore: now + policy.probeEvery
    })
    assert.strictEqual(sendsAt(closed), now + policy.probeEvery)
    assert.isUndefined(sendsAt(closed, 1))
    const still = Health.after(closed, refusal, at(now + 60_000))
    assert.deepInclude(still.gate, { since: now, notBefore: now + 60_000 + policy.probeEvery })
    assert.isTrue(times(1, success, closed).gate.open)
  })

  it("that is closed is tried at once with changed credentials, but not before a wait that was asked for", () => {
    const closed = times(1, refusal)
    assert.strictEqual(sendsAt(Health.reopened(closed, undefined, now)), 0)
    assert.isFalse(Health.reopened(closed, undefined, now).gate.open)
    const waits = Health.after(closed, failed(Outcome.retry("limit", { after: "10 minutes" })), at(now))
    assert.strictEqual(waits.gate.reason, "throttled")
    assert.strictEqual(sendsAt(Health.reopened(waits, undefined, now)), now + 600_000)
  })

  it("that another exporter set leaves in place what the remote asked this one to wait for", () => {
    const waits = Health.after(well, failed(Outcome.retry("limit", { after: "10 minutes" })), at(now))
    const set = { open: false, reason: "throttled", since: now, notBefore: now + 1000 }
    assert.strictEqual(sendsAt(Health.adopt(waits, set, now)), now + 600_000)
    assert.strictEqual(sendsAt(Health.adopt(waits, { ...set, notBefore: now + 900_000 }, now)), now + 900_000)
    assert.strictEqual(sendsAt(Health.adopt(waits, { ...set, open: true, reason: "" }, now)), now + 600_000)
    // A key that was refused here may be good where it was taken.
    assert.strictEqual(sendsAt(Health.adopt(times(1, refusal), set, now)), now + 1000)
  })

  it("that others set, and changed credentials, leave the pace of a lane without failures as it is", () => {
    const used = Health.after(well, answered(Outcome.delivered, 1), at(now))
    const open = { open: true, reason: "", since: now, notBefore: 0 }
    assert.strictEqual(sendsAt(Health.adopt(used, open, now)), now + 1000)
    assert.strictEqual(sendsAt(Health.reopened(used, undefined, now)), now + 1000)
    assert.strictEqual(sendsAt(Health.adopt(times(3, failure), open, now)), 0)
    assert.strictEqual(sendsAt(Health.reopened(times(3, failure), undefined, now)), 0)
  })

  it("is after a start as it was stored, and tried at once", () => {
    const stored = { open: false, reason: "unauthorized", since: 5, notBefore: now + 1000 }
    const { gate } = Health.start(now, stored, undefined, policy)
    assert.deepStrictEqual(gate, { ...stored, notBefore: 0 })
    const throttled = { ...stored, reason: "throttled" }
    assert.deepStrictEqual(Health.start(now, throttled, undefined, policy).gate, throttled)
    const paused = { ...stored, reason: Health.paused }
    assert.deepStrictEqual(Health.start(now, paused, "no-credentials", policy).gate, paused)
  })

  it("that the configuration holds is closed for that reason, since it first did", () => {
    const held = Health.start(now, undefined, "no-credentials", policy)
    assert.deepInclude(held.gate, { open: false, reason: "no-credentials", since: now })
    const stored = { ...held.gate, since: 5 }
    assert.strictEqual(Health.start(now, stored, "no-credentials", policy).gate.since, 5)
    assert.strictEqual(Health.reopened(held, "no-credentials", now + 9).gate.since, now)
  })

  it("that an operator closed opens for nobody else, and is afterwards as it was", () => {
    const closed = times(1, refusal)
    for (const before of [well, closed]) {
      const paused = Health.pause(before, now + 1)
      assert.strictEqual(Health.pause(paused, now + 2), paused)
      for (const other of [
        Health.after(paused, success, at(now + 3)),
        Health.after(paused, refusal, at(now + 3)),
        Health.reopened(paused, undefined, now + 3),
        Health.reopened(paused, "no-credentials", now + 3)
      ])
        assert.strictEqual(other.gate.reason, Health.paused)
      const after = Health.resume(paused, undefined, now + 4)
      assert.deepInclude(after.gate, { open: before.gate.open, reason: before.gate.reason, notBefore: 0 })
      assert.strictEqual(Health.resume(after, undefined, now + 5), after)
    }
    const held = Health.resume(Health.pause(well, now), "no-credentials", now + 1)
    assert.deepInclude(held.gate, { open: false, reason: "no-credentials" })
  })
})
