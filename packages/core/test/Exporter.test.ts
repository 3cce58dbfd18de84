import { assert, describe, it } from "@effect/vitest"
import {
  Catalogue,
  DeadLetters,
  Destination,
  type Event,
  Exporter,
  Ledger,
  Outbox,
  OutboxMemory,
  Outcome,
  Route,
  Source
} from "@millrace/core"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Remote from "./support/remote.ts"

const memory = Effect.provide(OutboxMemory.layer)

describe("an exporter", () => {
  it.live("delivers every event once and ends with a balanced ledger", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const source = Source.fromArray(Remote.events(1000))
      const ledger = yield* Exporter.from(source).route("crm").to(Remote.destination(remote)).run
      assert.deepStrictEqual(
        [...Remote.idsOf(remote)].sort(),
        Remote.events(1000)
          .map(({ id }) => id)
          .sort()
      )
      assert.deepStrictEqual(ledger.routes["crm"], {
        read: 1000,
        filtered: {},
        skipped: {},
        delivered: { main: 1000 },
        waiting: {},
        dead: {}
      })
      assert.deepStrictEqual(Ledger.imbalance(ledger), [])
    }).pipe(memory)
  )

  it.live("passes types that its source does not know only where a route asks for everything", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const known = Catalogue.make<{ readonly "shop.Order": { readonly cents: number } }>("shop", {
        "shop.Order": Schema.Struct({ cents: Schema.Number })
      })
      const stranger: Event.UnknownEvent = {
        ...Remote.event(1),
        type: "shop.New" as Event.UnknownType,
        properties: {}
      }
      const source: Source.Source<Event.Event> = {
        plugin: "shop",
        catalogue: { ...known, valid: (event) => event.type !== "shop.Order" || known.valid(event) },
        run: (intake) => intake.append({ events: [Remote.event(0), stranger], malformed: [] })
      }
      const ledger = yield* Exporter.from(source)
        .route("some")
        .to(Remote.destination(remote))
        .route("all")
        .when("*")
        .to(Remote.destination(remote)).run
      assert.deepStrictEqual(ledger.routes["some"]?.filtered, { "unknown-type": 1 })
      assert.deepStrictEqual(ledger.routes["all"]?.filtered, {})
      assert.deepStrictEqual(ledger.routes["all"]?.delivered, { main: 2 })
    }).pipe(memory)
  )

  it.live("keeps the order of each user, whatever is tried again", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      let calls = 0
      const destination = Remote.destination(remote, {
        answer: (_, batch) => {
          calls++
          if (calls % 3 === 0) return Outcome.retry("unavailable")
          return Outcome.Outcomes.each(batch, (_, index) =>
            index % 4 === 3 ? Outcome.retry("busy") : Outcome.delivered
          )
        }
      })
      yield* Exporter.from(Source.fromArray(Remote.events(200)))
        .route("crm")
        .to(destination).run
      const accepted = Remote.idsOf(remote).map((id) => Number(id.slice("event-".length)))
      assert.strictEqual(accepted.length, 200)
      for (let user = 0; user < 7; user++) {
        const own = accepted.filter((index) => index % 7 === user)
        assert.deepStrictEqual(
          own,
          [...own].sort((a, b) => a - b)
        )
      }
    }).pipe(memory)
  )

  it.live("delivers all but the culprit of a refused batch", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const destination = Remote.destination(remote, {
        answer: ({ ids }) =>
          ids.includes("event-42") ? Outcome.rejected("bad-request", "no such thing") : undefined
      })
      const ledger = yield* Exporter.from(Source.fromArray(Remote.events(100)))
        .route("crm")
        .to(destination).run
      assert.deepStrictEqual(ledger.routes["crm"]?.dead, { "bad-request": 1 })
      assert.deepStrictEqual(ledger.routes["crm"]?.delivered, { main: 99 })
      const [letter] = yield* Outbox.Outbox.use(DeadLetters.all)
      assert.include(new TextDecoder().decode(letter?.record), "event-42")
      assert.strictEqual(letter?.detail, "no such thing")
    }).pipe(memory)
  )

  it.live("closes the lane that is refused and goes on with the other", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const destination = Remote.destination(remote, {
        lanes: [{ name: "a" }, { name: "b" }],
        assign: (event) => Destination.to(Number(event.id.slice(6)) % 2 === 0 ? "a" : "b"),
        answer: ({ lane }) => (lane === "a" ? Outcome.unauthorized("unauthorized", "key refused") : undefined)
      })
      const ledger = yield* Exporter.from(Source.fromArray(Remote.events(3000)))
        .route("crm")
        .to(destination).run
      assert.deepStrictEqual(ledger.routes["crm"]?.waiting, { a: 1500 })
      assert.deepStrictEqual(ledger.routes["crm"]?.delivered, { b: 1500 })
      const lanes = yield* Outbox.Outbox.use((outbox) => outbox.lanes)
      assert.strictEqual(lanes.find(({ lane }) => lane === "a")?.gate.reason, "unauthorized")
    }).pipe(memory)
  )

  it.live("drains what a closed lane kept once it is taken again", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const refused = Remote.destination(remote, { answer: () => Outcome.unauthorized("unauthorized") })
      yield* Exporter.from(Source.fromArray(Remote.events(3000)))
        .route("crm")
        .to(refused).run
      const ledger = yield* Exporter.from(Source.fromArray(Remote.events(3000)))
        .route("crm")
        .to(Remote.destination(remote)).run
      assert.deepStrictEqual(ledger.routes["crm"]?.delivered, { main: 3000 })
      assert.strictEqual(ledger.routes["crm"]?.read, 3000)
    }).pipe(memory)
  )

  it.live("counts what is filtered and skipped by reason", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const destination = Remote.destination(remote, {
        assign: (event) =>
          event.user.externalId === "user-1" ? Destination.skip("anonymous") : Destination.to("main")
      })
      const ledger = yield* Exporter.from(Source.fromArray(Remote.events(70)))
        .route("crm")
        .through((event) => (event.user.externalId === "user-2" ? Route.filtered("vip") : event))
        .to(destination).run
      assert.deepStrictEqual(ledger.routes["crm"], {
        read: 70,
        filtered: { vip: 10 },
        skipped: { anonymous: 10 },
        delivered: { main: 50 },
        waiting: {},
        dead: {}
      })
    }).pipe(memory)
  )

  it.live("loses one event to a throw in through, assign or prepare", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const boom = (id: string) => (event: { readonly id: string }) => {
        if (event.id === id) throw new Error("secret content")
      }
      const standard = Remote.destination(Remote.make())
      const opened = yield* standard.open
      const destination = Remote.destination(remote, {
        assign: (event) => {
          boom("event-2")(event)
          return Destination.to("main")
        },
        prepare: (events, lane) => {
          boom("event-3")(events[0])
          return events[0].id === "event-4"
            ? Result.fail(Outcome.rejected("too-odd"))
            : opened.prepare(events, lane)
        }
      })
      const ledger = yield* Exporter.from(Source.fromArray(Remote.events(10)))
        .route("crm")
        .through((event) => {
          boom("event-1")(event)
          return event
        })
        .to(destination).run
      assert.deepStrictEqual(ledger.routes["crm"]?.dead, { defect: 3, "too-odd": 1 })
      assert.deepStrictEqual(ledger.routes["crm"]?.delivered, { main: 6 })
      const letters = yield* Outbox.Outbox.use(DeadLetters.all)
      assert.notInclude(JSON.stringify(letters.map(({ detail }) => detail)), "secret")
    }).pipe(memory)
  )

  it.live("does not end while groups are being stored", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const outbox = yield* OutboxMemory.make
      const slow = Outbox.Outbox.of({
        ...outbox,
        // The quick lane ends while the slow one is still storing.
        compose: (key, ...given) =>
          Effect.delay(outbox.compose(key, ...given), key.lane === "slow" ? "100 millis" : "1 millis")
      })
      const destination = Remote.destination(remote, {
        lanes: [{ name: "slow" }, { name: "quick" }],
        limits: { window: "1 hour" },
        assign: (event) =>
          Destination.to(event.user.externalId === "user-1" ? "slow" : "quick", event.user.externalId)
      })
      const ledger = yield* Exporter.from(Source.fromArray(Remote.events(70)))
        .route("crm")
        .to(destination)
        .run.pipe(Effect.provideService(Outbox.Outbox, slow))
      assert.deepStrictEqual(ledger.routes["crm"]?.delivered, { slow: 10, quick: 60 })
    })
  )

  it.live("groups a user's events into one message and splits a refused group down to the culprit", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const destination = Remote.destination(remote, {
        limits: { window: 20 },
        assign: (event) => Destination.to("main", event.user.externalId),
        answer: (request) =>
          request.ids.some((id) => id.split("+").includes("event-20"))
            ? Outcome.rejected("bad-request")
            : undefined
      })
      const ledger = yield* Exporter.from(Source.fromArray(Remote.events(140)))
        .route("crm")
        .to(destination).run
      assert.deepStrictEqual(ledger.routes["crm"]?.dead, { "bad-request": 1 })
      assert.deepStrictEqual(ledger.routes["crm"]?.delivered, { main: 139 })
      assert.isTrue(remote.requests.some(({ ids }) => ids.some((id) => id.split("+").length === 10)))
      assert.deepStrictEqual(
        yield* Outbox.Outbox.use((outbox) => outbox.compositions({ route: "crm", lane: "main" })),
        []
      )
    }).pipe(memory)
  )
})
