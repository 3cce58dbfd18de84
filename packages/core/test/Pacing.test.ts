/** What lanes ask of those who feed them, as a table: the module is inside the engine, and has no effects. */
import { assert, describe, it } from "@effect/vitest"
import type { LaneView } from "../src/engine/lane/LaneView.ts"
import * as Pacing from "../src/engine/lane/Pacing.ts"

const now = 1_000_000
const patience = 60_000

/** A lane that sends, with much room in memory. */
const hungry: LaneView = {
  isEmpty: false,
  sends: true,
  isWell: true,
  isGateOpen: true,
  notBefore: 0,
  underWay: 0,
  failingSince: Infinity,
  shared: { notBefore: 0, since: 0 },
  isShareFull: false,
  isLagging: false,
  isNear: false,
  hasRoom: true,
  isHungry: true
}
const sated = { ...hungry, isHungry: false }
const full = { ...sated, hasRoom: false }
const failing = { ...full, isWell: false, failingSince: now - 1000 }
const refused = { ...full, isWell: false, isGateOpen: false, notBefore: now + 1 }
const paused = { ...full, sends: false }

const rules: ReadonlyArray<
  readonly [name: string, lane: LaneView, accepts: boolean, isCrowded: boolean, isDone: boolean]
> = [
  ["hungry", hungry, true, false, false],
  ["sated", sated, true, false, false],
  ["full", full, false, true, false],
  ["lagging far", { ...hungry, isLagging: true }, false, false, false],
  ["lagging by little", { ...hungry, isLagging: true, isNear: true }, false, true, false],
  ["failing", failing, false, false, false],
  ["failing for longer than patience", { ...failing, failingSince: now - patience }, false, false, true],
  [
    "held by another lane's wait",
    { ...full, shared: { notBefore: now + 1, since: now - patience } },
    false,
    true,
    true
  ],
  [
    "of a wait that is over",
    { ...full, shared: { notBefore: now, since: now - patience } },
    false,
    true,
    false
  ],
  ["refused", refused, false, false, true],
  ["refused, and tried now", { ...refused, notBefore: now }, false, false, false],
  ["refused, with an attempt under way", { ...refused, underWay: 1 }, false, false, false],
  ["paused", paused, false, false, true],
  ["empty", { ...hungry, isEmpty: true }, true, false, true]
]

describe("pacing", () => {
  it.each(rules)("of a lane that is %s", (_, lane, accepts, isCrowded, isDone) => {
    assert.strictEqual(Pacing.accepts(lane), accepts, "accepts")
    assert.strictEqual(Pacing.isCrowded(lane), isCrowded, "isCrowded")
    assert.strictEqual(Pacing.isDone(lane, now, patience), isDone, "isDone")
  })

  const together: ReadonlyArray<readonly [name: string, lanes: ReadonlyArray<LaneView>, goesOn: boolean]> = [
    ["there is none", [], true],
    ["one wants more", [sated, hungry], true],
    ["all have more than enough", [sated, full], false],
    ["those that fail want more, and the others do not", [sated, { ...hungry, isWell: false }], false],
    ["one that is paused wants more, and the other does not", [sated, { ...hungry, sends: false }], false],
    ["none sends", [paused, refused, failing], true]
  ]
  it.each(together)("of sources where %s", (_, lanes, goesOn) =>
    assert.strictEqual(Pacing.mayGoOn(lanes), goesOn)
  )

  it("of a full share holds the sources, but for a lane that is empty", () => {
    assert.isFalse(Pacing.holds(full))
    assert.isTrue(Pacing.holds({ ...paused, isShareFull: true }))
    assert.isFalse(Pacing.holds({ ...hungry, isShareFull: true, isEmpty: true }))
  })

  it("of a finite run waits no longer than its patience, and for a moment at least", () => {
    assert.strictEqual(Pacing.patienceLeft([full], now, patience), patience)
    assert.strictEqual(Pacing.patienceLeft([full, failing], now, patience), patience - 1000)
    assert.strictEqual(Pacing.patienceLeft([{ ...full, failingSince: 0 }], now, patience), 1)
  })
})
