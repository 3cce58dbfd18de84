/**
 * What a run notes in the state directory, for a status when nobody runs: its sources, what they have not read, and how it
 * began and ended.
 */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Run, Source, Unread } from "../Status.ts"
import * as StateFile from "./stateFile.ts"

/** What is noted in one file; without a state directory nothing is. */
const noted = <A>(name: string, schema: Schema.Codec<A, unknown>) => ({
  write: (directory: string | undefined, value: A): Effect.Effect<void> =>
    directory === undefined ? Effect.void : StateFile.write(join(directory, name), value),
  read: (directory: string | undefined): Effect.Effect<A | undefined> =>
    directory === undefined ? Effect.succeed(undefined) : StateFile.read(join(directory, name), schema)
})

const RunNoted = Schema.Struct({
  started: Schema.Number,
  follows: Schema.Boolean,
  end: Schema.optionalKey(
    Schema.Struct({
      at: Schema.Number,
      how: Schema.Literals(["ended", "stopped", "failed"]),
      why: Schema.optionalKey(Schema.String)
    })
  )
})

const UnreadNoted = Schema.Struct({
  splits: Schema.Number,
  first: Schema.Array(
    Schema.Struct({
      source: Schema.String,
      split: Schema.String,
      byte: Schema.Number,
      what: Schema.String
    })
  )
})

const SourceNoted = Schema.Struct({
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
  since: Schema.optionalKey(Schema.Number),
  reason: Schema.optionalKey(Schema.String),
  trouble: Schema.optionalKey(Schema.String),
  nextTry: Schema.optionalKey(Schema.Number),
  lastRead: Schema.optionalKey(Schema.Number),
  lag: Schema.optionalKey(
    Schema.Struct({
      count: Schema.Number,
      bytes: Schema.optionalKey(Schema.Number),
      oldest: Schema.optionalKey(Schema.Number)
    })
  ),
  newestEvent: Schema.optionalKey(Schema.Number),
  eventsPerSecond: Schema.optionalKey(Schema.Number),
  problems: Schema.Struct({
    count: Schema.Number,
    first: Schema.Array(
      Schema.Struct({
        split: Schema.optionalKey(Schema.String),
        reason: Schema.String,
        detail: Schema.String,
        since: Schema.Number
      })
    )
  }),
  unread: Schema.Struct({ splits: Schema.Number, since: Schema.optionalKey(Schema.Number) })
})

const files = {
  run: noted<Run>("run.json", RunNoted),
  sources: noted<ReadonlyArray<Source>>("sources.json", Schema.Array(SourceNoted)),
  unread: noted<Unread>("unread.json", UnreadNoted)
}

export const writeRun = files.run.write
export const writeSources = files.sources.write
export const writeUnread = files.unread.write

/** The last run, as far as that is known. */
export const run = files.run.read

/** How the last run has left the sources, as far as that is known. */
export const sources = (directory: string | undefined): Effect.Effect<ReadonlyArray<Source>> =>
  Effect.map(files.sources.read(directory), (found) => found ?? [])

/** What the last run has not read, as far as that is known. */
export const unread = (directory: string | undefined): Effect.Effect<Unread> =>
  Effect.map(files.unread.read(directory), (found) => found ?? { splits: 0, first: [] })
