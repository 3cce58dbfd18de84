/**
 * What progress tells: how much, how fast, and where nothing moves, why not. Pure.
 */
import * as Ledger from "@millrace/core/Ledger"
import type { LaneStatus, Progress, SourceStatus } from "@millrace/core/Running"
import { counted, number } from "@millrace/operations/Text"
import * as Duration from "effect/Duration"
import { whyWaiting } from "./ledgerText.ts"
import { line } from "./terminal.ts"

/** A run as it is seen at a time, in epoch milliseconds. */
export interface View {
  readonly at: number
  readonly ledger: Ledger.Ledger
  readonly progress: Progress
  readonly lanes: ReadonlyArray<LaneStatus>
  readonly sources: ReadonlyArray<SourceStatus>
  readonly follow: boolean
}

/** What the pace is measured from. */
export interface Moment {
  readonly at: number
  readonly delivered: number
}

/** Events, except where the name tells another unit: also the fields of a log line. */
export interface Told {
  readonly read: number
  readonly delivered: number
  readonly deliveredPerSecond: number
  readonly waiting: number
  readonly dead: number
  readonly unreadFiles: number
  /** Why nothing is delivered though there is something to do; absent while all is well. */
  readonly held?: string
  readonly secondsLeft?: number
}

export const momentOf = ({ at, ledger }: Pick<View, "at" | "ledger">): Moment => ({
  at,
  delivered: Ledger.total(ledger, "delivered")
})

export const progressOf = (
  view: View,
  { start, since }: { readonly start: number; readonly since: Moment }
): Told => {
  const { at, ledger, progress } = view
  const { delivered } = momentOf(view)
  const perSecond = ((delivered - since.delivered) / Math.max(1, at - since.at)) * 1000
  const held = perSecond > 0 ? undefined : whyHeld(view)
  const left = secondsLeft(view, at - start)
  return {
    read: Object.values(ledger.routes).reduce((most, { read }) => Math.max(most, read), 0),
    delivered,
    deliveredPerSecond: Math.round(perSecond),
    waiting: Ledger.total(ledger, "waiting"),
    dead: Ledger.total(ledger, "dead"),
    unreadFiles: progress.unread.length,
    ...(held === undefined ? {} : { held }),
    ...(left === undefined ? {} : { secondsLeft: left })
  }
}

const troubled: ReadonlySet<SourceStatus["state"]> = new Set([
  "gone",
  "unreadable",
  "failing",
  "closed",
  "failed"
])

/** The lane that is in trouble and has the most to send; without one, the source that cannot be read. */
const whyHeld = ({ ledger, lanes, sources }: View): string | undefined => {
  const waiting = ({ route, lane }: LaneStatus) => ledger.routes[route]?.waiting[lane] ?? 0
  const [lane] = lanes
    .filter((lane) => waiting(lane) > 0 && (lane.trouble !== "" || !lane.gate.open))
    .sort((one, other) => waiting(other) - waiting(one))
  if (lane !== undefined) return `${lane.lane} ${whyWaiting(lane)}`
  const source = sources.find(({ state }) => troubled.has(state))
  if (source === undefined) return undefined
  const [problem] = source.problems
  const why = source.trouble === "" ? problem?.detail : source.trouble
  return `source ${source.source} ${source.state}${why === undefined ? "" : `: ${why}`}`
}

/** Until the input is read at the pace so far; unknown for a source that does not tell its size, or never ends. */
const secondsLeft = ({ follow, progress }: View, elapsed: number): number | undefined => {
  const { consumed, expected, sourcesEnded } = progress
  if (follow || sourcesEnded || consumed === 0 || expected <= consumed) return undefined
  return Math.ceil((elapsed / 1000) * (expected / consumed - 1))
}

/** `30s`, `12m`, `1d 1h`: as coarse as it is long. */
const about = (seconds: number): string => {
  const unit = seconds < 120 ? 1 : seconds < 7_200 ? 60 : 3_600
  return Duration.format(Duration.seconds(Math.ceil(seconds / unit) * unit))
}

/** One line of at most so many columns. What holds everything up stands first: it must not be what is cut. */
export const progressText = (told: Told, columns: number): string => {
  const { read, delivered, deliveredPerSecond, waiting, dead, unreadFiles, held, secondsLeft } = told
  const parts = [
    `read ${number(read)}, delivered ${number(delivered)} (${number(deliveredPerSecond)}/s), waiting ${number(waiting)}, dead ${number(dead)}`,
    ...(secondsLeft === undefined ? [] : [`${about(secondsLeft)} left`]),
    ...(unreadFiles === 0 ? [] : [`not read to its end: ${counted(unreadFiles, "file")}`])
  ]
  const text = line(held === undefined ? parts.join(", ") : heldText(held, waiting, delivered))
  return text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`
}

const heldText = (held: string, waiting: number, delivered: number): string =>
  `delivered ${number(delivered)}, waiting ${number(waiting)}: ${held}`
