/**
 * How many events a second were read in the last minute. Owns its counts; whoever reads adds to them.
 */

/** Milliseconds of a bucket, and how many of them are kept. */
const bucket = 5_000
const kept = 12

export interface Rate {
  readonly add: (now: number, events: number) => void
  /** Events a second in the last minute, or since the start where that is less. */
  readonly at: (now: number) => number
}

export const make = (start: number): Rate => {
  const counts = new Map<number, number>()
  const forget = (now: number) => {
    const first = Math.floor(now / bucket) - kept + 1
    for (const at of counts.keys()) if (at < first) counts.delete(at)
  }
  return {
    add: (now, events) => {
      const at = Math.floor(now / bucket)
      counts.set(at, (counts.get(at) ?? 0) + events)
      if (counts.size > kept) forget(now)
    },
    at: (now) => {
      forget(now)
      const sum = [...counts.values()].reduce((total, count) => total + count, 0)
      const span = Math.min(now - start, (kept - 1) * bucket + (now % bucket))
      return (sum * 1000) / Math.max(span, 1000)
    }
  }
}
