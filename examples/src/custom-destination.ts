/** A destination of one's own, in promises: a chat room that takes a list of lines and says which it refuses. */
import { Catalogue, Destination, Exporter, Message, OutboxMemory, Outcome, Source } from "@millrace/core"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { secret, text } from "./environment.ts"

const sizes = { messages: 50, events: 50, bytes: 100_000, messageBytes: 4_000, messageEvents: 1 }
const Answer = Schema.Struct({ refused: Schema.Array(Schema.String) })

export const chat = Destination.plugin({
  name: "chat",
  accepts: Catalogue.any,
  settings: Schema.Struct({ url: Schema.String }),
  credentials: Schema.Struct({ token: Schema.Redacted(Schema.String) }),
  open: ({ settings, credentials }) =>
    Destination.opened({
      lanes: [{ name: "room" }],
      limits: { ...sizes, concurrency: 1, window: 0 },
      assign: ({ user }) =>
        user.externalId === undefined ? Destination.skip("anonymous") : Destination.to("room"),
      prepare: ([{ id, type, user }]) =>
        Result.succeed(Message.json(id, { id, line: `${user.externalId}: ${type}` })),
      connect: Destination.connectAsync(() => {
        const headers = { authorization: `Bearer ${Redacted.value(credentials.token)}` }
        const post = async (body: Uint8Array<ArrayBuffer> | string, signal: AbortSignal) => {
          const answer = await fetch(settings.url, { method: "POST", headers, body, signal })
          if (!answer.ok) throw new Outcome.DeliveryError({ outcome: refusal(answer.status) })
          return Schema.decodeUnknownSync(Answer)(await answer.json()).refused
        }
        return {
          check: async (signal) => void (await post("[]", signal)),
          deliver: async (batch, signal) => {
            const refused = await post(batch.body, signal)
            return Outcome.Outcomes.each(batch, (id) =>
              refused.includes(id) ? Outcome.rejected("refused") : Outcome.delivered
            )
          }
        }
      })
    })
})

const refusal = (status: number) =>
  status === 401 || status === 403 ? Outcome.unauthorized("refused") : Outcome.retry("unavailable")

const event = (index: number, user: { readonly externalId?: string }) => {
  return { id: `event-${index}`, type: "door.opened", time: index, user, properties: {} }
}
const ada = { externalId: "ada" }
const exporter = Exporter.from(Source.fromArray([event(1, ada), event(2, ada), event(3, {})]))
  .route("chat")
  .to(chat({ settings: { url: text("CHAT_URL") }, credentials: { token: secret("CHAT_TOKEN") } }))
const ledger = await exporter.run.pipe(Effect.provide(OutboxMemory.layer), Effect.runPromise)
console.log(JSON.stringify(ledger.routes))
