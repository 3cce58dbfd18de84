/**
 * What is told to the outbox about events that ended, gathered by parcel.
 */
import type { Sequence, Settlement } from "../Outbox.ts"
import type { Pending } from "./Batches.ts"
import * as Item from "./Item.ts"
import type { Prepared } from "./Prepare.ts"
import type { Ended, Verdict } from "./Verdict.ts"

interface Draft {
  readonly delivered: Array<number>
  readonly dead: Array<Settlement["dead"][number]>
  attempts: number
}

const gather = () => {
  const drafts = new Map<Sequence, Draft>()
  const of = (parcel: Sequence): Draft => {
    const draft = drafts.get(parcel) ?? { delivered: [], dead: [], attempts: 0 }
    drafts.set(parcel, draft)
    return draft
  }
  return {
    of,
    end: ({ item, reason, detail }: Ended) => {
      for (const { parcel, position } of Item.members(item))
        of(parcel).dead.push({ position, reason, detail })
    },
    finish: (at: number): ReadonlyArray<Settlement> =>
      [...drafts].map(([parcel, draft]) => ({ parcel, at, ...draft }))
  }
}

/** After an attempt. What goes again is told too, for its count of attempts. */
export const ofVerdict = (batch: Pending, verdict: Verdict, at: number): ReadonlyArray<Settlement> => {
  const settlements = gather()
  for (const item of verdict.delivered) {
    for (const { parcel, position } of Item.members(item)) settlements.of(parcel).delivered.push(position)
  }
  for (const ended of verdict.dead) {
    settlements.end(ended)
    for (const { parcel } of Item.members(ended.item)) settlements.of(parcel).attempts = batch.attempts + 1
  }
  for (const { items, attempts } of verdict.again) {
    if (attempts === batch.attempts) continue
    for (const item of items) {
      for (const { parcel } of Item.members(item)) settlements.of(parcel).attempts = attempts
    }
  }
  return settlements.finish(at)
}

/** Messages that ended before any attempt. */
export const ofEnded = (dead: ReadonlyArray<Ended>, at: number): ReadonlyArray<Settlement> => {
  const settlements = gather()
  for (const ended of dead) settlements.end(ended)
  return settlements.finish(at)
}

/** Events of a parcel that ended while they were prepared. */
export const ofPrepared = (
  parcel: Sequence,
  { dead }: Prepared,
  attempts: number,
  at: number
): ReadonlyArray<Settlement> => (dead.length === 0 ? [] : [{ parcel, delivered: [], dead, attempts, at }])
