import { assert, describe, it } from "@effect/vitest"
import { Exporter, type Intake, OutboxMemory, Source } from "@millrace/core"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SourceStates from "../src/engine/intake/SourceStates.ts"
import * as Log from "./support/log.ts"
import * as Remote from "./support/remote.ts"
import * as Time from "./support/time.ts"

/** A source that says what it is told to say, and never ends. */
const speaking = () => {
  let intake: Intake.Intake | undefined
  const failing = Deferred.makeUnsafe<never, Source.SourceError>()
  const source: Source.Source = {
    ...Source.fromArray([]),
    run: (given) => {
      intake = given
      return Deferred.await(failing)
    }
  }
  return {
    source,
    intake: () => intake!,
    fail: (detail: string) => Deferred.fail(failing, new Source.SourceError({ kind: "fatal", detail }))
  }
}

const gone: Intake.Problem = { reason: "gone", detail: "/export: is not there; check the path" }
const bad = (index: number): Intake.Problem => ({
  split: `${index}.avro`,
  reason: "unreadable",
  detail: `/export/${index}.avro: may not be read`
})

const start = (sources: Readonly<Record<string, Source.Source>>) =>
  Exporter.start(Exporter.fromSources(sources).route("crm").to(Remote.destination(Remote.make())), {
    follow: true
  })

describe("a source", () => {
  it.effect("that is gone is told of once each time, also the second, and stands in its state", () => {
    const { lines, layer } = Log.recorded("source", "split", "reason")
    return Effect.gen(function* () {
      const { source, intake } = speaking()
      const running = yield* start({ files: source })
      yield* Time.pass("1 second")
      const state = Effect.map(running.sources, ([found]) => found!.state)
      assert.strictEqual(yield* state, "waiting")
      for (const time of [1, 2]) {
        yield* intake().problems([gone])
        yield* intake().problems([gone])
        assert.strictEqual(yield* state, "gone", `time ${time}`)
        yield* Time.pass("1 minute")
        yield* intake().problems([])
        assert.strictEqual(yield* state, "waiting")
      }
      assert.strictEqual(lines.length, 4, lines.join("\n"))
      for (const begun of [lines[0], lines[2]]) {
        assert.strictEqual(begun, "Warn files  gone: /export: is not there; check the path")
      }
      for (const over of [lines[1], lines[3]]) {
        assert.match(over!, /^Info files {2}gone: the source can be read again, after 1m/)
      }
    }).pipe(Effect.scoped, Effect.provide(Layer.merge(OutboxMemory.layer, layer)))
  })

  it.effect("names what it cannot read, a few of many in the log and all in its state", () => {
    const { lines, layer } = Log.recorded("source", "split", "reason")
    return Effect.gen(function* () {
      const { source, intake } = speaking()
      const running = yield* start({ files: source })
      yield* Time.pass("1 second")
      yield* intake().problems(Array.from({ length: 40 }, (_, index) => bad(index)))
      const [found] = yield* running.sources
      assert.strictEqual(found?.state, "waiting")
      assert.strictEqual(found?.problems.length, 40)
      assert.isAbove(found!.problems[0]!.since, 0)
      assert.strictEqual(lines.length, 6)
      assert.strictEqual(lines[0], "Warn files 0.avro unreadable: /export/0.avro: may not be read")
      assert.include(lines[5], "and 35 more cannot be read")
    }).pipe(Effect.scoped, Effect.provide(Layer.merge(OutboxMemory.layer, layer)))
  })

  it.effect("tells when a chunk of it was last stored, and that it reads while a split is claimed", () =>
    Effect.gen(function* () {
      const { source, intake } = speaking()
      const running = yield* start({ files: source })
      yield* Time.pass("1 minute")
      const state = Effect.map(running.sources, ([found]) => found!)
      assert.isUndefined((yield* state).lastRead)
      yield* intake().claim("a", () =>
        Effect.map(state, (found) => assert.strictEqual(found.state, "reading"))
      )
      yield* intake().append({ events: [Remote.event(1)], malformed: [] })
      assert.isAtLeast((yield* state).lastRead ?? 0, 60_000)
      assert.strictEqual((yield* state).state, "waiting")
    }).pipe(Effect.scoped, Effect.provide(OutboxMemory.layer))
  )

  it.effect("tells how far it is behind as it last said, its newest event, and how fast it is read", () =>
    Effect.gen(function* () {
      const { source, intake } = speaking()
      const running = yield* start({ files: source })
      yield* Time.pass("2 minutes")
      const state = Effect.map(running.sources, ([found]) => found!)
      const before = yield* state
      assert.isUndefined(before.lag)
      assert.isUndefined(before.newestEvent)
      assert.strictEqual(before.eventsPerSecond, 0)
      yield* intake().lag({ count: 3, bytes: 700, oldest: 1_000 })
      assert.deepStrictEqual((yield* state).lag, { count: 3, bytes: 700, oldest: 1_000 })
      const late = { ...Remote.event(2), time: 5 }
      const newest = { ...Remote.event(1), time: 1_782_742_805_000 }
      yield* intake().append({ events: [newest, late], malformed: [] })
      yield* intake().append({ events: [{ ...late, id: "later" }], malformed: [] })
      yield* intake().lag({ count: 0 })
      const after = yield* state
      assert.deepStrictEqual(after.lag, { count: 0 })
      assert.strictEqual(after.newestEvent, 1_782_742_805_000)
      assert.closeTo(after.eventsPerSecond, 3 / 60, 0.01)
      yield* Time.pass("2 minutes")
      assert.strictEqual((yield* state).eventsPerSecond, 0)
    }).pipe(Effect.scoped, Effect.provide(OutboxMemory.layer))
  )

  it.effect("that several threads read is as far behind as the one that knows the most", () =>
    Effect.gen(function* () {
      const states = yield* SourceStates.make({
        sources: ["files"],
        follow: true,
        patience: 0,
        observe: undefined
      })
      const lag = Effect.sync(() => states.statuses()[0]?.lag?.count)
      yield* states.lag("files", 0, { count: 40 })
      yield* states.lag("files", 1, { count: 40 })
      yield* states.lag("files", 1, { count: 12 })
      assert.strictEqual(yield* lag, 12)
      yield* states.lag("files", 0, { count: 3 })
      assert.strictEqual(yield* lag, 3)
    }).pipe(Effect.scoped)
  )

  it.effect("that cannot go on is told of at once while another one follows", () => {
    const { lines, layer } = Log.recorded("source")
    return Effect.gen(function* () {
      const [first, second] = [speaking(), speaking()]
      const running = yield* start({ first: first.source, second: second.source })
      yield* Time.pass("1 second")
      yield* first.fail("port 80 is taken")
      yield* Time.pass("1 second")
      assert.deepStrictEqual(lines, ["Warn first: the source cannot go on: port 80 is taken"])
      assert.deepStrictEqual(
        (yield* running.sources).map(({ state }) => state),
        ["failed", "waiting"]
      )
    }).pipe(Effect.scoped, Effect.provide(Layer.merge(OutboxMemory.layer, layer)))
  })
})
