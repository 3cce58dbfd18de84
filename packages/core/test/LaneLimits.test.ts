/** When a lane's events end or are set aside, and how long it waits: the modules are inside the engine, and have no effects. */
import { assert, describe, it } from "@effect/vitest"
import * as Gathering from "../src/engine/lane/Gathering.ts"
import * as LaneShare from "../src/engine/lane/LaneShare.ts"
import * as Retention from "../src/engine/lane/Retention.ts"

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

describe("a lane's share", () => {
  it("is full at its size, counted with what was stored before", () => {
    const share = LaneShare.make({ size: 100, whenFull: "hold" }, 90)
    assert.isFalse(share.isFull())
    share.add(10)
    assert.isTrue(share.isFull())
    share.free(1)
    assert.isFalse(share.isFull())
    share.add(50)
    share.weigh(0)
    assert.isFalse(share.isFull())
  })

  it("sets nothing aside where it holds its sources, or is none", () => {
    assert.strictEqual(LaneShare.make({ size: 100, whenFull: "hold" }, 500).asideAt(0), Infinity)
    const none = LaneShare.make(undefined, 500)
    assert.deepStrictEqual([none.isFull(), none.asideAt(0)], [false, Infinity])
  })

  it("sets its oldest tenth aside, a minute after the lane last sent", () => {
    const share = LaneShare.make({ size: 100, whenFull: "set-aside" }, 99)
    assert.strictEqual(share.asideAt(1000), Infinity)
    share.add(11)
    assert.strictEqual(share.asideAt(1000), 1000 + minute)
    assert.strictEqual(share.excess(), 20)
  })
})

describe("events that wait", () => {
  const start = { now: 100 * day, monotonic: 0 }
  const fresh = { appendedAt: start.now + 1, attempts: 0 }
  const old = { appendedAt: start.now - 30 * day, attempts: 0 }

  it("end after the retention", () => {
    const retention = Retention.make(7 * day, start)
    assert.strictEqual(retention.dueAt(fresh, 0), fresh.appendedAt + 7 * day)
  })

  it("since before a start are tried for an hour first, and wait their turn while the lane delivers", () => {
    const retention = Retention.make(7 * day, start)
    assert.strictEqual(retention.dueAt(old, 0), start.now + hour)
    assert.strictEqual(retention.dueAt(old, start.now + 5 * hour), start.now + 6 * hour)
    // What was tried already is at the head of the lane.
    assert.strictEqual(retention.dueAt({ ...old, attempts: 1 }, start.now + 5 * hour), start.now + hour)
    assert.strictEqual(retention.dueAt(old, start.now + 20 * day), start.now + 7 * day)
  })

  it("are tried first as well where the clock was set forward, and a slow clock is none", () => {
    const retention = Retention.make(7 * day, start)
    retention.look({ now: start.now + 90_000, monotonic: 50_000 })
    assert.strictEqual(retention.since(), start.now)
    retention.look({ now: start.now + 10 * day, monotonic: 60_000 })
    assert.strictEqual(retention.since(), start.now + 10 * day)
    assert.strictEqual(retention.dueAt(fresh, 0), start.now + 10 * day + hour)
    retention.look({ now: start.now + 10 * day + hour, monotonic: 60_000 + hour })
    assert.strictEqual(retention.since(), start.now + 10 * day)
  })

  it("are not tried for longer than they may wait", () => {
    assert.strictEqual(Retention.make(minute, start).dueAt(old, 0), start.now + minute)
  })
})

describe("messages that do not fill a request", () => {
  it("wait a moment for others, counted from the first", () => {
    const gathering = Gathering.make()
    assert.strictEqual(gathering.until(1000, 0, false), 0)
    assert.strictEqual(gathering.until(1000, 1, false), 1020)
    assert.strictEqual(gathering.until(1015, 2, false), 1020)
    assert.strictEqual(gathering.until(1016, 9, true), 0)
    gathering.end()
    assert.strictEqual(gathering.until(2000, 1, false), 2020)
    assert.strictEqual(gathering.until(2001, 0, false), 0)
    assert.strictEqual(gathering.until(2002, 1, false), 2022)
  })
})
