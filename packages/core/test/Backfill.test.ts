/** Parts of a source's past, read beside its present. */
import { assert, describe, it } from "@effect/vitest"
import {
  Catalogue,
  Exporter,
  type Intake,
  Ledger,
  Outbox,
  OutboxMemory,
  type Running,
  Source
} from "@millrace/core"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as Remote from "./support/remote.ts"
import * as Time from "./support/time.ts"

const hour = 60 * 60_000
const perHour = 10

/** A source of hours with ten events each, in two chunks; live it has nothing. */
const hours = (
  count: number,
  fault: (split: string, chunk: number) => Source.SourceError | undefined = () => undefined
) => {
  const asked: Array<Source.Range> = []
  const chunkOf = (split: string, chunk: number): Intake.Chunk => {
    const first = Number(split) * perHour + chunk * 5
    return {
      events: Array.from({ length: 5 }, (_, index) => {
        const event = Remote.event(first + index)
        return index === 4 ? { ...event, type: "shop.Refund" } : event
      }),
      malformed: [],
      split,
      checkpoint: String(chunk + 1),
      consumed: 100
    }
  }
  const source: Source.Source = {
    plugin: "test-hours",
    catalogue: {
      ...(Catalogue.any as Catalogue.Catalogue<never>),
      types: new Set(["shop.Order", "shop.Refund"])
    },
    ranged: true,
    run: (intake, options) => {
      const { range } = options
      if (range === undefined) return options.follow ? Effect.never : Effect.void
      asked.push(range)
      const splits = Array.from({ length: count }, (_, index) => index).filter(
        (index) => index * hour >= range.from && index * hour < range.to
      )
      return Effect.andThen(
        intake.expect(splits.length * 200),
        Source.fromSplits({
          discover: () => Stream.fromIterable(splits.map(String)),
          read: (split, after) =>
            Stream.fromIterable([0, 1]).pipe(
              Stream.drop(Number(Option.getOrElse(after, () => "0"))),
              Stream.mapEffect((chunk) => {
                const error = fault(split, chunk)
                return error === undefined ? Effect.succeed(chunkOf(split, chunk)) : Effect.fail(error)
              })
            )
        })(intake, options)
      )
    }
  }
  return { source, asked }
}

const idsFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => `event-${first + index}`)

const exporter = (source: Source.Source, live: Remote.Remote, past: Remote.Remote) => ({
  sources: { default: source },
  routes: [
    Exporter.from(source).route("live").to(Remote.destination(live)).routes[0]!,
    { ...Exporter.from(source).route("past").to(Remote.destination(past)).routes[0]!, backfill: true }
  ]
})

const ask = { source: "default", from: 1 * hour, to: 3 * hour } satisfies Running.Backfill

describe("a backfill", () => {
  it.effect("reads its hours, the oldest first, for the routes that are there for it, and balances", () =>
    Effect.gen(function* () {
      const { source, asked } = hours(5)
      const [live, past] = [Remote.make(), Remote.make()]
      const running = yield* Exporter.start(exporter(source, live, past), { follow: true })
      const status = yield* running.backfill(ask)
      yield* Time.pass("1 minute")
      assert.deepStrictEqual(asked, [{ from: ask.from, to: ask.to }])
      assert.deepStrictEqual([...Remote.idsOf(past)].sort(), idsFrom(perHour, 2 * perHour).sort())
      assert.deepStrictEqual(Remote.idsOf(live), [])
      assert.deepInclude(status, { state: "ended", events: 20, consumed: 400, expected: 400, split: "2" })
      const ledger = yield* running.ledger
      assert.deepStrictEqual(Ledger.imbalance(ledger), [])
      assert.deepStrictEqual([ledger.routes["live"]?.read, ledger.routes["past"]?.read], [0, 20])
      assert.deepStrictEqual(
        (yield* running.backfills).map(({ name }) => name),
        [status.name]
      )
    }).pipe(Effect.scoped, Effect.provide(OutboxMemory.layer))
  )

  it.effect("goes to all routes that read the source where none is there for it, and takes types alone", () =>
    Effect.gen(function* () {
      const { source, asked } = hours(5)
      const live = Remote.make()
      const definition = Exporter.from(source).route("live").to(Remote.destination(live))
      const running = yield* Exporter.start(definition, { follow: true })
      const { events } = yield* running.backfill({ ...ask, types: ["*.Refund"] })
      yield* Time.pass("1 minute")
      assert.strictEqual(events, 4)
      assert.deepStrictEqual(asked[0]?.types, ["shop.Refund"])
      assert.deepStrictEqual([...Remote.idsOf(live)].sort(), ["event-14", "event-19", "event-24", "event-29"])
      // The order of types does not make another backfill of it.
      const both = ["shop.Refund", "shop.Order"]
      const first = yield* running.backfill({ ...ask, types: both })
      const again = yield* running.backfill({ ...ask, types: [...both].reverse() })
      assert.deepStrictEqual([first.events, again.events, again.name], [20, 0, first.name])
    }).pipe(Effect.scoped, Effect.provide(OutboxMemory.layer))
  )

  it.effect("leaves out events of users that were erased", () =>
    Effect.gen(function* () {
      // After the events happened.
      yield* TestClock.setTime(1_790_000_000_000)
      const { source } = hours(5)
      const past = Remote.make()
      const running = yield* Exporter.start(exporter(source, Remote.make(), past), { follow: true })
      const user = Remote.event(perHour).user.externalId!
      yield* running.erase(user)
      yield* running.backfill(ask)
      yield* Time.pass("1 minute")
      const others = idsFrom(perHour, 2 * perHour).filter(
        (_, index) => Remote.event(perHour + index).user.externalId !== user
      )
      assert.isBelow(others.length, 2 * perHour)
      assert.deepStrictEqual([...Remote.idsOf(past)].sort(), others.sort())
      assert.deepStrictEqual(Ledger.imbalance(yield* running.ledger), [])
    }).pipe(Effect.scoped, Effect.provide(OutboxMemory.layer))
  )

  it.effect("reads no more events in a second than it may", () =>
    Effect.gen(function* () {
      const { source } = hours(5)
      const running = yield* Exporter.start(exporter(source, Remote.make(), Remote.make()), { follow: true })
      const reading = yield* Effect.forkChild(running.backfill({ ...ask, rate: 1 }))
      const events = Effect.map(running.backfills, ([one]) => one?.events)
      yield* Time.pass("6 seconds")
      assert.strictEqual(yield* events, 10)
      yield* Time.pass("6 seconds")
      assert.strictEqual(yield* events, 15)
      const again = yield* Effect.flip(running.backfill(ask))
      assert.include(again.message, "under way")
      yield* Time.pass("8 seconds")
      assert.strictEqual((yield* Fiber.join(reading)).events, 20)
    }).pipe(Effect.scoped, Effect.provide(OutboxMemory.layer))
  )

  it.effect("goes on where it was interrupted, in another run, too, and comes to nothing when done", () =>
    Effect.gen(function* () {
      const reached = yield* Deferred.make<void>()
      const { source } = hours(5)
      const stuck: Source.Source = {
        ...source,
        run: (intake, options) =>
          source.run(
            {
              ...intake,
              append: (chunk) =>
                chunk.split === "2"
                  ? Effect.andThen(Deferred.succeed(reached, undefined), Effect.never)
                  : intake.append(chunk)
            },
            options
          )
      }
      const outbox = yield* Outbox.Outbox
      const past = Remote.make()
      yield* Effect.gen(function* () {
        const running = yield* Exporter.start(exporter(stuck, Remote.make(), past), { follow: true })
        const reading = yield* Effect.forkChild(running.backfill(ask))
        yield* Deferred.await(reached)
        yield* Fiber.interrupt(reading)
        assert.deepInclude((yield* running.backfills)[0], { state: "failed", events: 10 })
      }).pipe(Effect.scoped, Effect.provideService(Outbox.Outbox, outbox))
      const running = yield* Exporter.start(exporter(source, Remote.make(), past), { backfill: ask })
      yield* Time.pass("1 minute")
      yield* running.ended
      assert.deepInclude((yield* running.backfills)[0], { state: "ended", events: 10 })
      assert.deepStrictEqual([...Remote.idsOf(past)].sort(), idsFrom(perHour, 20).sort())
      assert.strictEqual((yield* running.ledger).routes["past"]?.read, 20)
    }).pipe(Effect.scoped, Effect.provide(OutboxMemory.layer))
  )

  it.effect(
    "bears with a source that fails for a while, and says why it gave up on one that goes on failing",
    () =>
      Effect.gen(function* () {
        const slow = new Source.SourceError({
          kind: "retry",
          reason: "throttled",
          detail: "the store: SlowDown"
        })
        let failures = 3
        const { source } = hours(5, (split) => (split === "2" && failures-- > 0 ? slow : undefined))
        const past = Remote.make()
        const running = yield* Exporter.start(exporter(source, Remote.make(), past), { follow: true })
        const reading = yield* Effect.forkChild(running.backfill(ask))
        yield* Time.pass("10 seconds")
        assert.strictEqual((yield* Fiber.join(reading)).events, 20)
        failures = Infinity
        const failing = yield* Effect.forkChild(Effect.flip(running.backfill({ ...ask, from: 2 * hour })))
        yield* TestClock.adjust("1 second")
        yield* Time.pass("1 second")
        assert.deepInclude((yield* running.backfills)[0], { state: "failing" })
        yield* Time.pass("5 minutes")
        assert.include((yield* Fiber.join(failing)).message, "SlowDown")
        assert.deepInclude((yield* running.backfills)[0], { state: "failed" })
      }).pipe(Effect.scoped, Effect.provide(OutboxMemory.layer))
  )

  it.effect("is refused of a source that knows no hours, of none, and backwards", () =>
    Effect.gen(function* () {
      const { source } = hours(5)
      const plain = { ...source, ranged: false }
      const definition = {
        ...exporter(source, Remote.make(), Remote.make()),
        sources: { default: source, plain }
      }
      const running = yield* Exporter.start(definition, { follow: true })
      const refusal = (change: Partial<Running.Backfill>) =>
        Effect.map(Effect.flip(running.backfill({ ...ask, ...change })), ({ message }) => message)
      assert.include(yield* refusal({ source: "plain" }), "source plain cannot be read by the hour")
      assert.include(
        yield* refusal({ source: "none" }),
        "there is no source none; the sources are default, plain"
      )
      assert.include(yield* refusal({ to: ask.from }), "later than its beginning")
      assert.include(yield* refusal({ types: ["shop.Ordr"] }), "no event is called shop.Ordr")
    }).pipe(Effect.scoped, Effect.provide(OutboxMemory.layer))
  )
})
