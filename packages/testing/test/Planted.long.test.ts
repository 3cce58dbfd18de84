import { describe, expect, it } from "@effect/vitest"
import type * as Exporter from "@millrace/core/Exporter"
import { Simulation } from "@millrace/testing"
import { type Bug, bugs, fleetBugs, plant } from "./support/planted.ts"

function* plansFor({ crashed }: Bug, start: typeof Exporter.start): Generator<Simulation.Plan> {
  if (crashed !== undefined)
    return yield* Simulation.crashPoints(Simulation.plan(crashed, "small"), { start })
  for (let seed = 1; seed <= 1200; seed++) {
    for (const size of ["usual", "small"] as const) yield Simulation.plan(seed, size)
  }
}

describe("a bug planted in the engine", () => {
  it.each(bugs)("is found: $name", async (bug) => {
    const { start, remove } = await plant(bug)
    try {
      let histories = 0
      for (const plan of plansFor(bug, start)) {
        const [violation] = Simulation.run(plan, { start }).violations
        if (violation !== undefined && bug.breaks.includes(violation.promise)) return
        histories++
      }
      expect.fail(`${histories} histories did not find it`)
    } finally {
      remove()
    }
  })

  it.each(fleetBugs)("is found in a fleet: $name", async (bug) => {
    const { start, shared, remove } = await plant(bug)
    const { from: first = 1 } = bug
    try {
      for (let seed = first; seed < first + 600; seed++) {
        const [violation] = Simulation.run(Simulation.fleetPlan(seed), { start, shared }).violations
        if (violation !== undefined && bug.breaks.includes(violation.promise)) return
      }
      expect.fail("600 histories did not find it")
    } finally {
      remove()
    }
  })

  it("shrinks to a history that can be read", async () => {
    const { start, remove } = await plant(bugs.find(({ breaks }) => breaks.includes("order"))!)
    try {
      let seed = 1
      while (Simulation.run(seed, { start }).violations.length === 0) seed++
      const { plan, violations } = Simulation.shrink(Simulation.run(seed, { start }), { start })
      expect(violations[0]?.promise).toBe("order")
      const chunks = [
        ...plan.splits.flatMap(({ chunks }) => chunks),
        ...plan.requests.map(({ chunk }) => chunk)
      ]
      expect(chunks.flatMap(({ events }) => events).length).toBeLessThanOrEqual(15)
    } finally {
      remove()
    }
  })
})
