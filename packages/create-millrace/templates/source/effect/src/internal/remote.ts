/** __Name__'s API, open: the pages of a stream, from a cursor on, a chunk each. */
import type { Checkpoint, Chunk, Split } from "@millrace/core/Intake"
import { SourceError } from "@millrace/core/Source"
import { Transport } from "@millrace/http"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Page from "./page.ts"

/** The connections are closed with the scope. */
export const open = Effect.fnUntraced(function* (url: URL, token: Redacted.Redacted) {
  const channel = yield* Transport.open(url.origin)
  const page = Effect.fnUntraced(function* (stream: Split, after: Checkpoint) {
    const answer = yield* Effect.mapError(
      channel.send(Page.request(url, token, stream, after)),
      ({ message }) =>
        new SourceError({ kind: "retry", reason: "no-answer", detail: `${url.href}: ${message}` })
    )
    return yield* Effect.fromResult(Page.read(url, answer, yield* Clock.currentTimeMillis))
  })

  return {
    pages: (stream: Split, after: Option.Option<Checkpoint>): Stream.Stream<Chunk, SourceError> =>
      Stream.paginate(
        Option.getOrElse(after, () => ""),
        (cursor) =>
          Effect.map(page(stream, cursor), (found) => {
            const next = Page.goesOn(found, cursor) ? Option.some(found.cursor) : Option.none<Checkpoint>()
            return [found.items.length === 0 ? [] : [Page.chunkOf(found, stream, cursor)], next] as const
          })
      )
  }
})
