/** A destination to a bulk API: a thousand items a request, whose answer has some 300 KB with a verdict on each. */
import { assert, it } from "@effect/vitest"
import {
  Catalogue,
  DeadLetters,
  Destination,
  type Event,
  Exporter,
  Message,
  Outbox,
  OutboxMemory,
  Outcome,
  Source
} from "@millrace/core"
import { Delivery, excerpt, RetryAfter, Status, Transport } from "@millrace/http"
import { type DestinationConformance, destinationConformance, FaultyRemote } from "@millrace/testing"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

const items = 1000

const Verdicts = Schema.Struct({
  items: Schema.Array(Schema.Struct({ id: Schema.String, ok: Schema.Boolean }))
})
const decode = Schema.decodeUnknownSync(Verdicts)

const plugin = Destination.plugin({
  name: "test-bulk",
  accepts: Catalogue.any,
  settings: Schema.Struct({ url: Schema.String.annotate({ description: "Where the API is." }) }),
  credentials: Schema.Struct({}),
  open: ({ settings: { url } }) =>
    Destination.opened({
      lanes: [{ name: "main" }],
      limits: {
        messages: items,
        events: items,
        bytes: 5_000_000,
        messageBytes: 100_000,
        messageEvents: 1,
        concurrency: 2,
        window: 0
      },
      assign: () => Destination.to("main"),
      prepare: ([{ id, properties }]) => Result.succeed(Message.json(id, { id, properties })),
      connect: Destination.connectAsync((_lane, limits) => {
        const channel = Transport.promise(url, limits)
        const send = async (request: Pick<Transport.Request, "body" | "method">, signal: AbortSignal) => {
          const answer = await channel
            .send({ ...request, path: "/_bulk", headers: { "content-type": "application/json" } }, signal)
            .catch((error) => Promise.reject(Delivery.noAnswer(error)))
          const retryAfter = RetryAfter.parse(answer.headers["retry-after"], Date.now())
          const outcome = Status.outcome(answer.status, { retryAfter, detail: excerpt(answer.body) })
          if (outcome._tag !== "Delivered") throw new Outcome.DeliveryError({ outcome })
          return answer
        }
        return {
          deliver: async (batch, signal) => {
            const answer = await send({ method: "POST", body: batch.body }, signal)
            const { items } = decode(Result.getOrThrowWith(Transport.json(answer), Delivery.unreadable))
            const verdict = (ok: boolean) => (ok ? Outcome.delivered : Outcome.rejected("refused"))
            return Outcome.Outcomes.byId(batch, new Map(items.map(({ id, ok }) => [id, verdict(ok)])))
          },
          check: async (signal) => void (await send({ method: "GET" }, signal)),
          close: channel.close
        }
      })
    })
})

/** 300 bytes a verdict. */
const answer = (messages: ReadonlyArray<DestinationConformance.Judged>): FaultyRemote.Answer => ({
  status: 200,
  body: JSON.stringify({
    items: messages.map(({ accepted, id }) => ({
      id,
      ok: accepted,
      result: "x".repeat(300 - 40 - id.length)
    }))
  })
})

const eventAt = (index: number): Event.Event => ({
  id: `item-${index}`,
  type: "shop.Order",
  time: 1_780_000_000_000 + index,
  user: { externalId: `user-${index}` },
  properties: { note: "n".repeat(100) }
})

destinationConformance({
  plugin,
  settings: (url) => ({ url }),
  events: [eventAt(0)],
  remote: { each: answer }
})

it.live("an exporter believes each of a thousand verdicts of one answer", () =>
  Effect.gen(function* () {
    const sizes: Array<number> = []
    const remote = yield* FaultyRemote.start({
      answer: ({ body }) => {
        const sent: ReadonlyArray<{ readonly id: string }> = JSON.parse(body)
        const told = answer(sent.map(({ id }) => ({ id, accepted: !id.endsWith("99") })))
        sizes.push(told.body!.length)
        return told
      }
    })
    const { routes } = yield* Exporter.from(
      Source.fromArray(Array.from({ length: 3 * items }, (_, at) => eventAt(at)))
    )
      .route("bulk")
      .to(plugin({ settings: { url: remote.origin } }), { ordering: "none" }).run
    assert.deepStrictEqual(routes["bulk"]?.delivered, { main: 3 * items - 30 })
    assert.deepStrictEqual(routes["bulk"]?.dead, { refused: 30 })
    assert.lengthOf(remote.exchanges(), 3)
    assert.isAtLeast(Math.min(...sizes), 290_000)
    const letters = yield* DeadLetters.all(yield* Outbox.Outbox)
    assert.lengthOf(letters, 30)
  }).pipe(Effect.provide(OutboxMemory.layer))
)
