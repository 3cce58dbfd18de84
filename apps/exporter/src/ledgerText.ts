/**
 * The ledger and the lanes, as a person reads them.
 */
import * as Ledger from "@millrace/core/Ledger"
import type { LaneStatus } from "@millrace/core/Running"
import { counted, number } from "@millrace/operations/Text"
import { table } from "./table.ts"

const kinds = [
  ["filtered", "by the route"],
  ["skipped", "not for the destination"],
  ["delivered", "to lane"],
  ["waiting", "for lane"],
  ["dead", "dead letters"],
  ["erased", "by an operator"]
] as const

const rowsOf = (counts: Ledger.RouteLedger): ReadonlyArray<ReadonlyArray<string>> => [
  ["read", "", number(counts.read)],
  ...kinds.flatMap(([kind, meaning]) =>
    Object.entries(counts[kind] ?? {})
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([key, events]) => [kind, `${meaning}: ${key}`, number(events)])
  )
]

export const ledgerText = (ledger: Ledger.Ledger): string => {
  const unbalanced = new Map(Ledger.imbalance(ledger).map(({ route, missing }) => [route, missing]))
  return Object.entries(ledger.routes)
    .map(([route, counts]) => {
      const missing = unbalanced.get(route)
      const verdict =
        missing === undefined
          ? "the ledger balances"
          : `THE LEDGER DOES NOT BALANCE: ${counted(missing, "event")} unaccounted for`
      return `route ${route}\n${table(["what", "which", "events"], rowsOf(counts))}\n${verdict}`
    })
    .join("\n\n")
}

/** One line for each lane that something waits for, and why it waits. */
export const waitingText = (ledger: Ledger.Ledger, lanes: ReadonlyArray<LaneStatus>): ReadonlyArray<string> =>
  Object.entries(ledger.routes).flatMap(([route, { waiting }]) =>
    Object.entries(waiting).map(([lane, events]) => {
      const status = lanes.find((found) => found.route === route && found.lane === lane)
      return `${counted(events, "event")} ${events === 1 ? "waits" : "wait"} for lane ${lane} of route ${route}: ${status === undefined ? "not sent yet" : whyWaiting(status)}`
    })
  )

/** What dead letters a run added, and those there were before it. */
export const deadText = (ledger: Ledger.Ledger, before: Ledger.Ledger): string | undefined => {
  const reasons = deadByReason(ledger)
  const earlier = deadByReason(before)
  const added = [...reasons].flatMap(([reason, events]) => {
    const more = events - (earlier.get(reason) ?? 0)
    return more > 0 ? [{ reason, more }] : []
  })
  const total = added.reduce((sum, { more }) => sum + more, 0)
  if (total > 0) {
    const why = added.map(({ reason, more }) => `${number(more)} ${reason}`).join(", ")
    return `this run added ${counted(total, "dead letter")} (${why}); millrace dead-letters list tells more`
  }
  const kept = Ledger.total(ledger, "dead")
  return kept === 0
    ? undefined
    : `${counted(kept, "dead letter")} of earlier runs ${kept === 1 ? "is" : "are"} kept in the outbox; millrace dead-letters list tells more`
}

const deadByReason = (ledger: Ledger.Ledger): ReadonlyMap<string, number> => {
  const reasons = new Map<string, number>()
  for (const { dead } of Object.values(ledger.routes)) {
    for (const [reason, events] of Object.entries(dead))
      reasons.set(reason, (reasons.get(reason) ?? 0) + events)
  }
  return reasons
}

export const whyWaiting = ({ gate, trouble }: LaneStatus): string => {
  if (!gate.open) return trouble === "" ? `closed (${gate.reason})` : `closed (${gate.reason}): ${trouble}`
  return trouble === "" ? "not sent yet" : trouble
}
