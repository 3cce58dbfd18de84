import { assert, describe, it } from "@effect/vitest"
import {
  Catalogue,
  DeadLetters,
  Destination,
  Exporter,
  Ledger,
  Outbox,
  OutboxMemory,
  Outcome,
  Preview,
  type Running,
  Source
} from "@millrace/core"
import type { Event } from "@millrace/core/Event"
import type { Changed } from "@millrace/core/Route"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Remote from "./support/remote.ts"
import * as Time from "./support/time.ts"

const memory = Effect.provide(OutboxMemory.layer)

/** 30 events, of which those of `user-1` end as dead letters. */
const withDeadLetters = Effect.gen(function* () {
  const remote = Remote.make()
  const destination = Remote.destination(remote, {
    limits: { messages: 1 },
    answer: ({ body }) =>
      body.includes('"user-1"') ? Outcome.rejected("bad-request", "no such user") : undefined
  })
  yield* Exporter.from(Source.fromArray(Remote.events(30)))
    .route("crm")
    .to(destination).run
})
const empty = Source.fromArray(Remote.events(0))

describe("dead letters", () => {
  it.live("are delivered by a replay through today's mapping, and the ledger follows", () =>
    Effect.gen(function* () {
      yield* withDeadLetters
      const outbox = yield* Outbox.Outbox
      const remote = Remote.make()
      const definition = Exporter.from(empty).route("crm").to(Remote.destination(remote))
      const replayed = yield* DeadLetters.replay(outbox, definition, { reason: "bad-request" })
      assert.deepStrictEqual(replayed, { replayed: 5, left: 0 })
      const ledger = yield* definition.run
      assert.deepStrictEqual(ledger.routes["crm"]?.delivered, { main: 30 })
      assert.deepStrictEqual(ledger.routes["crm"]?.dead, {})
      assert.strictEqual(ledger.routes["crm"]?.read, 30)
      assert.deepStrictEqual(Remote.idsOf(remote), ["event-1", "event-8", "event-15", "event-22", "event-29"])
    }).pipe(memory)
  )

  it.effect("are delivered beside a running exporter", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      let isMended = false
      const destination = Remote.destination(remote, {
        answer: ({ ids }) =>
          !isMended && ids.includes("event-3") ? Outcome.rejected("bad-request") : undefined
      })
      const definition = Exporter.from(Source.fromArray(Remote.events(30)))
        .route("crm")
        .to(destination)
      const running = yield* Exporter.start(definition, { follow: true })
      yield* Time.pass("1 second")
      assert.deepStrictEqual((yield* running.ledger).routes["crm"]?.dead, { "bad-request": 1 })
      isMended = true
      assert.deepStrictEqual(yield* running.replay({}), { replayed: 1, left: 0 })
      yield* Time.pass("1 second")
      const ledger = yield* running.ledger
      assert.deepStrictEqual(ledger.routes["crm"]?.delivered, { main: 30 })
      assert.deepStrictEqual(Ledger.imbalance(ledger), [])
    }).pipe(memory)
  )

  it.live("that a route now skips or throws at are accounted for", () =>
    Effect.gen(function* () {
      yield* withDeadLetters
      const outbox = yield* Outbox.Outbox
      const destination = Remote.destination(Remote.make(), {
        assign: (event) => {
          if (event.id === "event-1") throw new Error("no")
          return Destination.skip("anonymous")
        }
      })
      const definition = Exporter.from(empty).route("crm").to(destination)
      yield* DeadLetters.replay(outbox, definition, {})
      const ledger = yield* outbox.ledger
      assert.deepStrictEqual(ledger.routes["crm"]?.skipped, { anonymous: 4 })
      assert.deepStrictEqual(ledger.routes["crm"]?.dead, { defect: 1 })
      assert.deepStrictEqual(Ledger.imbalance(ledger), [])
    }).pipe(memory)
  )

  it.live("show the message as it would be sent today, or why there is none", () =>
    Effect.gen(function* () {
      const messageOf = (change: (event: Event) => Changed, lane = "main") => {
        const [route] = Exporter.from(empty).route("crm").to(Remote.destination(Remote.make())).routes
        assert.isDefined(route)
        const definition = { sources: {}, routes: [{ ...route, changes: [change] }] }
        return Preview.message(definition, { route: "crm", lane }, Remote.event(1, "ann"))
      }
      const message = Result.getOrThrow(yield* messageOf((event) => event))
      assert.include(message, "event-1")
      const why = (change: (event: Event) => Changed, lane?: string) =>
        Effect.map(messageOf(change, lane), (result) => Result.getOrThrow(Result.flip(result)))
      const thrown = yield* why(() => {
        throw new TypeError("planted words")
      })
      assert.strictEqual(thrown, "defect: through threw TypeError")
      assert.strictEqual(yield* why(() => ({ filtered: "dull" })), "the route leaves it out (dull)")
      assert.strictEqual(yield* why((event) => event, "gone"), "route crm has no lane gone")
    })
  )

  it.live("are found by what they are, and purged for good", () =>
    Effect.gen(function* () {
      yield* withDeadLetters
      const outbox = yield* Outbox.Outbox
      const definition = Exporter.from(empty).route("crm").to(Remote.destination(Remote.make()))
      const found = Effect.fnUntraced(function* (filter: DeadLetters.Filter) {
        const ids: Array<string | undefined> = []
        yield* DeadLetters.forEachPage(outbox, DeadLetters.decoder(definition), filter, (page) =>
          Effect.sync(() => ids.push(...page.map(({ event }) => event?.id)))
        )
        return ids.length
      })
      assert.strictEqual(yield* found({}), 5)
      assert.strictEqual(yield* found({ route: "crm", lane: "main", type: "shop.*", user: "user-1" }), 5)
      assert.strictEqual(yield* found({ eventId: "event-8" }), 1)
      assert.strictEqual(yield* found({ ids: [1, 2] }), 2)
      for (const none of [
        { route: "x" },
        { lane: "x" },
        { reason: "x" },
        { type: "site.*" },
        { user: "x" },
        { to: 0 }
      ]) {
        assert.strictEqual(yield* found(none), 0)
      }
      assert.strictEqual(yield* DeadLetters.purge(outbox, definition, { eventId: "event-8" }), 1)
      const ledger = yield* outbox.ledger
      assert.deepStrictEqual(ledger.routes["crm"]?.erased, { purged: 1 })
      assert.deepStrictEqual(Ledger.imbalance(ledger), [])
    }).pipe(memory)
  )
})

describe("the past", () => {
  it.live(
    "is read again for one route, from where a replay was interrupted, with the same ids or new ones",
    () =>
      Effect.gen(function* () {
        const [first, second] = [Remote.make(), Remote.make()]
        const definition = Exporter.from(Source.fromArray(Remote.events(100), { size: 10 }))
          .route("crm")
          .to(Remote.destination(first))
          .route("audit")
          .to(Remote.destination(second))
        yield* definition.run
        const again = (past: Running.Past) =>
          Effect.scoped(Effect.flatMap(Exporter.start(definition, { past }), (running) => running.ended))
        const range = {
          route: "audit",
          from: Remote.event(20).time,
          to: Remote.event(30).time,
          types: ["shop.*"]
        }
        yield* again(range)
        assert.strictEqual(Remote.idsOf(first).length, 100)
        assert.deepStrictEqual(
          Remote.idsOf(second).slice(100).sort(),
          Remote.events(30)
            .slice(20)
            .map(({ id }) => id)
            .sort()
        )
        // Done: the same request finds nothing to do.
        yield* again(range)
        assert.strictEqual(Remote.idsOf(second).length, 110)
        yield* again({ ...range, as: "mapping 2" })
        const renamed = Remote.idsOf(second).slice(110)
        assert.strictEqual(new Set(renamed).size, 10)
        for (const id of renamed)
          assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
        const report = yield* again({ ...range, types: ["site.*"] })
        assert.strictEqual(Remote.idsOf(second).length, 120)
        assert.deepStrictEqual(Ledger.imbalance(report.ledger), [])
      }).pipe(memory)
  )

  it.live("is asked for by types in any spelling, and a type that nobody knows is refused", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const { type } = Remote.event(0)
      const types = new Set([type])
      const spelling = (name: string) => (name === "seed" ? type : name)
      const catalogue = { ...Catalogue.any, types, spelling }
      const definition = Exporter.from(Source.fromArray(Remote.events(10), { catalogue }))
        .route("crm")
        .to(Remote.destination(remote))
      yield* definition.run
      const again = (asked: ReadonlyArray<string>) =>
        Effect.scoped(
          Effect.flatMap(
            Exporter.start(definition, { past: { route: "crm", types: asked } }),
            (running) => running.ended
          )
        )
      yield* again(["seed"])
      assert.strictEqual(Remote.idsOf(remote).length, 20)
      const error = yield* Effect.flip(again([`${type}s`]))
      assert.include(error.message, `no event is called ${type}s; did you mean ${type}?`)
    }).pipe(memory)
  )

  it.live("of a source that keeps none is refused", () =>
    Effect.gen(function* () {
      const { replayable: _, ...push } = Source.fromArray(Remote.events(1))
      const definition = Exporter.from(push).route("crm").to(Remote.destination(Remote.make()))
      const running = yield* Exporter.start(definition, { past: { route: "crm" } })
      assert.include((yield* Effect.flip(running.ended)).message, "keeps no past")
    }).pipe(Effect.scoped, memory)
  )
})
