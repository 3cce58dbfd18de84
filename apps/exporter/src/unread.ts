/**
 * What of the input could not be read yet: as a person reads it, and as it stands in the state directory for a `status`
 * after the run.
 */
import { join } from "node:path"
import type { UnreadSplit } from "@millrace/core/Running"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as StateFile from "./stateFile.ts"
import { number } from "./table.ts"
import { line } from "./terminal.ts"

/** Splits that are named; of more, the number is told. */
const most = 5

const Summary = Schema.Struct({
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

export interface Summary {
  /** How many splits are not read to their end. */
  readonly splits: number
  readonly first: ReadonlyArray<UnreadSplit>
}

const nothing: Summary = { splits: 0, first: [] }

export const summaryOf = (unread: ReadonlyArray<UnreadSplit>): Summary => ({
  splits: unread.length,
  first: unread.slice(0, most).map(({ source, split, byte, what }) => ({ source, split, byte, what }))
})

/** One line for each split that is named: where it stands, why, and what to do. */
export const unreadText = ({ splits, first }: Summary): ReadonlyArray<string> => {
  const lines = first.map(({ source, split, byte, what }) =>
    line(
      `${source === "default" ? "" : `source ${source}: `}${split}: unread from byte ${byte} on: ${what}; make it whole and run again, then it is read on from there`
    )
  )
  return splits > first.length
    ? [...lines, `${number(splits - first.length)} more files are not read to their end`]
    : lines
}

const fileIn = (directory: string) => join(directory, "unread.json")

/** Keeps what is left. */
export const note = (directory: string | undefined, left: Summary): Effect.Effect<void> =>
  directory === undefined ? Effect.void : StateFile.write(fileIn(directory), left)

/** What the last run has left, as far as that is known. */
export const recall = (directory: string | undefined): Effect.Effect<Summary> =>
  directory === undefined
    ? Effect.succeed(nothing)
    : Effect.map(StateFile.read(fileIn(directory), Summary), (summary) => summary ?? nothing)
