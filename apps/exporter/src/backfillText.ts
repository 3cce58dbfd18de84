/**
 * How far a backfill is, in a line. Pure.
 */
import type { BackfillStatus } from "@millrace/core/Running"
import { bytes, counted, lasting } from "@millrace/operations/Text"

/** Milliseconds until all is read, at the pace so far; unknown before anything was read. */
const left = ({ consumed, expected, started }: BackfillStatus, now: number): number | undefined =>
  consumed === 0 || expected <= consumed ? undefined : (now - started) * (expected / consumed - 1)

/** What holds it up stands first: it must not be what a narrow terminal cuts. */
export const backfillText = (status: BackfillStatus, now: number): string => {
  const { consumed, events, expected, split, state, trouble } = status
  const rest = left(status, now)
  const parts = [
    ...(trouble === "" ? [] : [`${state}: ${trouble}`]),
    `${counted(events, "event")} read`,
    ...(expected === 0 ? [] : [`${bytes(Math.min(consumed, expected))} of ${bytes(expected)}`]),
    ...(rest === undefined || state !== "reading" ? [] : [`${lasting(rest)} left`]),
    ...(split === undefined ? [] : [`at ${split}`])
  ]
  return parts.join(", ")
}
