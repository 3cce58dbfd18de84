/**
 * The sources as they stand, for people.
 */
import type * as Status from "@millrace/operations/Status"
import { counted, number } from "@millrace/operations/Text"
import { table } from "./table.ts"
import { line } from "./terminal.ts"

const time = (millis: number | undefined) => (millis === undefined ? "" : new Date(millis).toISOString())

const nextTryText = (nextTry: number | undefined) =>
  nextTry === undefined ? "" : ` (next try ${time(nextTry)})`

const heads = ["source", "state", "since", "last read", "behind", "oldest", "events/s", "unread", "problems"]

/** What is said of the sources of a fleet: no exporter knows those of another. */
export const sourcesOfFleet = "sources: each exporter tells of its own in its log"

/** One line a source, and one for each problem that is named. */
export const sourcesText = (states: ReadonlyArray<Status.Source>): string => {
  if (states.length === 0) return "no source has been read yet"
  const rows = states.map(
    ({ eventsPerSecond = 0, lag, problems, since, source, state, lastRead, unread }) => [
      source,
      state,
      time(since),
      time(lastRead),
      lag === undefined ? "" : number(lag.count),
      time(lag?.oldest),
      number(eventsPerSecond),
      String(unread.splits),
      String(problems.count)
    ]
  )
  const lines = states.flatMap(({ source, trouble, nextTry, problems: { count, first } }) => [
    ...(trouble === undefined ? [] : [line(`source ${source}: ${trouble}${nextTryText(nextTry)}`)]),
    ...first.map(({ detail, since }) => line(`source ${source}: ${detail} (since ${time(since)})`)),
    ...(count > first.length ? [`source ${source}: ${counted(count - first.length, "more problem")}`] : [])
  ])
  return [table(heads, rows), ...lines].join("\n")
}
