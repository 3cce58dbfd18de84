import { assert, describe, it } from "@effect/vitest"
import { Exporter, type Intake, Ledger, Outbox, OutboxMemory, Outcome, Source } from "@millrace/core"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Remote from "./support/remote.ts"
import * as Time from "./support/time.ts"

const memory = Effect.provide(OutboxMemory.layer)

type Pushed = Intake.Intake<ReturnType<typeof Remote.event>>

/** A push source: what it does with its intake, it is told. */
const pushing = (run: (intake: Pushed) => Effect.Effect<void>) => ({
  ...Source.fromArray(Remote.events(0)),
  run
})

const chunk = (indices: ReadonlyArray<number>) => ({
  events: indices.map((index) => Remote.event(index)),
  malformed: []
})

const second = 1_000

/** Chunks by the indices of their events, each with the seconds since the one before. */
const Chunks = Schema.Array(
  Schema.Struct({
    indices: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 }))).check(
      Schema.isMaxLength(5)
    ),
    seconds: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 7 }))
  })
).check(Schema.isMaxLength(12))

/** Answers later than it looks, as a store in a thread of its own does. */
const slow = Effect.map(OutboxMemory.make, (outbox): Outbox.Outbox["Service"] => ({
  ...outbox,
  seen: (ids, since) => Effect.delay(outbox.seen(ids, since), 1).pipe(Effect.tap(Effect.sleep(1)))
}))

describe("dedupe", () => {
  it.effect.prop(
    "lets an id through once in its window, and again after it",
    { chunks: Chunks },
    ({ chunks }) =>
      Effect.gen(function* () {
        const remote = Remote.make()
        const source = pushing((intake) =>
          Effect.forEach(
            chunks,
            ({ indices, seconds }) =>
              Effect.andThen(Effect.sleep(seconds * second), intake.append(chunk(indices))),
            { discard: true }
          )
        )
        const definition = Exporter.from(source).route("crm").to(Remote.destination(remote))
        const running = yield* Exporter.start({ ...definition, dedupe: "10 seconds" }, { follow: true })
        yield* Time.pass("90 seconds")
        const taken = new Map<number, number>()
        const expected: Array<string> = []
        let now = 0
        for (const { indices, seconds } of chunks) {
          now += seconds
          for (const index of indices) {
            if (now - (taken.get(index) ?? Number.NEGATIVE_INFINITY) <= 10) continue
            taken.set(index, now)
            expected.push(`event-${index}`)
          }
        }
        assert.deepStrictEqual([...Remote.idsOf(remote)].sort(), expected.sort())
        const { routes } = yield* running.ledger
        const read = chunks.reduce((total, { indices }) => total + indices.length, 0)
        assert.strictEqual(routes["crm"]?.filtered["duplicate"] ?? 0, read - expected.length)
        assert.strictEqual(routes["crm"]?.read, read)
      }).pipe(memory, Effect.scoped),
    { arbitrary: { runs: 12, seed: "dedupe" }, timeout: 60_000 }
  )

  it.live("is exact between sources that append at once, and counts for every route", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const other = Remote.make()
      const same = () => Source.fromArray(Remote.events(200), { size: 7 })
      const definition = Exporter.fromSources({ one: same(), two: same(), three: same() })
        .route("crm")
        .to(Remote.destination(remote))
        .route("audit")
        .to(Remote.destination(other))
      const running = yield* Exporter.start({ ...definition, dedupe: "1 hour" })
      const { ledger } = yield* running.ended
      for (const delivered of [Remote.idsOf(remote), Remote.idsOf(other)]) {
        assert.strictEqual(delivered.length, 200)
        assert.strictEqual(new Set(delivered).size, 200)
      }
      for (const route of ["crm", "audit"]) {
        assert.strictEqual(ledger.routes[route]?.read, 600)
        assert.deepStrictEqual(ledger.routes[route]?.filtered, { duplicate: 400 })
      }
      assert.deepStrictEqual(Ledger.imbalance(ledger), [])
    }).pipe(Effect.provideServiceEffect(Outbox.Outbox, slow), Effect.scoped)
  )

  it.live("does not stand in the way of an event that no route kept", () =>
    Effect.gen(function* () {
      const outbox = yield* OutboxMemory.make
      const run = (remote: Remote.Remote, when: "shop.Order" | "*") =>
        Effect.gen(function* () {
          const route = Exporter.from(pushing((intake) => intake.append(chunk([1])))).route("crm")
          const definition =
            when === "*"
              ? route.to(Remote.destination(remote))
              : route.except("shop.Order").to(Remote.destination(remote))
          const running = yield* Exporter.start({ ...definition, dedupe: "1 hour" })
          yield* running.ended
        }).pipe(Effect.scoped, Effect.provideService(Outbox.Outbox, outbox))
      const remote = Remote.make()
      yield* run(remote, "shop.Order")
      yield* run(remote, "*")
      yield* run(remote, "*")
      assert.deepStrictEqual(Remote.idsOf(remote), ["event-1"])
    })
  )

  it.live("is off unless it is asked for", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const same = () => Source.fromArray(Remote.events(20))
      yield* Exporter.fromSources({ one: same(), two: same() }).route("crm").to(Remote.destination(remote))
        .run
      assert.strictEqual(Remote.idsOf(remote).length, 40)
    }).pipe(memory)
  )
})

describe("an outbox of limited size", () => {
  it.effect(
    "holds the source while it is full; replaying its dead letters needs no room and makes some",
    () =>
      Effect.gen(function* () {
        const remote = Remote.make()
        let isMended = false
        const destination = Remote.destination(remote, {
          answer: () => (isMended ? undefined : Outcome.rejected("bad-request"))
        })
        const asked: Array<boolean> = []
        const source = pushing((intake) =>
          Effect.forEach(Remote.events(100), ({ id }) => {
            const index = Number(id.slice("event-".length))
            return Effect.andThen(
              Effect.andThen(
                Effect.map(intake.full, (full) => asked.push(full)),
                intake.append(chunk([index]))
              ),
              Effect.sleep(1)
            )
          })
        )
        const definition = Exporter.from(source).route("crm").to(destination)
        const running = yield* Exporter.start(definition, { follow: true })
        yield* Time.pass("10 seconds")
        const held = yield* running.ledger
        assert.isBelow(held.routes["crm"]!.read, 50)
        assert.strictEqual(Ledger.total(held, "dead"), held.routes["crm"]!.read)
        assert.isTrue(asked.at(-1))
        isMended = true
        const replay = yield* Effect.forkChild(running.replay({}))
        yield* Time.pass("10 seconds")
        assert.strictEqual((yield* Fiber.join(replay)).replayed, held.routes["crm"]!.read)
        const ledger = yield* running.ledger
        assert.deepStrictEqual(ledger.routes["crm"]?.delivered, { main: 100 })
        assert.deepStrictEqual(Ledger.imbalance(ledger), [])
      }).pipe(Effect.provide(OutboxMemory.layerWith({ bytes: 2_000 })), Effect.scoped)
  )
})
