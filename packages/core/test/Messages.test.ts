import { assert, describe, it } from "@effect/vitest"
import {
  Catalogue,
  Destination,
  type Event,
  Exporter,
  Message,
  Outbox,
  OutboxMemory,
  Outcome,
  Source
} from "@millrace/core"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { event } from "./support/remote.ts"

interface Received {
  readonly body: Uint8Array
  readonly messages: ReadonlyArray<Message.BatchMessage<unknown>>
}

interface Written<Meta> {
  readonly prepare: (event: Event.Event) => Message.Message<Meta>
  readonly envelope?: Message.Envelope
  readonly answer?: () => Effect.Effect<void, Outcome.DeliveryError>
}

/** A destination that keeps what `deliver` was given, as it stood then. */
const keeping = <Meta>(received: Array<Received>, { answer, envelope, prepare }: Written<Meta>) =>
  Destination.plugin({
    name: "keeping",
    accepts: Catalogue.any,
    settings: Schema.Struct({}),
    credentials: Schema.Struct({}),
    open: () =>
      Destination.opened({
        lanes: [{ name: "main" }],
        limits: {
          messages: 10,
          events: 10,
          bytes: 100_000,
          messageBytes: 50_000,
          messageEvents: 1,
          concurrency: 1,
          window: 0
        },
        assign: () => Destination.to("main"),
        prepare: ([one]) => Result.succeed(prepare(one)),
        connect: () =>
          Destination.connected<Meta>({
            ...(envelope === undefined ? {} : { envelope }),
            check: Effect.void,
            deliver: Effect.fnUntraced(function* (batch) {
              received.push({ body: batch.body.slice(), messages: batch.messages })
              if (answer !== undefined) yield* answer()
              return Outcome.Outcomes.all(batch, Outcome.delivered)
            })
          })
      })
  })({})

const run = Effect.fnUntraced(function* <Meta>(written: Written<Meta>, events: ReadonlyArray<Event.Event>) {
  const received: Array<Received> = []
  const { routes } = yield* Exporter.from(Source.fromArray(events))
    .route("crm")
    .to(keeping(received, written)).run
  const { letters } = yield* Outbox.Outbox.use((outbox) => outbox.deadLetters({}, 0, 1_000_000))
  return { received, letters, ledger: routes["crm"]! }
}, Effect.provide(OutboxMemory.layer))

/** Every byte there is, none of them text. */
const packed = (index: number) => Uint8Array.from({ length: 256 }, (_, at) => (at + index) % 256)

describe("a message of bytes", () => {
  it.live("stands in the body as it is, where the batch says", () =>
    Effect.gen(function* () {
      const { received } = yield* run(
        {
          prepare: ({ id, time }) => Message.bytes(id, packed(time % 256)),
          envelope: { open: "ö", separator: "--", close: "." }
        },
        [event(1), event(2)]
      )
      const [{ body, messages } = { body: new Uint8Array(), messages: [] }] = received
      assert.deepStrictEqual(
        messages.map(({ start, end }) => [...body.subarray(start, end)]),
        [event(1), event(2)].map(({ time }) => [...packed(time % 256)])
      )
      assert.strictEqual(messages[0]?.start, 2)
      assert.strictEqual(body.length, 2 + 256 + 2 + 256 + 1)
      assert.deepStrictEqual(
        messages.map(({ id, events }) => [id, events]),
        [
          ["event-1", 1],
          ["event-2", 1]
        ]
      )
    })
  )

  it.live("may be larger than all before it", () =>
    Effect.gen(function* () {
      const large = new Uint8Array(49_000).fill(7)
      const { received } = yield* run({ prepare: ({ id }) => Message.bytes(id, large) }, [
        event(1),
        event(2),
        event(3)
      ])
      assert.strictEqual(received.flatMap(({ messages }) => messages).length, 3)
      assert.isTrue(
        received.every(({ body, messages }) =>
          messages.every(({ start, end }) => Buffer.from(large).equals(body.subarray(start, end)))
        )
      )
    })
  )
})

describe("what an author gives beside a message", () => {
  const prepare = ({ id }: Event.Event) => Message.json(id, { id }, { path: `/of/${id}`, at: new Date(5) })

  it.live("reaches deliver with it, also after a failed attempt", () =>
    Effect.gen(function* () {
      let attempts = 0
      const refusing = Effect.suspend(() =>
        ++attempts === 1
          ? Effect.fail(new Outcome.DeliveryError({ outcome: Outcome.retry("unavailable") }))
          : Effect.void
      )
      const { received } = yield* run({ prepare, answer: () => refusing }, [event(1), event(2)])
      const metas = received.map(({ messages }) => messages.map(({ meta }) => meta))
      const made = [1, 2].map((index) => ({ path: `/of/event-${index}`, at: new Date(5) }))
      assert.deepStrictEqual(metas, [made, made])
    })
  )

  it.live("is made again for events that are read back from the outbox", () =>
    Effect.gen(function* () {
      const received: Array<Received> = []
      const refusing = { prepare, answer: () => Effect.fail(refused) }
      const to = (written: Written<ReturnType<typeof prepare>["meta"]>, events: ReadonlyArray<Event.Event>) =>
        Exporter.from(Source.fromArray(events)).route("crm").to(keeping(received, written)).run
      const before = yield* to(refusing, [event(1), event(2)])
      assert.deepStrictEqual(before.routes["crm"]?.waiting, { main: 2 })
      received.length = 0
      const after = yield* to({ prepare }, [])
      assert.deepStrictEqual(after.routes["crm"]?.delivered, { main: 2 })
      assert.deepStrictEqual(
        received.flatMap(({ messages }) => messages.map(({ meta }) => meta)),
        [1, 2].map((index) => ({ path: `/of/event-${index}`, at: new Date(5) }))
      )
    }).pipe(Effect.provide(OutboxMemory.layer))
  )

  it.live("costs the event alone when it is too much, or goes in a circle", () =>
    Effect.gen(function* () {
      const circle: Array<unknown> = []
      circle.push(circle)
      const metas: ReadonlyArray<unknown> = [
        "x".repeat(40_000),
        circle,
        { list: [new Uint8Array(70_000)] },
        "y"
      ]
      const { ledger, letters, received } = yield* run(
        { prepare: ({ id }) => Message.text(id, id, metas[Number(id.slice(-1))]) },
        [0, 1, 2, 3].map((index) => event(index))
      )
      assert.deepStrictEqual(ledger.dead, { "too-large": 3 })
      assert.deepStrictEqual(new Set(letters.map(({ detail }) => detail)), new Set([tooMuch]))
      assert.deepStrictEqual(
        received.flatMap(({ messages }) => messages.map(({ meta }) => meta)),
        ["y"]
      )
    })
  )
})

const refused = new Outcome.DeliveryError({ outcome: Outcome.unauthorized("unauthorized") })
const tooMuch = "the meta of the message has more than 65536 bytes, which are allowed"

describe("a batch made for a test", () => {
  it("is the one that the core makes", () =>
    Effect.gen(function* () {
      const prepare = ({ id }: Event.Event) => Message.json(id, { id }, id)
      const { received } = yield* run({ prepare }, [event(1), event(2)])
      const { body, messages } = Message.batch("main", [prepare(event(1)), prepare(event(2))])
      assert.deepStrictEqual(received, [{ body, messages }])
    }).pipe(Effect.runPromise))
})
