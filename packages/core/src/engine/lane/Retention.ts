/**
 * When events that wait too long end. What stood in the outbox at a start, or when the clock was set forward, is tried
 * first: nobody knows how much of the time the exporter was there to deliver it. Plain state, no effects.
 */
import type { Parcel } from "../../Outbox.ts"

/** The time by the clock on the wall and by one that is never set, in milliseconds. */
export interface Moment {
  readonly now: number
  readonly monotonic: number
}

export interface Retention {
  /** Sees whether the clock was set forward. To be told before anything ends. */
  readonly look: (moment: Moment) => void
  /** Since when the exporter has been there without a gap, in epoch milliseconds. */
  readonly since: () => number
  /** When a parcel's events end, for a lane that last delivered at a time. */
  readonly dueAt: (parcel: Pick<Parcel, "appendedAt" | "attempts">, lastSuccess: number) => number
}

/** How long a lane that delivers nothing may try what waited before, in milliseconds. */
const grace = 60 * 60 * 1000

/** By so much a clock does not go wrong by itself, in milliseconds. */
const jump = 60 * 1000

export const make = (retention: number, start: Moment): Retention => {
  const patience = Math.min(grace, retention)
  let since = start.now
  let ahead = start.now - start.monotonic
  return {
    look: ({ now, monotonic }) => {
      if (now - monotonic - ahead >= jump) since = now
      ahead = now - monotonic
    },
    since: () => since,
    dueAt: ({ appendedAt, attempts }, lastSuccess) => {
      const due = appendedAt + retention
      if (appendedAt > since) return due
      // What was tried before is at the head of the lane. The rest waits its turn while the lane delivers.
      const last = attempts > 0 ? since : Math.max(since, lastSuccess)
      return Math.max(due, Math.min(last + patience, since + retention))
    }
  }
}
