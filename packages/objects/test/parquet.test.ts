import { assert, describe, it } from "@effect/vitest"
import type { Unreadable } from "@millrace/core/Codec"
import type { Event } from "@millrace/core/Event"
import { CustomHttp } from "@millrace/events-braze"
import { NamedFormat } from "@millrace/objects"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Parquet from "../../formats/test/support/parquet.ts"
import * as Contents from "./support/contents.ts"
import * as MemoryStore from "./support/memoryStore.ts"
import * as Recorder from "./support/recorder.ts"

/** Seven MiB in row groups of this many rows. */
const large = (rowGroupSize: number) => {
  const events = Parquet.made(7000).map((event) => ({ ...event, properties: { note: "n".repeat(1000) } }))
  const columns = Parquet.eventColumns(events).map((column) => ({ ...column, encoding: "PLAIN" as const }))
  return {
    ids: events.map(({ id }) => id),
    bytes: Parquet.file(columns, { codec: "UNCOMPRESSED", rowGroupSize, pageSize: 256 * 1024 })
  }
}

describe("a Parquet object", () => {
  it.effect("that is small is one request", () =>
    Effect.gen(function* () {
      const store = MemoryStore.make()
      store.put("a.parquet", Parquet.file(Parquet.eventColumns(Parquet.made(900))))
      const recorder = Recorder.make()
      yield* Recorder.run(recorder, { store })
      assert.strictEqual(recorder.ids.length, 900)
      assert.deepStrictEqual(recorder.bad, [])
      assert.strictEqual(store.calls.read, 1)
    })
  )

  for (const [name, rowGroupSize, most] of [
    ["in row groups of two MiB", 2000, 8],
    ["in one row group, by its pages", 7000, 50]
  ] as const) {
    it.effect(`${name} is read by ranges, and gone on with at its row, wherever it is stopped`, () =>
      Effect.gen(function* () {
        const { bytes, ids } = large(rowGroupSize)
        const store = MemoryStore.make()
        store.put("a.parquet", bytes)
        const once = Recorder.make()
        yield* Recorder.run(once, { store })
        assert.deepStrictEqual(once.ids, ids)
        assert.isBelow(store.calls.read, most)
        const recorder = Recorder.make()
        for (const stopAfter of [1, 3, 7, 2]) yield* Recorder.run(recorder, { store, stopAfter })
        assert.isBelow(recorder.ids.length, ids.length)
        yield* Recorder.run(recorder, { store })
        assert.deepStrictEqual(recorder.ids, ids)
        const { read } = store.calls
        yield* Recorder.run(recorder, { store })
        assert.deepStrictEqual([recorder.ids.length, store.calls.read], [ids.length, read])
      })
    )
  }

  it.effect("that is replaced while it is read is read from its first row; one that goes is unread", () =>
    Effect.gen(function* () {
      const store = MemoryStore.make()
      store.put("a.parquet", large(7000).bytes)
      const recorder = Recorder.make()
      const other = Parquet.made(1).map((event) => ({ ...event, id: "new" }))
      const onAppend = () => {
        if (!recorder.ids.includes("new")) store.put("a.parquet", Parquet.file(Parquet.eventColumns(other)))
      }
      yield* Recorder.run(recorder, { store, onAppend })
      assert.strictEqual(recorder.ids.at(-1), "new")
      assert.match(recorder.logs.join("\n"), /memory:\/\/m\/a\.parquet: was replaced while it was read/)
      store.put("b.parquet", large(7000).bytes)
      let reads = 0
      store.fault = (request, what) =>
        request === "read" && what === "b.parquet" && ++reads > 3 ? "gone" : undefined
      yield* Recorder.run(recorder, { store })
      assert.deepStrictEqual([...recorder.unread.keys()], ["b.parquet"])
    })
  )
})

describe("braze-currents", () => {
  const { rows } = NamedFormat.brazeCurrents.format
  const lineOf = (
    columns: ReadonlyArray<string>,
    path: string,
    row: Readonly<Record<string, unknown>>
  ): Result.Result<Event, Unreadable> =>
    Result.flatMap(Result.getOrThrow(rows!(columns, path)).lineOf(row), CustomHttp.fromJson)

  it.effect("reads rows as the lines of the same events", () =>
    Effect.gen(function* () {
      const read = Effect.fnUntraced(function* (content: string | Uint8Array) {
        const { format } = NamedFormat.brazeCurrents
        const { bad, events } = yield* Parquet.read(Buffer.from(content), { format })
        assert.deepStrictEqual(bad, [])
        return events
      })
      assert.deepStrictEqual(yield* read(Contents.parquet(200)), yield* read(Contents.lines(200)))
    })
  )

  it("takes the type from the column or the path, and times as they are kept", () => {
    const at = new Date(1_782_742_805_123)
    const path = "c/event_type=users.messages.email.Open%2B/date=2026-06-29-14/a.parquet"
    const byPath = lineOf(["id", "time", "time_ms"], path, { id: "a", time: at, time_ms: at })
    assert.deepStrictEqual(Result.getOrThrow(byPath), {
      id: "a",
      type: "users.messages.email.Open+",
      time: at.getTime(),
      user: {},
      properties: { time_ms: at.getTime() }
    })
    const byColumn = lineOf(["id", "time", "event_type"], path, {
      id: "a",
      time: 5,
      event_type: "t",
      x: null
    })
    assert.deepStrictEqual(Result.getOrThrow(byColumn), {
      id: "a",
      type: "t",
      time: 5000,
      user: {},
      properties: {}
    })
    const custom = lineOf(["id", "time", "event_type"], "a", {
      id: "a",
      time: 5,
      event_type: "users.behaviors.CustomEvent",
      properties: '{"colour":"red"}'
    })
    assert.deepStrictEqual(Result.getOrThrow(custom).properties, { custom_properties: { colour: "red" } })
  })

  it("refuses a table of other columns, and tells which is missing", () => {
    const detail = (columns: ReadonlyArray<string>, path: string) => {
      const found = rows!(columns, path)
      return Result.isFailure(found) ? found.failure.detail : undefined
    }
    assert.strictEqual(detail(["time"], "event_type=a/x.parquet"), "there is no column id")
    assert.strictEqual(detail(["id", "event_type"], "x"), "there is no column time")
    assert.match(detail(["id", "time"], "x.parquet") ?? "", /no column event_type, and no folder event_type=/)
  })
})
