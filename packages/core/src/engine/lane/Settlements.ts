/**
 * What is told to the outbox about events that ended, gathered by parcel.
 */
import type { Sequence, Settlement } from "../../Outbox.ts"
import type { Pending } from "../message/Batches.ts"
import * as Item from "../message/Item.ts"
import type { OwnTrack } from "../message/OwnTrack.ts"
import type { Prepared } from "../message/Prepare.ts"
import type { Verdict } from "./Verdict.ts"

/** Settlements of one track. */
export interface OfTrack {
  readonly own: OwnTrack
  readonly settlements: ReadonlyArray<Settlement>
}

interface Draft {
  readonly own: OwnTrack
  readonly delivered: Array<number>
  readonly dead: Array<Settlement["dead"][number]>
  attempts: number
}

const gather = () => {
  const drafts = new Map<Sequence, Draft>()
  const of = (parcel: Sequence, own: OwnTrack): Draft => {
    const found = drafts.get(parcel)
    if (found !== undefined) return found
    const draft: Draft = { own, delivered: [], dead: [], attempts: 0 }
    drafts.set(parcel, draft)
    return draft
  }
  return {
    of,
    end: ({ item, reason, detail }: Item.Dead) => {
      for (const { parcel, position } of Item.members(item))
        of(parcel, item.own).dead.push({ position, reason, detail })
    },
    finish: (at: number): ReadonlyArray<OfTrack> => {
      const tracks = new Map<OwnTrack, Array<Settlement>>()
      for (const [parcel, { own, ...draft }] of drafts) {
        const settlements = tracks.get(own)
        const settlement = { parcel, at, ...draft }
        if (settlements === undefined) tracks.set(own, [settlement])
        else settlements.push(settlement)
      }
      return [...tracks].map(([own, settlements]) => ({ own, settlements }))
    }
  }
}

/** After an attempt. What goes again is told too, for its count of attempts. */
export const ofVerdict = (batch: Pending, verdict: Verdict, at: number): ReadonlyArray<OfTrack> => {
  const settlements = gather()
  for (const item of verdict.delivered) {
    for (const { parcel, position } of Item.members(item))
      settlements.of(parcel, item.own).delivered.push(position)
  }
  for (const ended of verdict.dead) {
    settlements.end(ended)
    for (const { parcel } of Item.members(ended.item))
      settlements.of(parcel, ended.item.own).attempts = batch.attempts + 1
  }
  for (const { items, attempts } of verdict.again) {
    if (attempts === batch.attempts) continue
    for (const item of items) {
      for (const { parcel } of Item.members(item)) settlements.of(parcel, item.own).attempts = attempts
    }
  }
  return settlements.finish(at)
}

/** Messages that ended before any attempt. */
export const ofEnded = (dead: ReadonlyArray<Item.Dead>, at: number): ReadonlyArray<OfTrack> => {
  const settlements = gather()
  for (const ended of dead) settlements.end(ended)
  return settlements.finish(at)
}

/** Events of a parcel that ended while they were prepared. */
export const ofPrepared = (
  own: OwnTrack,
  parcel: Sequence,
  { dead }: Prepared,
  attempts: number,
  at: number
): ReadonlyArray<OfTrack> =>
  dead.length === 0 ? [] : [{ own, settlements: [{ parcel, delivered: [], dead, attempts, at }] }]
