/** The ledger as it must be, counted from the plan and from what is told to the outbox. */
import * as Ledger from "@millrace/core/Ledger"
import type { Fate, PlannedChunk } from "./plan.ts"

export interface Tally {
  readonly add: (route: string, kind: Ledger.Count["kind"], key: string, events: number) => void
  /** What a chunk adds to a route at its append, but for the events that wait. */
  readonly chunk: (route: string, chunk: PlannedChunk, isDuplicate: boolean) => void
  /** Differences between this and what the outbox says; `undefined` when there is none. */
  readonly difference: (found: Ledger.Ledger) => string | undefined
  readonly total: (kind: Exclude<Ledger.Count["kind"], "read">) => number
}

/** Where an event ends at the intake. */
const ends: Partial<Record<Fate, readonly [kind: Ledger.Count["kind"], key: string]>> = {
  throw: ["dead", "defect"],
  invalid: ["dead", "invalid"],
  filter: ["filtered", "chosen"],
  other: ["filtered", "not-selected"],
  skip: ["skipped", "planned"]
}

const duplicate = ["filtered", "duplicate"] as const

/** Whether an event of this fate leaves anything in the outbox: then it can be a duplicate. */
const isKept = (fate: Fate): boolean => ends[fate] === undefined || ends[fate][0] === "dead"

/** Whether an event of this fate reaches a lane. */
export const isSent = (fate: Fate): boolean => ends[fate] === undefined

/** Why an event of this fate may end in a lane as a dead letter. */
export const deadReason: Partial<Record<Fate, string>> = {
  poison: "bad-request",
  large: "too-large",
  bomb: "defect"
}

const kinds = ["filtered", "skipped", "delivered", "waiting", "dead"] as const

export const make = (): Tally => {
  const counts = new Map<string, { -readonly [Key in keyof Ledger.Count]: Ledger.Count[Key] }>()
  const add: Tally["add"] = (route, kind, key, events) => {
    const name = `${route} ${kind} ${key}`
    const found = counts.get(name)
    if (found === undefined) counts.set(name, { route, kind, key, events })
    else found.events += events
  }
  const expected = () => Ledger.fromCounts(counts.values())
  return {
    add,
    chunk: (route, { events, malformed }, isDuplicate) => {
      add(route, "read", "", events.length + malformed)
      add(route, "dead", "malformed", malformed)
      for (const { fate } of events) {
        const end = isDuplicate && isKept(fate) ? duplicate : ends[fate]
        if (end !== undefined) add(route, end[0], end[1], 1)
      }
    },
    difference: (found) => {
      const [missing] = Ledger.imbalance(found)
      if (missing !== undefined) return `route ${missing.route} does not balance: ${missing.missing} events`
      const wanted = expected()
      for (const [route, ledger] of Object.entries(wanted.routes)) {
        const other = found.routes[route]
        if (ledger.read !== (other?.read ?? 0)) return `${route}: ${other?.read} read, not ${ledger.read}`
        for (const kind of kinds) {
          const [left, right] = [ledger[kind], other?.[kind] ?? {}]
          for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
            const [want, have] = [left[key] ?? 0, right[key] ?? 0]
            if (want !== have) return `${route}: ${have} ${kind} under ${key}, not ${want}`
          }
        }
      }
      return undefined
    },
    total: (kind) => Ledger.total(expected(), kind)
  }
}
