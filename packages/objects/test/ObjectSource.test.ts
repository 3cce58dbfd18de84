import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Schedule } from "@millrace/objects"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import { TestClock } from "effect/testing"
import * as MemoryStore from "./support/memoryStore.ts"
import * as Recorder from "./support/recorder.ts"

const { lines } = Recorder

const keyOf = (type: string, hour: string, name: string) => `c/event_type=${type}/date=${hour}/1/${name}.json`

const start = Date.UTC(2026, 10, 29, 12)

/** A run that follows, at noon; ends with the test. */
const following = Effect.fnUntraced(function* (recorder: Recorder.Recorder, options: Recorder.RunOptions) {
  yield* TestClock.setTime(start)
  return yield* Effect.forkScoped(Recorder.run(recorder, { prefix: "c/", follow: true, ...options }))
})

describe("a finite run", () => {
  it.effect("reads every object once by hour and key, beyond the first page, and knows them again", () =>
    Effect.gen(function* () {
      const store = MemoryStore.make(10)
      const expected: Array<string> = []
      for (let hour = 10; hour < 13; hour++) {
        for (let index = 0; index < 15; index++) {
          const type = `t${index % 5}`
          expected.push(`${hour}-${type}-${index}`)
          store.put(keyOf(type, `2026-11-29-${hour}`, String(index)), lines(`${hour}-${type}-${index}`))
        }
      }
      store.put("c/notes.txt", "x")
      store.put("c/event_type=t0/_SUCCESS", "")
      const recorder = Recorder.make()
      yield* Recorder.run(recorder, { store, prefix: "c/" })
      assert.deepStrictEqual(recorder.ids, expected.sort())
      assert.strictEqual(store.calls.list, 5)
      assert.match(
        recorder.logs.join("\n"),
        /1 objects below memory:\/\/m\/c\/ are not read, such as c\/notes\.txt/
      )
      assert.strictEqual(recorder.present?.length, 45)
      const before = store.calls.read
      yield* Recorder.run(recorder, { store, prefix: "c/" })
      assert.deepStrictEqual([recorder.ids.length, store.calls.read], [45, before])
    })
  )

  it.effect("of a part of the past reads its hours and types alone, whatever the source begins with", () =>
    Effect.gen(function* () {
      const store = MemoryStore.make(10)
      for (let hour = 10; hour < 14; hour++) {
        for (const type of ["a", "b"]) {
          store.put(keyOf(type, `2026-11-29-${hour}`, "x"), lines(`${hour}-${type}`))
        }
      }
      yield* TestClock.setTime(start)
      store.put("c/loose.json", lines("loose"), start)
      const read = Effect.fnUntraced(function* (from: number, to: number, types?: ReadonlyArray<string>) {
        const recorder = Recorder.make()
        const range = { from, to, ...(types === undefined ? {} : { types }) }
        yield* Recorder.run(recorder, { store, prefix: "c/", from: "2026-11-30", range })
        return recorder.ids
      })
      const hour = 60 * 60 * 1000
      assert.deepStrictEqual(yield* read(start - hour, start + hour), [
        "loose",
        "11-a",
        "11-b",
        "12-a",
        "12-b"
      ])
      assert.deepStrictEqual(yield* read(start - 2 * hour, start, ["b"]), ["10-b", "11-b"])
      assert.deepStrictEqual(yield* read(0, hour), [])
    })
  )

  it.effect("goes on within an object, and asks only for what is left of it", () =>
    Effect.gen(function* () {
      const store = MemoryStore.make()
      const ids = Array.from({ length: 120_000 }, (_, index) => `${index}`)
      store.put("large.ndjson", lines(...ids))
      store.put("packed.json.gz", gzipSync(lines("packed")))
      const recorder = Recorder.make()
      yield* Recorder.run(recorder, { store, stopAfter: 20 })
      assert.isBelow(recorder.ids.length, 120_000)
      const from = Number(/^v3:(\d+)/.exec(recorder.checkpoints.get("large.ndjson")!)![1])
      store.reads.length = 0
      yield* Recorder.run(recorder, { store })
      assert.deepStrictEqual(recorder.ids, [...ids, "packed"])
      const offsets = store.reads.filter(([key]) => key === "large.ndjson").map(([, offset]) => offset)
      assert.deepStrictEqual(offsets.slice(0, 2), [0, from])
    })
  )

  it.effect("passes over hours before the first", () =>
    Effect.gen(function* () {
      const store = MemoryStore.make()
      for (const hour of ["2026-11-28-23", "2026-11-29-00"]) store.put(keyOf("t", hour, "a"), lines(hour))
      store.put("c/other.json", lines("other"))
      const recorder = Recorder.make()
      yield* Recorder.run(recorder, { store, prefix: "c/", from: "2026-11-29" })
      assert.deepStrictEqual(recorder.ids.toSorted(), ["2026-11-29-00", "other"])
    })
  )

  it.effect("fails where there is nothing, and where something may not be read, after the others", () =>
    Effect.gen(function* () {
      const store = MemoryStore.make()
      const empty = yield* Effect.flip(Recorder.run(Recorder.make(), { store, prefix: "c/" }))
      assert.deepStrictEqual([empty.kind, /has no object to read/.test(empty.detail)], ["fatal", true])
      for (const name of ["a", "b", "c"]) store.put(`c/${name}.json`, lines(name))
      store.fault = (_, what) => (what === "c/b.json" ? "denied" : undefined)
      const recorder = Recorder.make()
      const error = yield* Effect.flip(Recorder.run(recorder, { store, prefix: "c/" }))
      assert.deepStrictEqual(recorder.ids, ["a", "c"])
      assert.strictEqual(error.kind, "fatal")
      assert.match(error.detail, /memory:\/\/m\/c\/b\.json: may not be read/)
    })
  )

  it.effect("leaves what may pass to core, and what a person must mend is final", () =>
    Effect.gen(function* () {
      const store = MemoryStore.make()
      store.put("a.json", lines("a"))
      for (const [fault, kind] of [
        ["throttled", "retry"],
        ["unreachable", "retry"],
        ["wrong-key", "unauthorized"],
        ["expired", "unauthorized"],
        ["forbidden", "unauthorized"],
        ["not-found", "fatal"],
        ["wrong-region", "fatal"]
      ] as const) {
        store.fault = () => fault
        const error = yield* Effect.flip(Recorder.run(Recorder.make(), { store }))
        assert.deepStrictEqual([error.reason, error.kind], [fault, kind])
      }
      store.fault = (request) => (request === "read" ? "expired" : undefined)
      const error = yield* Effect.flip(Recorder.run(Recorder.make(), { store }))
      assert.strictEqual(error.kind, "unauthorized")
    })
  )

  it.effect("where no object may be read, the credentials are at fault", () =>
    Effect.gen(function* () {
      const store = MemoryStore.make()
      for (let index = 0; index < 30; index++) store.put(`${index}.json`, lines(`${index}`))
      store.fault = (request) => (request === "read" ? "denied" : undefined)
      const error = yield* Effect.flip(Recorder.run(Recorder.make(), { store }))
      assert.deepStrictEqual([error.kind, error.reason], ["unauthorized", "denied"])
    })
  )

  it.effect("an object that is replaced while it is read is read from its first byte", () =>
    Effect.gen(function* () {
      const store = MemoryStore.make()
      const ids = Array.from({ length: 60_000 }, (_, index) => `old ${index}`)
      store.put("a.ndjson", lines(...ids))
      const recorder = Recorder.make()
      const onAppend = () => {
        if (recorder.checkpoints.size === 1 && !recorder.ids.includes("new"))
          store.put("a.ndjson", lines("new"))
      }
      yield* Recorder.run(recorder, { store, onAppend })
      assert.strictEqual(recorder.ids.at(-1), "new")
      assert.match(recorder.logs.join("\n"), /memory:\/\/m\/a\.ndjson: was replaced while it was read/)
      assert.deepStrictEqual(recorder.problems, [])
    })
  )

  it.effect("an object that goes while it is read is left unread", () =>
    Effect.gen(function* () {
      const store = MemoryStore.make()
      store.put("a.json", lines("a"))
      store.put("b.json", lines("b"))
      store.fault = (request, what) => (request === "read" && what === "a.json" ? "gone" : undefined)
      const recorder = Recorder.make()
      yield* Recorder.run(recorder, { store })
      assert.deepStrictEqual(recorder.ids, ["b"])
      assert.deepStrictEqual([...recorder.unread.keys()], ["a.json"])
      assert.match(recorder.logs.join("\n"), /memory:\/\/m\/a\.json: the object went before it was read/)
    })
  )

  it.effect("an answer of no bytes is no end", () =>
    Effect.gen(function* () {
      const store = MemoryStore.make()
      store.put("a.json", lines("a", "b"))
      const none = { ...store, read: () => Effect.succeed(new Uint8Array(0)) }
      const recorder = Recorder.make()
      const error = yield* Effect.flip(Recorder.run(recorder, { store: none }))
      assert.match(error.detail, /a\.json: does not answer \(no bytes from 0 on/)
      assert.deepStrictEqual(recorder.ids, [])
    })
  )
})

describe("a run that follows", () => {
  it.effect("reads what appears late, with a name before others, in the same second, or anew", () =>
    Effect.gen(function* () {
      const store = MemoryStore.make()
      store.put(keyOf("t", "2026-11-29-11", "9"), lines("first"), start)
      const recorder = Recorder.make()
      yield* following(recorder, { store })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(recorder.ids, ["first"])
      store.put(keyOf("t", "2026-11-29-11", "10"), lines("before others"), start)
      store.put(keyOf("t", "2026-11-29-11", "11"), lines("same second"), start)
      store.put(keyOf("t", "2026-11-29-10", "1"), lines("slow upload"), start - 7_200_000)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(recorder.ids.slice(1).toSorted(), [
        "before others",
        "same second",
        "slow upload"
      ])
      store.put(keyOf("t", "2026-11-29-11", "9"), lines("anew"), start)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(recorder.ids.at(-1), "anew")
      store.put(keyOf("t", "2026-11-28-01", "1"), lines("a day late"))
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(recorder.ids.at(-1), "a day late")
      store.put(keyOf("t", "2026-11-01-01", "1"), lines("weeks late"))
      yield* TestClock.adjust("24 hours")
      assert.strictEqual(recorder.ids.at(-1), "weeks late")
      assert.strictEqual(new Set(recorder.ids).size, recorder.ids.length)
    })
  )

  it.effect("finds new event types and integrations, also at the top", () =>
    Effect.gen(function* () {
      const store = MemoryStore.make()
      store.put(keyOf("t", "2026-11-29-11", "1"), lines("known"))
      const recorder = Recorder.make()
      yield* following(recorder, { store })
      yield* TestClock.adjust("1 second")
      store.put(keyOf("u", "2026-11-29-12", "1"), lines("new type"))
      store.put("c/integration/event_type=v/date=2026-11-29-12/1/1.json", lines("new integration"))
      yield* TestClock.adjust("5 minutes")
      assert.deepStrictEqual(recorder.ids, ["known", "new type", "new integration"])
      store.put("c/integration/event_type=v/date=2026-11-29-12/1/2.json", lines("more of it"))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(recorder.ids.at(-1), "more of it")
    })
  )

  it.effect("objects in no hours are found by listing all, an interval later", () =>
    Effect.gen(function* () {
      const store = MemoryStore.make()
      store.put("c/a.json", lines("a"))
      const recorder = Recorder.make()
      yield* following(recorder, { store })
      yield* TestClock.adjust("1 second")
      store.put("c/x/b.json", lines("b"))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(recorder.ids, ["a", "b"])
    })
  )

  it.effect("asks no more often than the formula says, in six hours of forty types", () =>
    Effect.gen(function* () {
      const store = MemoryStore.make()
      const put = (hour: string, name: string, types: number) => {
        for (let type = 0; type < types; type++) {
          store.put(keyOf(`t${type}`, hour, name), lines(`${type} ${hour} ${name}`))
        }
      }
      for (let hour = 0; hour < 12; hour++) put(`2026-11-29-${String(hour).padStart(2, "0")}`, "1", 40)
      const recorder = Recorder.make()
      yield* following(recorder, { store })
      yield* TestClock.adjust("1 second")
      const first = store.calls.list
      let expected = 12 * 40
      for (let half = 0; half < 12; half++) {
        const hour = new Date(start + half * 1_800_000).toISOString().slice(0, 13).replace("T", "-")
        put(hour, `${half}.2`, 10)
        expected += 10
        yield* TestClock.adjust("30 minutes")
      }
      assert.strictEqual(recorder.ids.length, expected)
      assert.strictEqual(new Set(recorder.ids).size, expected)
      // All series are busy in the first hour: everything in them was new.
      const shape = { busy: 10, quiet: 30, folders: 1, objects: expected }
      const most =
        5 * Schedule.requestsAnHour(shape, 60_000) +
        Schedule.requestsAnHour({ ...shape, busy: 40, quiet: 0 }, 60_000)
      const asked = store.calls.list + store.calls.folders - first
      assert.isAtMost(asked, most)
      assert.isAbove(asked, 0.7 * most)
    })
  )

  it.effect("a listing that fails is made again, and nothing that it would have found is lost", () =>
    Effect.gen(function* () {
      const store = MemoryStore.make()
      store.put(keyOf("t", "2026-11-29-11", "1"), lines("1"))
      const recorder = Recorder.make()
      const run = yield* following(recorder, { store })
      yield* TestClock.adjust("1 second")
      store.fault = (request) => (request === "list" ? "throttled" : undefined)
      store.put(keyOf("t", "2026-11-29-11", "2"), lines("2"))
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual(
        recorder.problems.map(({ reason }) => reason),
        ["throttled"]
      )
      const { list } = store.calls
      yield* TestClock.adjust("1 hour")
      assert.isBelow(store.calls.list - list, 20)
      store.fault = () => undefined
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual([recorder.ids, recorder.problems], [["1", "2"], []])
      store.fault = (request) => (request === "list" ? "expired" : undefined)
      const ended = yield* Effect.forkScoped(Effect.flip(Fiber.join(run)))
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual((yield* Fiber.join(ended)).kind, "unauthorized")
    })
  )

  it.effect(
    "an object that may not be read is a problem, tried again at growing waits, and read when it may",
    () =>
      Effect.gen(function* () {
        const store = MemoryStore.make()
        const key = keyOf("t", "2026-11-29-11", "1")
        store.put(key, lines("1"))
        store.put(keyOf("t", "2026-11-29-11", "2"), lines("2"))
        store.fault = (request, what) => (request === "read" && what === key ? "denied" : undefined)
        const recorder = Recorder.make()
        yield* following(recorder, { store })
        yield* TestClock.adjust("1 hour")
        assert.deepStrictEqual(
          recorder.problems.map(({ reason, split }) => [reason, split]),
          [["denied", key]]
        )
        assert.isBelow(recorder.claimed.filter((split) => split === key).length, 16)
        store.fault = () => undefined
        yield* TestClock.adjust("10 minutes")
        assert.deepStrictEqual([recorder.ids, recorder.problems], [["2", "1"], []])
        store.fault = (request, what) => (request === "read" && what !== key ? "denied" : undefined)
        store.put(keyOf("t", "2026-11-29-12", "3"), lines("3"))
        yield* TestClock.adjust("10 minutes")
        assert.strictEqual(recorder.problems.length, 1)
        store.remove(keyOf("t", "2026-11-29-12", "3"))
        yield* TestClock.adjust("10 minutes")
        assert.deepStrictEqual(recorder.problems, [])
      })
  )

  it.effect("tells which splits are there when everything was listed", () =>
    Effect.gen(function* () {
      const store = MemoryStore.make()
      for (const name of ["1", "2"]) store.put(keyOf("t", "2026-11-29-11", name), lines(name))
      const recorder = Recorder.make()
      yield* following(recorder, { store })
      yield* TestClock.adjust("1 second")
      assert.strictEqual(recorder.present?.length, 2)
      store.remove(keyOf("t", "2026-11-29-11", "1"))
      yield* TestClock.adjust("25 hours")
      assert.deepStrictEqual(recorder.present, [keyOf("t", "2026-11-29-11", "2")])
    })
  )
})

describe("notifications", () => {
  it.effect("are hints: what they name is listed at once, and what is foreign or gone does no harm", () =>
    Effect.gen(function* () {
      const store = MemoryStore.make()
      store.put(keyOf("t", "2026-11-29-11", "1"), lines("1"))
      const keys = yield* Queue.unbounded<string>()
      const recorder = Recorder.make()
      yield* following(recorder, { store, told: Effect.map(Queue.take(keys), (key) => [key]) })
      yield* TestClock.adjust("1 second")
      const tell = (...told: ReadonlyArray<string>) =>
        Effect.andThen(Queue.offerAll(keys, told), TestClock.adjust("1 second"))
      // Weeks ago, and with one beside it that nothing told of.
      for (const name of ["2", "3"]) store.put(keyOf("t", "2026-11-02-11", name), lines(name))
      yield* tell(keyOf("t", "2026-11-02-11", "2"))
      assert.deepStrictEqual(recorder.ids, ["1", "2", "3"])
      store.put(keyOf("new", "2026-11-29-12", "4"), lines("4"))
      store.put("c/other.json", lines("other"))
      yield* tell(keyOf("new", "2026-11-29-12", "4"), "c/other.json")
      assert.deepStrictEqual(recorder.ids.slice(3).toSorted(), ["4", "other"])
      const reads = store.calls.read
      yield* tell("elsewhere/a.json", "c/gone.json", keyOf("t", "2026-11-29-11", "gone"), "c/x.txt", "", "c/")
      yield* tell(keyOf("t", "2026-11-29-11", "1"))
      assert.deepStrictEqual([store.calls.read, recorder.problems], [reads, []])
      store.put(keyOf("t", "2026-11-29-12", "untold"), lines("untold"))
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(recorder.ids.at(-1), "untold")
    })
  )
})
