/**
 * The sources as they stand: for `status`, alerts, and as a run left them in the state directory.
 */
import { join } from "node:path"
import type { SourceStatus, UnreadSplit } from "@millrace/core/Running"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as StateFile from "./stateFile.ts"
import { counted, table } from "./table.ts"
import { line } from "./terminal.ts"

/** Problems that are named; of more, the number is told. */
const most = 5

const Problem = Schema.Struct({
  split: Schema.optionalKey(Schema.String),
  reason: Schema.String,
  detail: Schema.String,
  since: Schema.Number
})

const State = Schema.Struct({
  source: Schema.String,
  state: Schema.Literals([
    "reading",
    "waiting",
    "gone",
    "unreadable",
    "failing",
    "closed",
    "ended",
    "failed"
  ]),
  /** Since when it is gone, cannot be read, fails or is closed, in epoch milliseconds. */
  since: Schema.optionalKey(Schema.Number),
  /** What it last failed with, by a declared name and in words, and when it is tried next; absent for one that is well. */
  reason: Schema.optionalKey(Schema.String),
  trouble: Schema.optionalKey(Schema.String),
  nextTry: Schema.optionalKey(Schema.Number),
  lastRead: Schema.optionalKey(Schema.Number),
  problems: Schema.Struct({ count: Schema.Number, first: Schema.Array(Problem) }),
  /** Splits that are not read to their end, and since when the first of them. */
  unread: Schema.Struct({ splits: Schema.Number, since: Schema.optionalKey(Schema.Number) })
})

export type SourceState = typeof State.Type

export const statesOf = (
  sources: ReadonlyArray<SourceStatus>,
  unread: ReadonlyArray<UnreadSplit>
): ReadonlyArray<SourceState> =>
  sources.map(({ source, state, gate, trouble, reason, failingSince, lastRead, problems }) => {
    const whole = problems.find(({ split }) => split === undefined)
    const left = unread.filter((one) => one.source === source)
    const since = left.flatMap((one) => one.since ?? [])
    return {
      source,
      state,
      ...sinceOf(state === "closed" ? gate.since : (failingSince ?? whole?.since)),
      ...(reason === undefined ? {} : { reason }),
      ...(trouble === "" ? {} : { trouble }),
      ...(state === "failing" || state === "closed" ? { nextTry: gate.notBefore } : {}),
      ...(lastRead === undefined ? {} : { lastRead }),
      problems: { count: problems.length, first: problems.slice(0, most) },
      unread: { splits: left.length, ...(since.length === 0 ? {} : { since: Math.min(...since) }) }
    }
  })

const sinceOf = (since: number | undefined) => (since === undefined ? {} : { since })

const fileIn = (directory: string) => join(directory, "sources.json")

/** Keeps how they stand. */
export const note = (
  directory: string | undefined,
  states: ReadonlyArray<SourceState>
): Effect.Effect<void> => (directory === undefined ? Effect.void : StateFile.write(fileIn(directory), states))

/** How the last run has left them, as far as that is known. */
export const recall = (directory: string | undefined): Effect.Effect<ReadonlyArray<SourceState>> =>
  directory === undefined
    ? Effect.succeed([])
    : Effect.map(StateFile.read(fileIn(directory), Schema.Array(State)), (states) => states ?? [])

const time = (millis: number | undefined) => (millis === undefined ? "" : new Date(millis).toISOString())

const nextTryText = (nextTry: number | undefined) =>
  nextTry === undefined ? "" : ` (next try ${time(nextTry)})`

/** One line a source, and one for each problem that is named. */
export const sourcesText = (states: ReadonlyArray<SourceState>): string => {
  if (states.length === 0) return "no source has been read yet"
  const rows = states.map(({ source, state, since, lastRead, problems, unread }) => [
    source,
    state,
    time(since),
    time(lastRead),
    String(unread.splits),
    String(problems.count)
  ])
  const lines = states.flatMap(({ source, trouble, nextTry, problems: { count, first } }) => [
    ...(trouble === undefined ? [] : [line(`source ${source}: ${trouble}${nextTryText(nextTry)}`)]),
    ...first.map(({ detail, since }) => line(`source ${source}: ${detail} (since ${time(since)})`)),
    ...(count > first.length ? [`source ${source}: ${counted(count - first.length, "more problem")}`] : [])
  ])
  return [table(["source", "state", "since", "last read", "unread", "problems"], rows), ...lines].join("\n")
}
