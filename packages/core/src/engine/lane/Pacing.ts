/**
 * What lanes ask of those who feed them, and when a lane is done: rules over views of lanes. Pure: `LaneWatch` and the
 * intake's `Door` wait by them.
 */
import * as Health from "./Health.ts"
import type { LaneView } from "./LaneView.ts"

/** How long a source waits for a lane that could be handed no more, in milliseconds: a slow lane lags to disk instead. */
export const longestPause = 100

/** Whether preparing a chunk's events for the lane is worth it now: it sends, and has room. */
export const accepts = (lane: LaneView): boolean =>
  !lane.isLagging && lane.sends && lane.isWell && lane.hasRoom

/** Whether the lane holds its sources: it fills its share of the outbox. */
export const holds = (lane: LaneView): boolean => lane.isShareFull && !lane.isEmpty

/** Whether the lane has a say in the pace of the sources; one that is closed or in trouble lags to disk. */
const takesPart = (lane: LaneView): boolean => lane.sends && lane.isWell

/** Whether it has more than enough in memory. */
const isSated = (lane: LaneView): boolean => takesPart(lane) && !lane.isHungry

/** Whether sources may go on: some lane that takes part wants more, or none takes part. */
export const mayGoOn = (lanes: ReadonlyArray<LaneView>): boolean => {
  const part = lanes.filter(takesPart)
  return part.length === 0 || !part.every(isSated)
}

/**
 * Whether the lane sends and could be handed no more now, but soon: a parcel stored next would have to be read back, and
 * each one after it as long as they come as fast as they are read back.
 */
export const isCrowded = (lane: LaneView): boolean =>
  takesPart(lane) && (lane.isLagging ? lane.isNear : !lane.hasRoom)

/** Whether the lane can send nothing for now: refused in this run, paused, or held by the configuration. */
const isClosed = (lane: LaneView, now: number): boolean =>
  !lane.sends || (!lane.isGateOpen && lane.underWay === 0 && lane.notBefore > now)

/** When the lane has failed for as long as a finite run bears with it, in epoch milliseconds. */
const givenUpAt = (lane: LaneView, now: number, patience: number): number =>
  Health.troubledSince(lane, lane.shared, now) + patience

/** Whether a finite run waits no longer for the lane: it is empty, closed, or past patience. */
export const isDone = (lane: LaneView, now: number, patience: number): boolean =>
  lane.isEmpty || isClosed(lane, now) || now >= givenUpAt(lane, now, patience)

/** How long a finite run may still wait for these lanes until it looks again, in milliseconds. */
export const patienceLeft = (lanes: ReadonlyArray<LaneView>, now: number, patience: number): number =>
  Math.max(1, Math.min(patience, ...lanes.map((lane) => givenUpAt(lane, now, patience) - now)))
