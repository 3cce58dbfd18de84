/**
 * The ledger and the lanes, as a person reads them.
 */
import * as Ledger from "@millrace/core/Ledger"
import type { LaneStatus } from "@millrace/core/Running"
import { number, table } from "./table.ts"

const kinds = [
  ["filtered", "by the route"],
  ["skipped", "not for the destination"],
  ["delivered", "to lane"],
  ["waiting", "for lane"],
  ["dead", "dead letters"]
] as const

const rowsOf = (counts: Ledger.RouteLedger): ReadonlyArray<ReadonlyArray<string>> => [
  ["read", "", number(counts.read)],
  ...kinds.flatMap(([kind, meaning]) =>
    Object.entries(counts[kind])
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
          : `THE LEDGER DOES NOT BALANCE: ${number(missing)} events unaccounted for`
      return `route ${route}\n${table(["what", "which", "events"], rowsOf(counts))}\n${verdict}`
    })
    .join("\n\n")
}

/** One line for each lane that something waits for, and why it waits. */
export const waitingText = (ledger: Ledger.Ledger, lanes: ReadonlyArray<LaneStatus>): ReadonlyArray<string> =>
  Object.entries(ledger.routes).flatMap(([route, { waiting }]) =>
    Object.entries(waiting).map(([lane, events]) => {
      const status = lanes.find((found) => found.route === route && found.lane === lane)
      return `${number(events)} events wait for lane ${lane} of route ${route}: ${status === undefined ? "not sent yet" : whyWaiting(status)}`
    })
  )

export const whyWaiting = ({ gate, trouble }: LaneStatus): string => {
  if (!gate.open) return trouble === "" ? `closed (${gate.reason})` : `closed (${gate.reason}): ${trouble}`
  return trouble === "" ? "not sent yet" : trouble
}
