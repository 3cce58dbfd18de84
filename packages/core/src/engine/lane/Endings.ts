/**
 * Events of a lane that became dead letters, gathered for the log: many that end together are one line with their number.
 */
import type { Why } from "./SetAside.ts"

export interface Endings {
  readonly add: (why: Why, events: number, now: number) => void
  /** When a line is due, in epoch milliseconds. */
  readonly dueAt: () => number
  /** The lines for what was gathered; forgets it. */
  readonly take: (now: number) => ReadonlyArray<{ readonly text: string; readonly reason: string }>
}

/** Milliseconds without a further one after which those that ended together are told of. */
const quiet = 1000

/** Milliseconds between two lines where they never stop ending. */
const pause = 60_000

export const make = (): Endings => {
  /** By reason; the detail is the first one's. */
  const gathered = new Map<string, { readonly detail: string; events: number }>()
  let first = Infinity
  let last = Infinity
  let told = -Infinity
  return {
    add: ({ reason, detail }, events, now) => {
      if (events === 0) return
      const entry = gathered.get(reason) ?? { detail, events: 0 }
      entry.events += events
      gathered.set(reason, entry)
      first = Math.min(first, now)
      last = now
    },
    dueAt: () =>
      gathered.size === 0 ? Infinity : Math.max(told + pause, Math.min(last + quiet, first + pause)),
    take: (now) => {
      const lines = [...gathered].map(([reason, { detail, events }]) => ({
        reason,
        text: `${events === 1 ? "1 event is a dead letter" : `${events} events are dead letters`} now (${reason})${detail === "" ? "" : `: ${detail}`}; nothing is lost, and a replay sends again`
      }))
      if (lines.length > 0) told = now
      gathered.clear()
      first = Infinity
      return lines
    }
  }
}
