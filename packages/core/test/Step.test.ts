/** What a lane does next, as a table: the module is inside the engine, and has no effects. */
import { assert, describe, it } from "@effect/vitest"
import * as Step from "../src/engine/lane/Step.ts"

const now = 1_000_000

/** A lane that sends, is connected and has nothing to do. */
const idle: Step.Snapshot = {
  now,
  isQuiet: true,
  hasSuccessor: false,
  expiresAt: Infinity,
  asideAt: Infinity,
  erasures: 0,
  sends: true,
  isLagging: false,
  isHungry: true,
  grouped: 0,
  hasWork: false,
  sendsAt: 0,
  isConnected: true
}

const busy = { ...idle, isQuiet: false, hasWork: true }

/** All at once there is to do for a lane with nothing under way. */
const everything: Step.Snapshot = {
  ...idle,
  hasSuccessor: true,
  expiresAt: now,
  asideAt: now,
  erasures: 1,
  isLagging: true,
  grouped: 1,
  hasWork: true
}

const table: ReadonlyArray<readonly [name: string, lane: Step.Snapshot, next: Step.Next]> = [
  ["nothing to do", idle, "sleep"],
  ["all at once: credentials first", everything, "succeed"],
  ["then what is too old", { ...everything, hasSuccessor: false }, "expire"],
  ["then what is too much", { ...everything, hasSuccessor: false, expiresAt: now + 1 }, "makeRoom"],
  ["then a person", { ...everything, hasSuccessor: false, expiresAt: now + 1, asideAt: now + 1 }, "erase"],
  ["then memory", { ...idle, isLagging: true, grouped: 1, hasWork: true }, "catchUp"],
  ["memory that is full enough", { ...idle, isLagging: true, isHungry: false, grouped: 1 }, "form"],
  ["then groups", { ...idle, grouped: 1, hasWork: true }, "form"],
  ["groups while no attempt may be made", { ...idle, grouped: 1, sendsAt: undefined }, "form"],
  ["then a connection", { ...idle, hasWork: true, isConnected: false }, "connect"],
  ["then a batch", { ...idle, hasWork: true }, "send"],
  ["a batch beside those under way", busy, "send"],
  ["no connection for nothing", { ...idle, isConnected: false }, "sleep"],
  ["a wait that is not over", { ...idle, hasWork: true, sendsAt: now + 1 }, "sleep"],
  ["as much under way as may be", { ...busy, sendsAt: undefined }, "sleep"],
  ["paused", { ...busy, sends: false, isLagging: true, grouped: 1 }, "sleep"],
  ["paused, and what is too old ends all the same", { ...idle, sends: false, expiresAt: now }, "expire"],
  ["paused, and a person is erased all the same", { ...idle, sends: false, erasures: 1 }, "erase"],
  ["credentials, with something under way", { ...busy, hasSuccessor: true }, "sleep"],
  ["too old, with something under way", { ...busy, expiresAt: now }, "sleep"],
  ["too much, with something under way", { ...busy, asideAt: now }, "sleep"],
  ["a person, with something under way", { ...busy, erasures: 1, isLagging: true, grouped: 1 }, "sleep"]
]

describe("the next step of a lane", () => {
  it.each(table)("%s", (_, lane, next) => assert.strictEqual(Step.next(lane), next))

  it("is the one below, where it came to nothing", () => {
    const lane = { ...idle, grouped: 1, hasWork: true }
    assert.strictEqual(Step.next(lane, "form"), "send")
    assert.strictEqual(Step.next(lane, "send"), "sleep")
    assert.strictEqual(Step.next({ ...lane, isConnected: false }, "form"), "connect")
  })

  it("has a rule for each thing a lane can do, and the last one always holds", () => {
    const names = Step.order.map(({ next }) => next)
    assert.strictEqual(new Set(names).size, names.length)
    assert.strictEqual(names.at(-1), "sleep")
  })
})

describe("a lane with nothing to do sleeps until", () => {
  const dues = { line: Infinity, group: Infinity, retry: Infinity, full: () => Infinity }
  const sleeps: ReadonlyArray<readonly [string, Step.Snapshot, Partial<Step.Dues>, number]> = [
    ["something changes", idle, {}, Infinity],
    ["a line of the log is due", idle, { line: now + 5, retry: now + 9 }, now + 5],
    ["a batch is due again", idle, { retry: now + 9 }, now + 9],
    ["its gate lets it try", { ...idle, sendsAt: now + 20 }, { retry: now + 9 }, now + 20],
    ["a window ends", { ...idle, sendsAt: undefined }, { group: now + 3, retry: now + 1 }, now + 3],
    ["a request is full enough", idle, { full: () => now + 20 }, now + 20],
    ["users under way are answered", idle, { full: () => 0 }, Infinity],
    ["its events expire", { ...idle, sends: false, expiresAt: now + 7 }, { retry: now + 1 }, now + 7],
    ["its share is set aside", { ...idle, sends: false, asideAt: now + 7 }, {}, now + 7],
    [
      "what is under way ends, before credentials change",
      { ...busy, hasSuccessor: true, expiresAt: now + 7 },
      { retry: now + 1 },
      Infinity
    ]
  ]
  it.each(sleeps)("%s", (_, lane, given, until) =>
    assert.strictEqual(Step.sleepsUntil(lane, { ...dues, ...given }), until)
  )
})
