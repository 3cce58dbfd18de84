import { assert, describe, it } from "@effect/vitest"
import type { Run } from "../src/measure.ts"
import { costs } from "../src/profile.ts"
import { replaced } from "../src/readme.ts"
import { unequal } from "../src/rounds.ts"
import { median, summarize } from "../src/statistics.ts"
import { floor, subjects } from "../src/subjects.ts"

const run = (given: Partial<Run>): Run => ({
  cpu: 1000,
  wall: 100,
  peak: 1,
  requests: 10,
  bytes: 1010,
  batches: 0,
  events: 0,
  firstAt: 0,
  arrivals: {},
  ...given
})

describe("statistics", () => {
  it("a median is not moved by one bad round", () => {
    assert.strictEqual(median([3, 1, 900]), 3)
    assert.strictEqual(median([1, 2, 4, 900]), 3)
  })

  it("ratios are of medians and of the best rounds, per event", () => {
    const summary = summarize(
      [run({ cpu: 3000 }), run({ cpu: 2000 }), run({ cpu: 9000 })],
      [run({ cpu: 1500 }), run({ cpu: 1000 }), run({ cpu: 1600 })],
      100
    )
    assert.deepStrictEqual(summary.cpu, { median: 30, best: 20 })
    assert.deepStrictEqual(summary.ratio, { median: 2, best: 2 })
    assert.strictEqual(summary.rate, 1000)
  })
})

describe("rounds", () => {
  const [other] = subjects.filter((subject) => subject !== floor && subject.input === floor.input)

  it("the same messages in fewer or more requests are the same", () => {
    assert.deepStrictEqual(
      unequal(
        new Map([
          [floor, [run({})]],
          [other!, [run({ requests: 20, bytes: 1020 })]]
        ])
      ),
      []
    )
  })

  it("a subject that sent less or more is named", () => {
    assert.deepStrictEqual(
      unequal(
        new Map([
          [floor, [run({})]],
          [other!, [run({}), run({ bytes: 1009 })]]
        ])
      ),
      [other!.name]
    )
  })
})

describe("profiles", () => {
  const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 4 })

  it("a sample lasts until the next one, and waiting costs nothing", () => {
    const found = costs({
      nodes: [
        { id: 1, callFrame: frame("(idle)", "") },
        { id: 2, callFrame: frame("parse", "file:///a/b/c/d/e.ts") },
        { id: 3, callFrame: frame("(garbage collector)", "") },
        { id: 4, callFrame: frame("send", "file:///x/node_modules/.pnpm/u/node_modules/undici/lib/pool.js") }
      ],
      samples: [2, 1, 3, 4, 2],
      timeDeltas: [7, 10, 500, 20, 5]
    })
    assert.deepStrictEqual(found, {
      functions: [
        { name: "(garbage collector) (engine)", self: 20 },
        { name: "parse b/c/d/e.ts:5", self: 10 },
        { name: "send undici/lib/pool.js:5", self: 5 }
      ],
      files: [
        { name: "(engine)", self: 20 },
        { name: "b/c/d/e.ts", self: 10 },
        { name: "undici/lib/pool.js", self: 5 }
      ],
      busy: 35
    })
  })
})

describe("README", () => {
  it("only what stands between the markers is replaced", () => {
    assert.strictEqual(
      replaced("a\n<!-- results -->\nold\n<!-- end of results -->\nz", "new"),
      "a\n<!-- results -->\n\nnew\n\n<!-- end of results -->\nz"
    )
    assert.throws(() => replaced("no markers", "new"), /results/)
  })
})
