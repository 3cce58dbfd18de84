/**
 * How much of the outbox a lane fills, against the share it may fill. Plain state, no effects.
 */
import type { Share } from "../../Route.ts"

export interface LaneShare {
  /** Parcels of so many bytes were stored, or may have been. */
  readonly add: (bytes: number) => void
  /** Parcels of so many bytes were settled whole. */
  readonly free: (bytes: number) => void
  /** So many bytes are stored, whatever was told before. */
  readonly weigh: (bytes: number) => void
  readonly isFull: () => boolean
  /** When the oldest parcels are to be set aside, in epoch milliseconds, for a lane that last sent at a time. */
  readonly asideAt: (lastSuccess: number) => number
  /** Bytes of the oldest parcels that are to be set aside then. */
  readonly excess: () => number
}

/** A lane that sent within this time, in milliseconds, holds its sources rather than set anything aside. */
const patience = 60_000

/** So much of a full share stays filled, so that not every chunk sets some aside. */
const kept = 0.9

/** `stored` is what the lane holds already, in bytes. Without a share the lane is never full. */
export const make = (share: Share | undefined, stored: number): LaneShare => {
  let bytes = stored
  const isFull = () => share !== undefined && bytes >= share.size
  return {
    add: (added) => {
      bytes += added
    },
    free: (freed) => {
      bytes -= freed
    },
    weigh: (found) => {
      bytes = found
    },
    isFull,
    asideAt: (lastSuccess) =>
      share?.whenFull === "set-aside" && isFull() ? lastSuccess + patience : Infinity,
    excess: () => bytes - kept * (share?.size ?? 0)
  }
}
