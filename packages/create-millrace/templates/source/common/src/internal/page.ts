/** A page of a stream: how it is asked for, what its answer means, and the chunk that it becomes. */
import type { Checkpoint, Chunk, Split } from "@millrace/core/Intake"
import { SourceError } from "@millrace/core/Source"
import { RetryAfter, Status, type Transport } from "@millrace/http"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { toEvent } from "./toEvent.ts"

/** `cursor` stands behind the items. Without items, nothing is new. */
const Page = Schema.Struct({
  items: Schema.Array(Schema.Unknown),
  cursor: Schema.String,
  more: Schema.Boolean
})
const decode = Schema.decodeUnknownResult(Schema.fromJsonString(Page))

export type Page = typeof Page.Type

export const request = (
  url: URL,
  token: Redacted.Redacted,
  stream: Split,
  after: Checkpoint
): Transport.Request => ({
  method: "GET",
  path: `${url.pathname.replace(/\/$/, "")}/${encodeURIComponent(stream)}?after=${encodeURIComponent(after)}`,
  headers: { authorization: `Bearer ${Redacted.value(token)}`, accept: "application/json" }
})

/** The page, or what is to be done where there is none: core asks again by itself. `now` in milliseconds. */
export const read = (
  url: URL,
  { body, headers, status }: Transport.Response,
  now: number
): Result.Result<Page, SourceError> => {
  const retryAfter = RetryAfter.parse(headers["retry-after"], now)
  const outcome = Status.outcome(status, { retryAfter })
  const detail = `${url.href}: was answered ${status}; look at url, streams and token`
  switch (outcome._tag) {
    case "Delivered":
      return Result.mapError(
        decode(body),
        () => new SourceError({ kind: "fatal", detail: `${url.href}: the answer is no page; look at url` })
      )
    case "Unauthorized":
      return Result.fail(new SourceError({ kind: "unauthorized", detail }))
    case "Retry": {
      const { after, reason } = outcome
      return Result.fail(
        new SourceError({ kind: "retry", reason, detail, ...(after === undefined ? {} : { after }) })
      )
    }
    case "Rejected":
    case "TooLarge":
      return Result.fail(new SourceError({ kind: "fatal", detail }))
  }
}

/** Whether more is to be asked for behind the page. */
export const goesOn = ({ cursor, more }: Page, after: Checkpoint): boolean => more && cursor !== after

export const chunkOf = ({ cursor, items }: Page, split: Split, after: Checkpoint): Chunk => {
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
