import { assert, describe, it } from "@effect/vitest"
import {
  Destination,
  Exporter,
  type Intake,
  Ledger,
  Outbox,
  OutboxMemory,
  Outcome,
  type Route,
  Source
} from "@millrace/core"
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
  append: (entry) => Effect.delay(outbox.append(entry), 1).pipe(Effect.tap(Effect.sleep(1)))
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
    { arbitrary: { runs: 12, seed: "dedupe" } }
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
      const run = Effect.fnUntraced(
        function* (remote: Remote.Remote, when: "shop.Order" | "*") {
          const route = Exporter.from(pushing((intake) => intake.append(chunk([1])))).route("crm")
          const definition =
            when === "*"
              ? route.to(Remote.destination(remote))
              : route.except("shop.Order").to(Remote.destination(remote))
          const running = yield* Exporter.start({ ...definition, dedupe: "1 hour" })
          yield* running.ended
        },
        Effect.scoped,
        Effect.provideService(Outbox.Outbox, outbox)
      )
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

describe("a lane's share of the outbox", () => {
  /** A route of two lanes: even events leave by one whose key is refused until it is mended. */
  const open = (share: Route.Share) => {
    const remote = Remote.make()
    const state = { isMended: false, remote }
    const destination = Remote.destination(remote, {
      lanes: [{ name: "even" }, { name: "odd" }],
      assign: ({ time }) => Destination.to(time % 2 === 0 ? "even" : "odd"),
      answer: ({ lane }) => (lane === "even" && !state.isMended ? Outcome.unauthorized("refused") : undefined)
    })
    const source = Source.fromArray(Remote.events(400), { size: 10 })
    const definition = Exporter.from(source)
      .route("crm")
      .to(destination, { share, policy: { probeEvery: "1 minute" } })
    return { state, start: Exporter.start(definition, { follow: true }) }
  }
  const waiting = ({ routes }: Ledger.Ledger) => routes["crm"]?.waiting["even"] ?? 0

  it.effect("holds the sources when it is filled, and lets them go on once the lane has sent", () =>
    Effect.gen(function* () {
      const { state, start } = open({ size: 2_000 })
      const running = yield* start
      yield* Time.pass("30 seconds")
      const held = yield* running.ledger
      assert.isBelow(held.routes["crm"]!.read, 200)
      assert.strictEqual(waiting(held), held.routes["crm"]!.read / 2)
      assert.strictEqual(Ledger.total(held, "dead"), 0)
      state.isMended = true
      yield* Time.pass("5 minutes")
      assert.deepStrictEqual((yield* running.ledger).routes["crm"]?.delivered, { even: 200, odd: 200 })
    }).pipe(memory, Effect.scoped)
  )

  it.effect(
    "sets the oldest aside where that was chosen and the lane sends nothing; they can be replayed",
    () =>
      Effect.gen(function* () {
        const { state, start } = open({ size: 2_000, whenFull: "set-aside" })
        const running = yield* start
        yield* Time.pass("50 seconds")
        const patient = yield* running.ledger
        assert.isBelow(patient.routes["crm"]!.read, 400)
        assert.strictEqual(Ledger.total(patient, "dead"), 0)
        yield* Time.pass("1 minute")
        const ledger = yield* running.ledger
        assert.strictEqual(ledger.routes["crm"]?.read, 400)
        assert.strictEqual(ledger.routes["crm"]?.delivered["odd"], 200)
        const aside = ledger.routes["crm"]?.dead["share-full"] ?? 0
        assert.strictEqual(aside + waiting(ledger), 200)
        assert.isAbove(waiting(ledger), 5)
        assert.isBelow(waiting(ledger), 30)
        assert.deepStrictEqual(Ledger.imbalance(ledger), [])
        state.isMended = true
        yield* Time.pass("5 minutes")
        const youngest = state.remote.accepted.get("even") ?? []
        assert.deepStrictEqual(youngest, evens(200 - youngest.length, 200))
        while (Ledger.total(yield* running.ledger, "dead") > 0) {
          const replayed = yield* Effect.forkChild(running.replay({}))
          yield* Time.pass("5 minutes")
          yield* Fiber.join(replayed)
        }
        const delivered = [...(state.remote.accepted.get("even") ?? [])]
        assert.strictEqual(new Set(delivered).size, 200)
      }).pipe(memory, Effect.scoped)
  )

  const evens = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => `event-${(from + index) * 2}`)
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

describe("a source", () => {
  /** How many of 60 appends of 100 kB return while the remote takes its time over the first request. */
  const appended = Effect.fnUntraced(
    function* (push: boolean) {
      const wide = (index: number) => ({
        ...Remote.event(index),
        properties: { cents: index, note: "x".repeat(100_000) }
      })
      let returned = 0
      const source: Source.Source = {
        ...Source.fromArray(Remote.events(0)),
        push,
        run: (intake) =>
          Effect.forEach(
            Array.from({ length: 60 }, (_, index) => wide(index)),
            (event) =>
              Effect.andThen(
                intake.append({ events: [event], malformed: [] }),
                Effect.sync(() => returned++)
              ),
            { discard: true }
          )
      }
      const hanging = Remote.destination(Remote.make(), {
        prepare: Remote.whole,
        limits: { messages: 1, bytes: 1_000_000, messageBytes: 1_000_000, concurrency: 1 },
        answer: () => "hang"
      })
      const running = yield* Exporter.start(Exporter.from(source).route("crm").to(hanging), {
        drain: "1 second"
      })
      yield* Time.pass("10 seconds")
      yield* Effect.forkChild(running.drain)
      yield* Time.pass("10 seconds")
      return returned
    },
    Effect.scoped,
    memory
  )

  it.effect("is paced by its lanes where it pulls, and never where somebody waits for its answer", () =>
    Effect.gen(function* () {
      assert.isBelow(yield* appended(false), 60)
      assert.strictEqual(yield* appended(true), 60)
    })
  )
})
