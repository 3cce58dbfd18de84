/** A source of promises whose pages are a megabyte each: it keeps every promise, and an exporter delivers what it reads. */
import { once } from "node:events"
import { assert, it } from "@effect/vitest"
import {
  Catalogue,
  Destination,
  Exporter,
  Ledger,
  Message,
  OutboxMemory,
  Outcome,
  Source
} from "@millrace/core"
import { Transport } from "@millrace/http"
import { FaultyRemote, sourceConformance } from "@millrace/testing"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

const splits = ["orders", "returns"]
const pages = 3
const perPage = 100
const pageBytes = 1_000_000

const eventAt = (split: string, at: number) => ({
  id: `${split}-${at}`,
  type: "shop.Order",
  time: 1_780_000_000_000 + at,
  user: { externalId: `user-${at % 7}` },
  properties: { note: "x".repeat(pageBytes / perPage - 150) }
})
type Item = ReturnType<typeof eventAt>

const pageOf = (split: string, from: number): ReadonlyArray<Item> =>
  Array.from({ length: perPage }, (_, index) => eventAt(split, from + index))

const remote = FaultyRemote.start({
  answer: ({ headers, path }) => {
    if (headers["authorization"] !== "Bearer the-token") return { status: 401 }
    const { pathname, searchParams } = new URL(path, "http://remote")
    const from = Number(searchParams.get("after"))
    const items = from < pages * perPage ? pageOf(pathname.slice(1), from) : []
    return { status: 200, body: JSON.stringify(items) }
  }
})

const plugin = Source.plugin({
  name: "test-pages",
  catalogue: Catalogue.any,
  replayable: true,
  settings: Schema.Struct({ url: Schema.String.annotate({ description: "Where the streams are." }) }),
  credentials: Schema.Struct({
    token: Schema.Redacted(Schema.String).annotate({ description: "The token, sent as bearer." })
  }),
  run: ({ url }, credentials) =>
    Source.withCredentials(credentials, ({ token }) =>
      Source.fromAsync(async (intake, signal, { follow }) => {
        const headers = { authorization: `Bearer ${Redacted.value(token)}` }
        const channel = Transport.promise(url, { answerBytes: 2 * pageBytes })
        try {
          for (const split of splits) {
            await intake.claim(split, async (after = "0", { signal }) => {
              for (let from = Number(after); ; from += perPage) {
                const path = `/${split}?after=${from}`
                const answer = await channel.send({ method: "GET", path, headers }, signal)
                const events = Result.getOrThrow(Transport.json(answer)) as ReadonlyArray<Item>
                if (events.length === 0) return
                assert.isAtLeast(answer.body.length, 0.95 * pageBytes)
                await intake.append({ events, malformed: [], split, checkpoint: String(from + perPage) })
              }
            })
          }
          if (follow) await once(signal, "abort")
        } finally {
          await channel.close()
        }
      })
    )
})

const ids = splits.flatMap((split) =>
  Array.from({ length: pages * perPage }, (_, index) => eventAt(split, index).id)
)
const credentials = { token: Redacted.make("the-token") }

sourceConformance({
  plugin,
  kind: "pull",
  credentials,
  replayable: true,
  meetsBadRecords: false,
  supply: Effect.map(remote, ({ origin }) => ({ settings: { url: origin }, ids, malformed: 0 })),
  limits: { appends: 1, records: perPage, bytes: pageBytes }
})

it.live("an exporter delivers pages of a megabyte", () =>
  Effect.gen(function* () {
    const { origin } = yield* remote
    const taken: Array<string> = []
    const destination = Destination.plugin({
      name: "test-taker",
      accepts: Catalogue.any,
      settings: Schema.Struct({}),
      credentials: Schema.Struct({}),
      open: () =>
        Destination.opened({
          lanes: [{ name: "main" }],
          limits: {
            messages: 100,
            events: 100,
            bytes: 2 * pageBytes,
            messageBytes: pageBytes,
            messageEvents: 1,
            concurrency: 4,
            window: 0
          },
          assign: () => Destination.to("main"),
          prepare: ([event]) => Result.succeed(Message.json(event.id, event)),
          connect: () =>
            Destination.connected({
              check: Effect.void,
              deliver: (batch) =>
                Effect.sync(() => {
                  taken.push(...batch.ids)
                  return Outcome.Outcomes.all(batch, Outcome.delivered)
                })
            })
        })
    })
    const exporter = Exporter.from(plugin({ settings: { url: origin }, credentials }))
      .route("crm")
      .to(destination({}))
    const { ledger, sourceError } = yield* Effect.flatMap(Exporter.start(exporter), ({ ended }) => ended)
    assert.isUndefined(sourceError)
    assert.strictEqual(Ledger.total(ledger, "delivered"), ids.length)
    assert.sameMembers(taken, ids)
  }).pipe(Effect.scoped, Effect.provide(OutboxMemory.layer))
)
