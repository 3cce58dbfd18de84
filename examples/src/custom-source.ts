/** A source of one's own: pages of a JSON API, each a durable step. Run again, it goes on where it stopped. */
import { Catalogue, type Event, Exporter, Source } from "@millrace/core"
import { http } from "@millrace/destination-http"
import { sqlite } from "@millrace/outbox-sqlite"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { text } from "./environment.ts"

const Ticket = Schema.Struct({ subject: Schema.String, priority: Schema.Int })
type Types = { readonly "ticket.opened": typeof Ticket.Type }
const catalogue = Catalogue.make<Types>("tickets", { "ticket.opened": Ticket })

const Row = Schema.Struct({ id: Schema.String, time: Schema.Number, user: Schema.String, ...Ticket.fields })
const Page = Schema.Struct({ next: Schema.String, rows: Schema.Array(Row) })

const eventOf = ({ id, time, user, ...properties }: typeof Row.Type): Event.Of<Types> => {
  return { id, type: "ticket.opened", time, user: { externalId: user }, properties }
}

const fetchPage = (url: string, cursor: string) =>
  Effect.tryPromise({
    try: async (signal) => {
      const answer = await fetch(`${url}?after=${encodeURIComponent(cursor)}`, { signal })
      if (!answer.ok) throw new Error(`answered ${answer.status}`)
      return Schema.decodeUnknownSync(Page)(await answer.json())
    },
    catch: (cause) => new Source.SourceError({ detail: `${url}: ${cause}` })
  })

export const tickets = Source.plugin({
  name: "tickets",
  settings: Schema.Struct({ url: Schema.String }),
  catalogue,
  run: ({ url }) =>
    Source.fromSplits<Event.Of<Types>>({
      discover: () => Stream.make("tickets"),
      read: (split, after) =>
        Stream.paginate(
          Option.getOrElse(after, () => ""),
          (cursor) =>
            Effect.map(fetchPage(url, cursor), ({ next, rows }) => {
              const chunk = { events: rows.map(eventOf), malformed: [], split, checkpoint: next }
              return [[chunk], rows.length === 0 ? Option.none<string>() : Option.some(next)] as const
            })
        )
    })
})

const exporter = Exporter.from(tickets({ settings: { url: text("TICKETS_URL") } }))
  .route("webhook")
  .to(http({ settings: { url: text("WEBHOOK_URL") } }))
const outbox = sqlite({ settings: { path: text("STATE") } })
const ledger = await exporter.run.pipe(Effect.provide(outbox.layer), Effect.runPromise)
console.log(JSON.stringify(ledger.routes))
