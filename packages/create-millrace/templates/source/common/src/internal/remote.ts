/** __Name__'s API, open: a page of a stream for the asking. */
import type { PluginError } from "@millrace/core/Plugin"
import { SourceError } from "@millrace/core/Source"
import { Transport } from "@millrace/http"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"

/** `cursor` stands behind the items. Without items, nothing is new. */
const Page = Schema.Struct({
  items: Schema.Array(Schema.Unknown),
  cursor: Schema.String,
  more: Schema.Boolean
})
const decode = Schema.decodeEffect(Schema.fromJsonString(Page))

export type Page = typeof Page.Type

export interface Remote {
  readonly page: (stream: string, cursor: string) => Effect.Effect<Page, SourceError>
}

interface Credentials {
  readonly token: Redacted.Redacted
}

/** The credentials are read anew each time; the connections are closed with the scope. */
export const open = Effect.fnUntraced(function* (
  url: URL,
  credentials: Effect.Effect<Credentials, PluginError>
) {
  const { token } = yield* Effect.mapError(credentials, ({ message }) => new SourceError({ detail: message }))
  const channel = yield* Transport.open(url.origin)
  const base = url.pathname.replace(/\/$/, "")
  const page = (stream: string, cursor: string) => {
    const path = `${base}/${encodeURIComponent(stream)}?after=${encodeURIComponent(cursor)}`
    const headers = { authorization: `Bearer ${Redacted.value(token)}`, accept: "application/json" }
    const broken = (why: string) => new SourceError({ detail: `${url.origin}${path}: ${why}` })
    return channel.send({ method: "GET", path, headers }).pipe(
      Effect.mapError(({ message }) => broken(message)),
      Effect.filterOrFail(
        ({ status }) => status === 200,
        ({ status }) => broken(`was answered ${status}; look at url, streams and token`)
      ),
      Effect.retry({ times: 4, schedule: Schedule.exponential("500 millis") }),
      Effect.flatMap(({ body }) => Effect.mapError(decode(body), () => broken("the answer is no page")))
    )
  }
  return { page } satisfies Remote
})
