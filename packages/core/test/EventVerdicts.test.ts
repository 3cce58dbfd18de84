/** Messages of several events of which the remote judges each by itself, as a bulk API does with its rows. */
import { assert, describe, it } from "@effect/vitest"
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
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Remote from "./support/remote.ts"

interface Rows {
  readonly rows: ReadonlyArray<string>
}

type Judge = (row: string, request: number) => Outcome.Outcome

const pieces = {
  lanes: [{ name: "main" }],
  limits: {
    messages: 1,
    events: 100,
    bytes: 100_000,
    messageBytes: 10_000,
    messageEvents: 10,
    concurrency: 4,
    window: 0
  },
  assign: ({ user }: Event.Event) => Destination.to("main", user.externalId ?? "nobody")
}

/** Puts the rows of each request into `requests`. */
const bulk = (requests: Array<ReadonlyArray<string>>, judge: Judge, changes: Partial<Options> = {}) => {
  const deliver = async (batch: Message.Batch<Rows>) => {
    const number = requests.push(batch.messages.flatMap(({ meta }) => meta.rows))
    return Outcome.Outcomes.eachEvent(batch, ({ meta }, event) => judge(meta.rows[event]!, number))
  }
  const prepare = ([first, ...others]: readonly [Event.Event, ...ReadonlyArray<Event.Event>]) => {
    const rows = [first, ...others].map(({ id }) => id)
    return Result.succeed(Message.json(rows.join("+"), rows, { rows }))
  }
  return Destination.plugin({
    name: "bulk",
    accepts: Catalogue.any,
    settings: Schema.Struct({}),
    credentials: Schema.Struct({}),
    open: () =>
      Destination.opened({
        ...pieces,
        prepare: changes.prepare ?? prepare,
        connect: Destination.connectAsync<Rows>(() => ({ check: async () => undefined, deliver }))
      })
  })({})
}

interface Options {
  readonly prepare: Destination.Opened<Event.Event, Rows>["prepare"]
}

const exported = Effect.fnUntraced(function* (
  events: ReadonlyArray<Event.Event>,
  destination: Destination.Destination<Event.Event>
) {
  const { routes } = yield* Exporter.from(Source.fromArray(events)).route("crm").to(destination).run
  const letters = yield* DeadLetters.all(yield* Outbox.Outbox)
  return {
    ledger: routes["crm"]!,
    reasons: letters.map(({ reason, record }) => [JSON.parse(new TextDecoder().decode(record)).id, reason])
  }
}, Effect.provide(OutboxMemory.layer))

const ofOne = (count: number) => Array.from({ length: count }, (_, index) => Remote.event(index, "user"))
const idsOf = (...indices: ReadonlyArray<number>) => indices.map((index) => `event-${index}`)
const nine = [0, 1, 2, 3, 4, 6, 7, 8, 9]

describe("a message whose events are judged by themselves", () => {
  it.live("is sent again without what was taken, before what follows of its user", () =>
    Effect.gen(function* () {
      const requests: Array<ReadonlyArray<string>> = []
      const judge: Judge = (row, request) =>
        row === "event-5" && request < 3 ? Outcome.retry("unavailable") : Outcome.delivered
      const { ledger } = yield* exported(ofOne(12), bulk(requests, judge))
      assert.deepStrictEqual(requests, [
        idsOf(...nine.slice(0, 5), 5, ...nine.slice(5)),
        idsOf(5),
        idsOf(5),
        idsOf(10, 11)
      ])
      assert.deepStrictEqual(ledger.delivered, { main: 12 })
    })
  )

  it.live("keeps the order of what is left", () =>
    Effect.gen(function* () {
      const requests: Array<ReadonlyArray<string>> = []
      const judge: Judge = (row, request) =>
        Number(row.slice(6)) % request === 0 ? Outcome.delivered : Outcome.retry("busy")
      const odd: Judge = (row, request) => (request === 1 ? judge(row, 2) : Outcome.delivered)
      yield* exported(ofOne(6), bulk(requests, odd))
      assert.deepStrictEqual(requests, [idsOf(0, 1, 2, 3, 4, 5), idsOf(1, 3, 5)])
    })
  )

  it.live("ends at once where every event has a final verdict, each with its own", () =>
    Effect.gen(function* () {
      const requests: Array<ReadonlyArray<string>> = []
      const verdicts: ReadonlyArray<Outcome.Outcome> = [
        Outcome.delivered,
        Outcome.rejected("bad-row", "no such column"),
        Outcome.delivered,
        Outcome.tooLarge()
      ]
      const { ledger, reasons } = yield* exported(
        ofOne(4),
        bulk(requests, (row) => verdicts[Number(row.slice(6))]!)
      )
      assert.lengthOf(requests, 1)
      assert.deepStrictEqual(ledger.delivered, { main: 2 })
      assert.deepStrictEqual(ledger.waiting, {})
      assert.deepStrictEqual(reasons, [
        ["event-1", "bad-row"],
        ["event-3", "too-large"]
      ])
    })
  )

  it.live("costs only what is left where nothing can be made of that", () =>
    Effect.gen(function* () {
      const requests: Array<ReadonlyArray<string>> = []
      const { ledger, reasons } = yield* exported(
        ofOne(12),
        bulk(requests, (row) => (row === "event-3" ? Outcome.retry("busy") : Outcome.delivered), {
          prepare: (events) => {
            const rows = events.map(({ id }) => id)
            return rows.length === 1
              ? Result.fail(Outcome.rejected("lonely"))
              : Result.succeed(Message.json(rows.join("+"), rows, { rows }))
          }
        })
      )
      assert.lengthOf(requests, 2)
      assert.deepStrictEqual(ledger.delivered, { main: 11 })
      assert.deepStrictEqual(reasons, [["event-3", "lonely"]])
    })
  )

  it.live("closes the lane where one of them shows that the key is refused, and waits there", () =>
    Effect.gen(function* () {
      const requests: Array<ReadonlyArray<string>> = []
      const judge: Judge = (row) =>
        row === "event-1" ? Outcome.unauthorized("unauthorized") : Outcome.delivered
      const running = yield* Exporter.start(
        Exporter.from(Source.fromArray(ofOne(3)))
          .route("crm")
          .to(bulk(requests, judge)),
        { patience: "1 second" }
      )
      const { lanes, ledger } = yield* running.ended
      assert.deepStrictEqual(lanes[0]?.gate.reason, "unauthorized")
      assert.deepStrictEqual(requests, [idsOf(0, 1, 2)])
      assert.deepStrictEqual(ledger.routes["crm"]?.delivered, { main: 2 })
      assert.deepStrictEqual(ledger.routes["crm"]?.waiting, { main: 1 })
    }).pipe(Effect.scoped, Effect.provide(OutboxMemory.layer))
  )
})

describe("verdicts on events", () => {
  const messages = ["a", "b"].map((id) => Message.json(id, id, `meta of ${id}`))
  const batch = Message.batch("main", messages)

  it("are asked for with the message and its meta, once for each event", () => {
    const asked: Array<unknown> = []
    Outcome.Outcomes.eachEvent(batch, ({ meta }, event, index) => {
      asked.push([meta, event, index])
      return Outcome.delivered
    })
    assert.deepStrictEqual(asked, [
      ["meta of a", 0, 0],
      ["meta of b", 0, 1]
    ])
  })

  it("make a message Delivered only when all are, and keep what is told of the rate limit", () => {
    const several = { ...batch, messages: batch.messages.map((message) => ({ ...message, events: 2 })) }
    const outcomes = Outcome.Outcomes.eachEvent(several, (_, event, index) =>
      event === 1 && index === 1 ? Outcome.retry("busy") : Outcome.delivered
    ).withUsage(0.5)
    assert.deepStrictEqual(outcomes.values, [Outcome.delivered, Outcome.retry("busy")])
    assert.deepStrictEqual(outcomes.events?.[1], [Outcome.delivered, Outcome.retry("busy")])
    assert.strictEqual(outcomes.usage, 0.5)
  })
})
