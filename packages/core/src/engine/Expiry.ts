/**
 * Events that waited longer than their retention: dead letters, never deleted.
 */
import * as Bitmap from "../Bitmap.ts"
import type { Parcel, Sequence, Settlement } from "../Outbox.ts"
import type { Member } from "./Item.ts"

const ending = { reason: "expired", detail: "waited longer than its retention" }

export interface Expired {
  /** The last parcel that expired; 0 for none. */
  readonly last: Sequence
  readonly settlements: (at: number) => ReadonlyArray<Settlement>
}

/** The parcels appended at or before `until`. They come oldest first, so the first younger one ends them. */
export const expired = (parcels: ReadonlyArray<Parcel>, until: number): Expired => {
  const young = parcels.findIndex(({ appendedAt }) => appendedAt > until)
  const old = young < 0 ? parcels : parcels.slice(0, young)
  return {
    last: old.at(-1)?.sequence ?? 0,
    settlements: (at) =>
      old.map(({ sequence, records, settled, attempts }) => ({
        parcel: sequence,
        delivered: [],
        dead: [...records.ends.keys()]
          .filter((position) => !Bitmap.has(settled, position))
          .map((position) => ({ position, ...ending })),
        attempts,
        at
      }))
  }
}

/** When to look again: at the age of the oldest parcel that was left, or at once when all that was read had expired. */
export const nextExpiry = (parcels: ReadonlyArray<Parcel>, { last }: Expired, retention: number): number => {
  const [oldest] = parcels.filter(({ sequence }) => sequence > last)
  if (oldest !== undefined) return oldest.appendedAt + retention
  return parcels.length === 0 ? Infinity : 0
}

/** Younger events of a message whose older ones expired: a message is whole or it is not. */
export const ofMembers = (members: ReadonlyArray<Member>, at: number): ReadonlyArray<Settlement> =>
  members.map(({ parcel, position }) => ({
    parcel,
    delivered: [],
    dead: [{ position, ...ending }],
    attempts: 0,
    at
  }))
