import { assert, describe, it } from "@effect/vitest"
import {
  Catalogue,
  type Event,
  Exporter,
  ExporterAsync,
  Outbox,
  OutboxMemory,
  Outcome,
  Running,
  Source
} from "@millrace/core"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Log from "./support/log.ts"
import * as Remote from "./support/remote.ts"
import * as Time from "./support/time.ts"

const event = (id: string): Event.Event => ({ id, type: "a", time: 0, user: {}, properties: {} })
const twice = Source.fromArray([event("1"), event("2"), event("1")])
const to = (remote: Remote.Remote, options?: Remote.Options) => Remote.destination(remote, options)

const refusing: Remote.Options = {
  answer: (_, batch) => Outcome.Outcomes.each(batch, () => Outcome.rejected("bad-request"))
}

/** An outbox whose settlements fail from a moment on. */
const failing = Effect.gen(function* () {
  const outbox = yield* OutboxMemory.make
  const detail = "the disk that holds it is full"
  return Outbox.Outbox.of({
    ...outbox,
    settle: () => Effect.fail(new Outbox.OutboxError({ reason: "Full", detail }))
  })
})

/** A source that never ends, or fails when it is told to. */
const speaking = () => {
  const failure = Deferred.makeUnsafe<never, Source.SourceError>()
  const source: Source.Source = {
    ...Source.fromArray([]),
    run: (intake) =>
      Effect.andThen(intake.append({ events: [event("1")], malformed: [] }), Deferred.await(failure))
  }
  return {
    source,
    fail: Deferred.fail(failure, new Source.SourceError({ kind: "fatal", detail: "the stream is gone" }))
  }
}

describe("an exporter in code", () => {
  it.effect("drops repeats when it is told to, and keeps what waits for as long as it is told to", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const ledger = yield* Exporter.from(twice, { dedupe: "1 day" }).route("crm").to(to(remote)).run
      assert.deepStrictEqual(ledger.routes["crm"]?.filtered, { duplicate: 1 })
      assert.deepStrictEqual(Remote.idsOf(remote), ["1", "2"])
      const sources = Exporter.fromSources({ a: twice }, { dedupe: "1 day", retention: "2 days" })
      assert.strictEqual(sources.route("crm").to(to(remote)).retention, "2 days")
    }).pipe(Effect.provide(OutboxMemory.layer))
  )

  it.effect("makes dead letters of what waited for too long, as a layer", () =>
    Effect.gen(function* () {
      const exporter = Exporter.from(speaking().source, { retention: "1 hour" })
        .route("crm")
        .to(to(Remote.make(), { answer: () => Outcome.retry("unavailable") })).layer
      yield* Effect.gen(function* () {
        const running = yield* Running.Running
        yield* Time.pass("2 hours")
        assert.deepStrictEqual((yield* running.ledger).routes["crm"]?.dead, { expired: 1 })
      }).pipe(Effect.provide(exporter), Effect.scoped)
    }).pipe(Effect.provide(OutboxMemory.layer))
  )

  it.live("tells who holds its layer that the outbox failed, and logs it", () => {
    const { lines, layer } = Log.recorded()
    return Effect.gen(function* () {
      const exporter = Exporter.from(speaking().source).route("crm").to(to(Remote.make())).layer
      const exit = yield* Running.Running.use(({ ended }) => Effect.exit(ended)).pipe(
        Effect.provide(exporter),
        Effect.provideServiceEffect(Outbox.Outbox, failing)
      )
      assert.isTrue(Exit.isFailure(exit))
      assert.match(
        lines.join("\n"),
        /the exporter has ended: the disk that holds it is full; nothing is lost/
      )
    }).pipe(Effect.provide(layer))
  })

  it.live("tells who holds its layer that its source cannot go on", () => {
    const { lines, layer } = Log.recorded()
    return Effect.gen(function* () {
      const { source, fail } = speaking()
      const remote = Remote.make()
      const exporter = Exporter.from(source).route("crm").to(to(remote)).layer
      const error = yield* Effect.gen(function* () {
        const running = yield* Running.Running
        yield* fail
        return yield* Effect.flip(running.ended)
      }).pipe(Effect.provide(exporter), Effect.provide(OutboxMemory.layer))
      assert.include(error.message, "the stream is gone")
      assert.deepStrictEqual(Remote.idsOf(remote), ["1"])
      assert.match(lines.join("\n"), /the exporter has ended: .*the stream is gone/)
    }).pipe(Effect.provide(layer))
  })
})

describe("an exporter in promises", () => {
  const pushed = () => {
    const { promise, resolve } = Promise.withResolvers<Source.AsyncIntake>()
    const source: Source.Source = {
      plugin: "pushed",
      push: true,
      catalogue: Catalogue.any,
      run: Source.fromAsync(async (intake, signal) => {
        resolve(intake)
        await new Promise((done) => signal.addEventListener("abort", done))
      })
    }
    return { source, intake: promise }
  }

  it("runs beside other code, is asked how it stands, and stops with what was under way", async () => {
    const { source, intake } = pushed()
    const remote = Remote.make()
    const exporter = await ExporterAsync.start(Exporter.from(source).route("crm").to(to(remote)), {
      outbox: OutboxMemory.store
    })
    await (await intake).append({ events: [event("1"), event("2")], malformed: [] })
    assert.strictEqual((await exporter.ledger()).routes["crm"]?.read, 2)
    assert.strictEqual((await exporter.lanes())[0]?.lane, "main")
    assert.deepStrictEqual(
      (await exporter.sources()).map(({ source }) => source),
      ["default"]
    )
    assert.isFalse(await exporter.pause({ route: "crm", lane: "none" }, true))
    assert.isTrue(await exporter.pause({ route: "crm", lane: "main" }, true))
    const [report, again] = await Promise.all([exporter.stop(), exporter.stop()])
    assert.strictEqual(report, again)
    assert.strictEqual(await exporter.ended, report)
    const { delivered, waiting } = report.ledger.routes["crm"]!
    assert.strictEqual((delivered["main"] ?? 0) + (waiting["main"] ?? 0), 2)
  })

  it("finds dead letters, replays them and removes them", async () => {
    const remote = Remote.make()
    const exporter = await ExporterAsync.start(
      Exporter.from(Source.fromArray([event("1"), event("2")]))
        .route("crm")
        .to(to(remote, refusing)),
      { outbox: OutboxMemory.store, follow: false }
    )
    await exporter.ended
    const ids = []
    for await (const { event } of exporter.deadLetters({ reason: "bad-request" })) ids.push(event?.id)
    assert.deepStrictEqual(ids.sort(), ["1", "2"])
    for await (const { event } of exporter.deadLetters({ eventId: "2" })) assert.strictEqual(event?.id, "2")
    assert.strictEqual(await exporter.purge({ eventId: "1" }), 1)
    assert.deepStrictEqual(await exporter.replay({}), { replayed: 1, left: 0 })
    const report = await exporter.stop()
    assert.deepStrictEqual(report.ledger.routes["crm"]?.dead, { "bad-request": 2 })
  })

  it("logs and rejects with what ended it, also where nobody waits", async () => {
    const { source, intake } = pushed()
    const lines: Array<ExporterAsync.Line> = []
    const exporter = await ExporterAsync.start(Exporter.from(source).route("crm").to(to(Remote.make())), {
      outbox: { ...OutboxMemory.store, layer: Layer.effect(Outbox.Outbox, failing) },
      log: (line) => lines.push(line)
    })
    await (await intake).append({ events: [event("1")], malformed: [] })
    const told = await exporter.ended.then(
      () => "",
      ({ message }) => message
    )
    assert.strictEqual(told, "the disk that holds it is full")
    assert.isTrue(lines.some(({ level, message }) => level === "ERROR" && message.includes(told)))
    await exporter[Symbol.asyncDispose]()
    await exporter.stop().catch(({ message }) => assert.strictEqual(message, told))
  })

  it("rejects when it cannot be started", async () => {
    const route = Exporter.from(twice).route("crm").to(to(Remote.make())).routes[0]!
    const definition = { sources: { default: twice }, routes: [route, route] }
    const message = await ExporterAsync.start(definition, { outbox: OutboxMemory.store }).then(
      () => "started",
      (error) => error.message
    )
    assert.match(message, /two routes are named crm/)
  })
})
