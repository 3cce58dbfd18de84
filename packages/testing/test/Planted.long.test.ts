import { describe, expect, it } from "@effect/vitest"
import { Simulation } from "@millrace/testing"
import { bugs, plant } from "./support/planted.ts"

describe("a bug planted in the engine", () => {
  it.each(bugs)("is found: $name", async (bug) => {
    const { start, remove } = await plant(bug)
    try {
      for (let seed = 1; seed <= 1200; seed++) {
        for (const size of ["usual", "small"] as const) {
          const [violation] = Simulation.run(Simulation.plan(seed, size), { start }).violations
          if (violation !== undefined && bug.breaks.includes(violation.promise)) return
        }
      }
      expect.fail("2400 histories did not find it")
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
