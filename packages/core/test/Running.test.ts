/** What a running exporter tells and can be asked. */
import { assert, describe, it } from "@effect/vitest"
import {
  Destination,
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
import * as TestClock from "effect/testing/TestClock"
import * as Log from "./support/log.ts"
import * as Remote from "./support/remote.ts"
import * as Time from "./support/time.ts"

const memory = Effect.provide(OutboxMemory.layer)

const crm = (source: Source.Source, remote = Remote.make(), options: Remote.Options = {}) =>
  Exporter.from(source).route("crm").to(Remote.destination(remote, options))

/** A source that does what it is told, and follows. */
const told = (run: (intake: Intake.Intake) => Effect.Effect<void, Source.SourceError>): Source.Source => ({
  ...Source.fromArray([]),
  run: (intake) => Effect.andThen(run(intake), Effect.never)
})

describe("progress", () => {
  it.effect("tells what lies ahead, what is stored, and what is left of a split until it is read again", () =>
    Effect.gen(function* () {
      const [more, again] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const chunk = { events: Remote.events(3), malformed: [], consumed: 300 }
      const source = told(
        Effect.fnUntraced(function* (intake) {
          yield* intake.expect(1000)
          yield* Deferred.await(more)
          yield* intake.claim("a", () =>
            Effect.andThen(intake.append(chunk), intake.unread("a", { byte: 7, what: "cut off" }))
          )
          yield* intake.expect(-200)
          yield* Deferred.await(again)
          yield* intake.claim("a", () => Effect.void)
        })
      )
      const running = yield* Exporter.start(crm(source), { follow: true })
      yield* Time.pass("1 second")
      const empty: Running.Progress = { consumed: 0, expected: 1000, sourcesEnded: false, unread: [] }
      assert.deepStrictEqual(yield* running.progress, empty)
      yield* Deferred.succeed(more, undefined)
      yield* Time.pass("1 second")
      const { unread, ...counts } = yield* running.progress
      assert.deepStrictEqual(counts, { consumed: 300, expected: 800, sourcesEnded: false })
      assert.deepStrictEqual(
        unread.map(({ since, ...left }) => [left, typeof since]),
        [[{ source: "default", split: "a", byte: 7, what: "cut off" }, "number"]]
      )
      yield* Deferred.succeed(again, undefined)
      yield* Time.pass("1 second")
      assert.deepStrictEqual((yield* running.progress).unread, [])
    }).pipe(Effect.scoped, memory)
  )

  it.effect("tells that the sources have ended while lanes still deliver", () =>
    Effect.gen(function* () {
      const running = yield* Exporter.start(
        crm(Source.fromArray(Remote.events(3)), Remote.make(), { answer: () => "hang" })
      )
      yield* Time.pass("1 second")
      assert.isTrue((yield* running.progress).sourcesEnded)
      const ended = yield* Effect.forkChild(running.ended)
      assert.isUndefined(ended.pollUnsafe())
      yield* running.drain
      yield* Time.pass("30 seconds")
      assert.isTrue((yield* Fiber.join(ended)).cutShort)
    }).pipe(Effect.scoped, memory)
  )
})

describe("a drain", () => {
  it.effect(
    "waits for the attempts under way, no longer than it may, and says whether it was cut short",
    () =>
      Effect.gen(function* () {
        const hanging = crm(Source.fromArray(Remote.events(3)), Remote.make(), { answer: () => "hang" })
        const running = yield* Exporter.start(hanging, { follow: true, drain: "20 seconds" })
        yield* Time.pass("1 second")
        yield* running.drain
        const ended = yield* Effect.forkChild(running.ended)
        yield* Time.pass("19 seconds")
        assert.isUndefined(ended.pollUnsafe())
        yield* Time.pass("1 second")
        const report = yield* Fiber.join(ended)
        assert.isTrue(report.cutShort)
        assert.deepStrictEqual(report.ledger.routes["crm"]?.waiting, { main: 3 })
      }).pipe(Effect.scoped, memory)
  )

  it.effect("of a run with nothing under way ends at once, and counts all the same", () =>
    Effect.gen(function* () {
      const running = yield* Exporter.start(crm(Source.fromArray(Remote.events(3))), { follow: true })
      yield* Time.pass("1 second")
      yield* running.drain
      const report = yield* running.ended
      assert.isFalse(report.cutShort)
      assert.deepStrictEqual(report.ledger.routes["crm"]?.delivered, { main: 3 })
      assert.deepStrictEqual(report.unread, [])
    }).pipe(Effect.scoped, memory)
  )
})

describe("a lane that the configuration no longer names", () => {
  const gone = { route: "old", lane: "web" }
  const held = Remote.destination(Remote.make(), {
    lanes: [{ name: "web", held: "no-credentials" }],
    assign: () => Destination.to("web")
  })
  const former = Exporter.from(Source.fromArray(Remote.events(4)))
    .route("old")
    .to(held)
  /** Four events wait for it, as its route is held. */
  const stored = Effect.gen(function* () {
    const running = yield* Exporter.start(former, { follow: true })
    yield* Time.pass("1 second")
    yield* running.drain
    yield* running.ended
  }).pipe(Effect.scoped)

  it.effect("is none of those that it names, whatever waits for them", () =>
    Effect.gen(function* () {
      yield* stored
      const running = yield* Exporter.start(former, { follow: true })
      const lanes = (yield* running.lanes).map(({ lane, gate }) => [lane, gate.reason])
      assert.deepStrictEqual(lanes, [["web", "no-credentials"]])
    }).pipe(Effect.scoped, memory)
  )

  it.effect(
    "is told of, shown as closed, and is no lane to pause; a person's events in it are erased",
    () => {
      const { lines, layer } = Log.recorded()
      return Effect.gen(function* () {
        yield* stored
        const running = yield* Exporter.start(crm(Source.fromArray(Remote.events(0))), { follow: true })
        yield* Time.pass("1 second")
        assert.include(
          lines.join("\n"),
          "4 events wait for lane web of route old, which is not in the configuration"
        )
        const found = (yield* running.lanes).find(({ lane }) => lane === "web")
        assert.deepInclude(found, { ...gone, reason: "not-in-configuration", underWay: 0 })
        assert.isFalse(found?.gate.open)
        assert.isFalse(yield* running.pause(gone, true))
        assert.isTrue(yield* running.pause({ route: "crm", lane: "main" }, true))
        const erasing = yield* Effect.forkChild(running.erase("user-1"), { startImmediately: true })
        yield* Time.pass("1 second")
        assert.deepStrictEqual(yield* Fiber.join(erasing), { events: 1, letters: 0 })
        const ledger = yield* running.ledger
        assert.deepStrictEqual(ledger.routes["old"]?.waiting, { web: 3 })
        assert.deepStrictEqual(Ledger.imbalance(ledger), [])
      }).pipe(Effect.scoped, memory, Effect.provide(layer))
    }
  )
})

describe("a range of the past", () => {
  const [first] = Remote.events(1)
  const half = { route: "crm", from: first!.time + 3, to: first!.time + 7 }

  it.effect("is read again beside the present, for its route alone, and delivered", () =>
    Effect.gen(function* () {
      const [crmRemote, other] = [Remote.make(), Remote.make()]
      const definition = crm(Source.fromArray(Remote.events(10)), crmRemote)
        .route("other")
        .to(Remote.destination(other))
      const running = yield* Exporter.start(definition, { follow: true })
      yield* Time.pass("1 second")
      assert.strictEqual(yield* running.replayPast(half), 4)
      yield* Time.pass("1 second")
      assert.deepStrictEqual(Remote.idsOf(crmRemote).slice(10), ["event-3", "event-4", "event-5", "event-6"])
      assert.lengthOf(Remote.idsOf(other), 10)
      // The same request goes on where it stopped, which is at the end.
      assert.strictEqual(yield* running.replayPast(half), 0)
      assert.deepStrictEqual(Ledger.imbalance(yield* running.ledger), [])
    }).pipe(Effect.scoped, memory)
  )

  it.effect("leaves out users that were erased since, unless it is asked for them", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const running = yield* Exporter.start(crm(Source.fromArray(Remote.events(10)), remote), {
        follow: true
      })
      yield* Time.pass("1 second")
      // Later than the events: those that happen after it are not erased.
      yield* TestClock.setTime(first!.time + 1000)
      const erasing = yield* Effect.forkChild(running.erase("user-3"), { startImmediately: true })
      yield* Time.pass("1 second")
      yield* Fiber.join(erasing)
      yield* running.replayPast(half)
      yield* Time.pass("1 second")
      assert.deepStrictEqual(Remote.idsOf(remote).slice(10), ["event-4", "event-5", "event-6"])
      yield* running.replayPast({ ...half, erased: true })
      yield* Time.pass("1 second")
      assert.include(Remote.idsOf(remote).slice(13), "event-3")
      assert.deepStrictEqual(Ledger.imbalance(yield* running.ledger), [])
    }).pipe(Effect.scoped, memory)
  )

  it.effect("can be all that a run reads, which then ends", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const definition = crm(Source.fromArray(Remote.events(10)), remote)
      const running = yield* Exporter.start(definition, { past: half })
      const ended = yield* Effect.forkChild(running.ended)
      yield* Time.pass("1 second")
      const report = yield* Fiber.join(ended)
      assert.strictEqual(report.ledger.routes["crm"]?.read, 4)
      assert.deepStrictEqual(Remote.idsOf(remote), ["event-3", "event-4", "event-5", "event-6"])
    }).pipe(Effect.scoped, memory)
  )

  it.effect("is refused of a route that is not there, and of a source that keeps no past", () =>
    Effect.gen(function* () {
      const stubborn = { ...Source.fromArray(Remote.events(1)), replayable: false }
      const running = yield* Exporter.start(crm(stubborn), { follow: true })
      const refused = (past: Running.Past) =>
        Effect.map(Effect.flip(running.replayPast(past)), ({ message }) => message)
      assert.strictEqual(yield* refused({ route: "nowhere" }), "there is no route nowhere")
      assert.strictEqual(
        yield* refused({ route: "crm" }),
        "source default cannot be read again: it keeps no past"
      )
    }).pipe(Effect.scoped, memory)
  )
})

describe("an outbox that fails", () => {
  it.effect("ends the exporter with its failure, and nothing is told as read", () =>
    Effect.gen(function* () {
      const inner = yield* OutboxMemory.make
      const failure = new Outbox.OutboxError({ reason: "Unavailable", detail: "the disk is gone" })
      const outbox = Outbox.Outbox.of({ ...inner, append: () => Effect.fail(failure) })
      const running = yield* Exporter.start(crm(Source.fromArray(Remote.events(3))), { follow: true }).pipe(
        Effect.provideService(Outbox.Outbox, outbox)
      )
      const ended = yield* Effect.forkChild(Effect.flip(running.ended))
      yield* Time.pass("1 second")
      assert.strictEqual(yield* Fiber.join(ended), failure)
      assert.strictEqual((yield* running.progress).consumed, 0)
    }).pipe(Effect.scoped)
  )
})
