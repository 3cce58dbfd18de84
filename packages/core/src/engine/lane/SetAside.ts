/**
 * Events that become dead letters without a further attempt, never deleted: those that waited longer than their
 * retention, and the oldest of a lane that holds more than its share.
 */
import * as Bitmap from "../../Bitmap.ts"
import type { Parcel, Settlement } from "../../Outbox.ts"
import type { Member } from "../message/Item.ts"

/** Why, as the dead letter tells it. */
export interface Why {
  readonly reason: string
  readonly detail: string
}

export const tooOld: Why = { reason: "expired", detail: "waited longer than its retention" }
export const tooMuch: Why = {
  reason: "share-full",
  detail: "the lane held more than its share of the outbox"
}

/** When a parcel's events end, in epoch milliseconds. */
export type DueAt = (parcel: Parcel) => number

/** The parcels that are due. They come oldest first, so the first that is not ends them. */
export const expired = (parcels: ReadonlyArray<Parcel>, dueAt: DueAt, now: number): ReadonlyArray<Parcel> => {
  const young = parcels.findIndex((parcel) => dueAt(parcel) > now)
  return young < 0 ? parcels : parcels.slice(0, young)
}

/** When to look again: when the oldest parcel that was left is due, or at once when all that was read had expired. */
export const nextExpiry = (
  parcels: ReadonlyArray<Parcel>,
  old: ReadonlyArray<Parcel>,
  dueAt: DueAt
): number => {
  const oldest = parcels[old.length]
  if (oldest !== undefined) return dueAt(oldest)
  return parcels.length === 0 ? Infinity : 0
}

/** The first parcels that together hold at least so many bytes. */
export const oldest = (parcels: ReadonlyArray<Parcel>, bytes: number): ReadonlyArray<Parcel> => {
  let sum = 0
  const enough = parcels.findIndex(({ records }) => {
    sum += records.bytes.length
    return sum >= bytes
  })
  return enough < 0 ? parcels : parcels.slice(0, enough + 1)
}

export const ofParcels = (parcels: ReadonlyArray<Parcel>, why: Why, at: number): ReadonlyArray<Settlement> =>
  parcels.map(({ sequence, records, settled, attempts }) => ({
    parcel: sequence,
    delivered: [],
    dead: [...records.ends.keys()]
      .filter((position) => !Bitmap.has(settled, position))
      .map((position) => ({ position, ...why })),
    attempts,
    at
  }))

/** Younger events of a message whose older ones are set aside: a message is whole or it is not. */
export const ofMembers = (members: ReadonlyArray<Member>, why: Why, at: number): ReadonlyArray<Settlement> =>
  members.map(({ parcel, position }) => ({
    parcel,
    delivered: [],
    dead: [{ position, ...why }],
    attempts: 0,
    at
  }))
