import { assert, describe, it } from "@effect/vitest"
import { budgetTable } from "../src/budgets.ts"
import { compare, expectStored, report, tolerance } from "../src/compare.ts"
import { figures } from "../src/figures.ts"
import type { Row } from "../src/measurement.ts"
import { cost } from "../src/measurements/cost.ts"
import { measurements } from "../src/measurements.ts"
import * as Options from "../src/options.ts"
import { render } from "../src/readme.ts"
import type { Section } from "../src/results.ts"
import { subjects } from "../src/subjects.ts"

const row = (name: string, given: Row["figures"]): Row => ({ name, title: `the ${name}`, figures: given })

const section = (...rows: ReadonlyArray<Row>): Section => ({
  events: 1000,
  rounds: 3,
  rows,
  day: "2026-06-29",
  command: "npm run bench",
  machine: "a machine"
})

const before = { ratio: 2, bestRatio: 1.9, requests: 10, cpu: 40 }
const table = cost(subjects)

describe("comparing", () => {
  it("a ratio that grew by more than the stated share is told, with the row", () => {
    const found = compare(
      table,
      [row("sqlite", before)],
      [row("sqlite", { ...before, ratio: 2.4, bestRatio: 2.3 })]
    )
    assert.deepStrictEqual(report("cost", found), [
      "cost: sqlite grew: × floor from 2.00 to 2.40 (+20 %), of the best from 1.90 to 2.30 (+21 %)"
    ])
  })

  it("what grew by less is not told, nor what shrank", () => {
    const share = 1 + 0.9 * tolerance
    for (const factor of [share, 1, 0.2]) {
      const after = { ratio: 2 * factor, bestRatio: 1.9 * factor, requests: 10 * factor }
      assert.deepStrictEqual(compare(table, [row("sqlite", before)], [row("sqlite", after)]).grown, [])
    }
  })

  it("an unlucky median alone is no growth, nor is one good round before", () => {
    for (const after of [
      { ...before, ratio: 3 },
      { ...before, bestRatio: 3 }
    ])
      assert.deepStrictEqual(compare(table, [row("sqlite", before)], [row("sqlite", after)]).grown, [])
  })

  it("more requests for the same events are told although they cost no more", () => {
    const { grown } = compare(table, [row("sqlite", before)], [row("sqlite", { ...before, requests: 12 })])
    assert.deepStrictEqual(grown, [
      { row: "sqlite", figures: [{ column: "requests per 1,000 events", from: 10, to: 12 }] }
    ])
  })

  it("machines may differ in speed: time per event does not count", () => {
    const after = { ...before, cpu: 400 }
    assert.deepStrictEqual(compare(table, [row("sqlite", before)], [row("sqlite", after)]).grown, [])
  })

  it("peers and plain loops may grow", () => {
    const names = subjects.filter(({ kind }) => kind !== "millrace").map(({ name }) => name)
    assert.isAbove(names.length, 4)
    for (const name of names) {
      const after = { ratio: 9, bestRatio: 9, requests: 99 }
      const { grown, unknown } = compare(table, [row(name, before)], [row(name, after)])
      assert.deepStrictEqual([grown, unknown], [[], []])
    }
  })

  it("a row that was not there before is named", () => {
    const found = compare(table, [row("sqlite", before)], [row("avro", before)])
    assert.deepStrictEqual(report("cost", found), ["cost: avro is new, and was not compared"])
  })

  it("what cannot be compared is told before anything runs", () => {
    const all = measurements.filter(({ name }) => name === "cost" || name === "micro")
    assert.throws(() => expectStored(all, {}, undefined), /cost.*--save/)
    assert.throws(() => expectStored(all, { cost: section() }, 2000), /had 1000 events/)
    expectStored(all, { cost: section() }, undefined)
    expectStored(all, { cost: section() }, 1000)
  })
})

describe("the command line", () => {
  const names = (given: ReadonlyArray<string>) => Options.read(given).measurements.map(({ name }) => name)

  it("a run without arguments stores what is not long; --all the rest as well", () => {
    const standard = Options.read([])
    assert.isTrue(standard.saves)
    assert.isTrue(standard.measurements.every(({ isLong }) => !isLong))
    assert.deepStrictEqual(
      names(["--all"]),
      measurements.map(({ name }) => name)
    )
  })

  it("a part is stored only on request, and a run that compares leaves what it is held against", () => {
    assert.isFalse(Options.read(["--only", "micro"]).saves)
    assert.isTrue(Options.read(["--only", "micro", "--save"]).saves)
    assert.isFalse(Options.read(["--compare"]).saves)
  })

  it("single subjects run beside the floor and are never stored", () => {
    assert.deepStrictEqual(names(["--only", "sqlite,start"]), ["cost", "start"])
    assert.throws(() => Options.read(["--only", "sqlite", "--save"]), /whole tables/)
  })

  it("a name that is not there is refused with those that are", () => {
    assert.throws(() => Options.read(["--only", "nothing"]), /there is no nothing .* sqlite/)
    assert.throws(() => Options.read(["--rounds", "0"]), /--rounds/)
  })

  it("no name stands for two things", () => {
    const all = [...measurements, ...subjects].map(({ name }) => name)
    assert.strictEqual(new Set(all).size, all.length)
  })
})

describe("tables", () => {
  it("figures have their digits, and what is not there stays empty", () => {
    const columns = [
      { name: "one", head: "one", digits: 0 },
      { name: "two", head: "two", digits: 2 }
    ]
    assert.strictEqual(
      figures({ columns, of: "what" }, [row("a", { one: 12_345.6, two: 0.5 }), row("b", { one: 1 })]),
      "| what | one | two |\n| --- | ---: | ---: |\n| the a | 12,346 | 0.50 |\n| the b | 1 |  |"
    )
  })

  it("a budget that is not kept stands out, and one that was not measured says so", () => {
    const results = { cost: section(row("sqlite", { cpu: 30, ratio: 3.2 }), row("segment", { cpu: 60 })) }
    const text = budgetTable(results)
    assert.include(text, "| ≤ 2 × | 1.4 × | **3.20 ×** |")
    assert.include(text, "| ≤ 0.6 × | 0.45 × | 0.50 × |")
    assert.include(text, "| ≤ 1.2 s | 0.6 s | not yet |")
  })

  it("a section tells the day, the command and the machine", () => {
    const text = render(measurements, { start: section(row("cold", { seconds: 1.234 })) })
    assert.include(text, "2026-06-29, `npm run bench`, 1,000 events, 3 rounds, a machine:")
    assert.include(text, "| the cold | 1.23 |  |")
    assert.notInclude(text, "### CPU per event")
  })
})
