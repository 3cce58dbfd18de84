/** The pages of one stream, from a cursor on: a chunk each. */
import type { Checkpoint, Chunk, Split } from "@millrace/core/Intake"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { Page, Remote } from "./remote.ts"
import { toEvent } from "./toEvent.ts"

export const pages = (remote: Remote, stream: Split, after: Option.Option<Checkpoint>) =>
  Stream.paginate(
    Option.getOrElse(after, () => ""),
    (cursor) => Effect.map(remote.page(stream, cursor), (page) => step(page, stream, cursor))
  )

/** The chunk of a page, unless it is empty, and the cursor to ask with for the next. */
const step = (page: Page, stream: Split, cursor: Checkpoint) => {
  const next = page.more && page.cursor !== cursor ? Option.some(page.cursor) : Option.none<Checkpoint>()
  return [page.items.length === 0 ? [] : [chunkOf(page, stream, cursor)], next] as const
}

const chunkOf = ({ cursor, items }: Page, split: Split, after: Checkpoint): Chunk => {
  const read = items.map((item, index) =>
    Result.mapError(toEvent(item), (detail) => ({
      reason: "not-an-event",
      detail,
      position: `item ${index + 1} after cursor "${after}"`,
      raw: new TextEncoder().encode(JSON.stringify(item))
    }))
  )
  return {
    events: read.filter(Result.isSuccess).map(({ success }) => success),
    malformed: read.filter(Result.isFailure).map(({ failure }) => failure),
    split,
    checkpoint: cursor
  }
}
