/**
 * How far into the stored parcels of a track a lane's memory reaches. Plain state, no effects; `LaneMemory` owns it.
 */
import type { Sequence, Stored } from "../../Outbox.ts"
import type { OwnTrack } from "../message/OwnTrack.ts"

export interface TrackReach {
  readonly own: OwnTrack
  /** Memory holds everything up to here. */
  cursor: Sequence
  /** The newest parcel that it was told of. */
  newest: Sequence
  /** Whether stored parcels are not in memory. */
  isLagging: boolean
  /** Bytes by which it lags, as far as it was told of them; `Infinity` where more may be stored. */
  behind: number
  /** Whether it was told, since it was last begun to read back, that others may have stored more. */
  isTold: boolean
}

export const make = (own: OwnTrack, isBehind: boolean): TrackReach => ({
  own,
  cursor: 0,
  newest: 0,
  isLagging: isBehind,
  behind: isBehind ? Infinity : 0,
  isTold: false
})

/** A parcel is durable; yields whether memory takes it as it is. One that is not taken is read back. */
export const offer = (
  reach: TrackReach,
  { sequence, after }: Stored,
  bytes: number,
  isPrepared: boolean
): boolean => {
  // Read back already.
  if (sequence <= reach.cursor) return false
  // Another instance stored the one before: it comes first.
  const isGap = after > Math.max(reach.cursor, reach.newest)
  reach.newest = sequence
  if (reach.isLagging || isGap || !isPrepared) {
    reach.isLagging = true
    reach.behind += bytes
    return false
  }
  reach.cursor = sequence
  return true
}

/** Reading back found so many bytes beyond the cursor, of at most `most`. */
export const readBack = (reach: TrackReach, bytes: number, most: number): void => {
  const left = reach.behind - bytes
  // More than it was told of: others stored it, or an earlier run.
  reach.behind = bytes < most / 2 ? 0 : left < 0 ? Infinity : left
  // A parcel stored since the question was asked is still ahead.
  if (bytes === 0 && reach.newest <= reach.cursor && !reach.isTold) reach.isLagging = false
}

/** Parcels may be stored that it was not told of. */
export const lag = (reach: TrackReach): void => {
  reach.isLagging = true
  reach.isTold = true
}
