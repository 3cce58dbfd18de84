import { describe, expect, it } from "@effect/vitest"
import { Simulation } from "@millrace/testing"
import { disk } from "./support/disk.ts"

const expectKept = (history: Simulation.History, setup: Simulation.Setup) => {
  if (history.violations.length > 0) expect.fail(Simulation.report(Simulation.shrink(history, setup)))
}

describe("the engine on SQLite, simulated", () => {
  it("keeps every promise on files that each crash leaves torn", () => {
    const setup = { outbox: () => disk(true) }
    for (let seed = 1; seed <= 60; seed++) expectKept(Simulation.run(seed, setup), setup)
  })

  it("does at every step what it does on the outbox in memory", () => {
    const setup = { outbox: () => disk(false) }
    for (let seed = 101; seed <= 120; seed++) {
      expect(Simulation.run(seed, setup).hash, `seed ${seed}`).toBe(Simulation.run(seed).hash)
    }
  })

  // In the second, the remote judges the events of a message by themselves.
  it.each([28, 1569])("keeps every promise wherever a small history (%i) crashes", (seed) => {
    const setup = { outbox: () => disk(true) }
    for (const plan of Simulation.crashPoints(Simulation.plan(seed, "small"), setup)) {
      expectKept(Simulation.run(plan, setup), setup)
    }
  })
})
