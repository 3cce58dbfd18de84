import { describe, expect, it } from "@effect/vitest"
import * as Exporter from "@millrace/core/Exporter"
import { Simulation } from "@millrace/testing"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { bugs, fleetBugs, sourceWith } from "./support/planted.ts"

/** Fails with all that is needed to look into a history and to repeat it. */
const expectKept = (history: Simulation.History) => {
  if (history.violations.length > 0) expect.fail(Simulation.report(Simulation.shrink(history)))
}

describe("simulated histories", () => {
  it("keep every promise, 100 times", () => {
    for (let seed = 1; seed <= 100; seed++) expectKept(Simulation.run(seed))
  })

  it("keep every promise in a fleet, 15 times", () => {
    for (let seed = 1; seed <= 15; seed++) expectKept(Simulation.run(Simulation.fleetPlan(seed)))
  })

  it("end, also where an exporter is asked to end while it starts", () => {
    const instance = {
      roles: ["read", "deliver"],
      from: 0,
      skew: 0,
      pauses: [],
      cuts: [],
      restarts: []
    } as const
    // The second crash comes with the second start, so that the third is 2 ms before all are asked to end.
    const crashes = [
      { at: { time: 15_000 }, down: 1_000 },
      { at: { time: 0 }, down: 33_998 }
    ]
    const plan: Simulation.Plan = {
      ...Simulation.fleetPlan(1),
      splits: [],
      requests: [],
      windows: [],
      rotations: [],
      pauses: [],
      fleet: {
        tracks: 2,
        leaseTime: 12_000,
        instances: [
          { ...instance, crashes: [] },
          { ...instance, crashes }
        ]
      }
    }
    expectKept(Simulation.run(plan))
  })

  it("are the same for the same seed, from the first line to the last", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const history = Simulation.run(seed)
      expect(Simulation.run(seed)).toEqual(history)
      expect(Simulation.run(seed + 1).hash).not.toBe(history.hash)
    }
  })

  it("are the same for a plan that was kept as JSON", () => {
    const plan = Simulation.plan(3)
    const kept = Schema.decodeUnknownSync(Simulation.Plan)(JSON.parse(JSON.stringify(plan)))
    expect(kept).toEqual(plan)
    expect(Simulation.run(kept).hash).toBe(Simulation.run(3).hash)
  })

  // Each with bad spells and a client; the first without groups. In the last, events of a message are judged by themselves.
  it.each([28, 29, 47, 263])("keep every promise wherever a small one (%i) crashes", (seed) => {
    let points = 0
    for (const plan of Simulation.crashPoints(Simulation.plan(seed, "small"))) {
      expectKept(Simulation.run(plan))
      points++
    }
    expect(points).toBeGreaterThan(100)
  })

  it("keep every promise when a key changes at any moment of a start", () => {
    const event = { id: "event", user: "user", fate: "deliver", place: 1 } as const
    const calm = { ...Simulation.plan(1, "small"), windows: [], requests: [], pauses: [], full: [] }
    for (let lag = 0; lag < 1000; lag += 10) {
      // A crash at 1 s, a new process at 2 s, and its configuration changes about then.
      expectKept(
        Simulation.run({
          ...calm,
          follow: [true],
          splits: [
            {
              name: "split",
              at: 1700,
              chunks: [{ name: "chunk", malformed: 0, bytes: false, events: [event] }]
            }
          ],
          rotations: [{ route: 0, lane: 1, at: 1500, lag, held: false }],
          crashes: [{ at: { time: 1000 }, down: 1000 }]
        })
      )
    }
  })

  it("report an engine that waits for a real timer", () => {
    const start: typeof Exporter.start = (definition, options) =>
      Effect.andThen(
        Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 1))),
        Exporter.start(definition, options)
      )
    const [violation] = Simulation.run(1, { start }).violations
    expect(violation).toMatchObject({ promise: "settling", text: expect.stringContaining("stalled") })
  })
})

describe("a bug planted in the engine", () => {
  it.each([...bugs, ...fleetBugs])("still fits it: $name", (bug) => {
    expect(sourceWith(bug)).toContain(bug.replace)
  })

  it("is refused where it fits no longer", () => {
    expect(() => sourceWith({ ...bugs[0]!, find: "no such line" })).toThrow("in 0 places")
    expect(() => sourceWith({ ...bugs[0]!, find: "yield*" })).toThrow("places, not in one")
  })
})
