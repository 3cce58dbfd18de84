import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Avro from "./support/avro.ts"
import { folders, idsOf } from "./support/lines.ts"
import * as Recorder from "./support/recorder.ts"

const folderOf = folders()

const schema = JSON.stringify({
  type: "record",
  namespace: "dataexport.S3.inner.users.canvas",
  name: "Entry",
  fields: [
    { name: "id", type: "string" },
    { name: "time", type: "long" }
  ]
})
const sync = Buffer.alloc(16, 3)
const record = (id: string) => Buffer.concat([Avro.long(id.length), Buffer.from(id), Avro.long(1)])
const block = (ids: ReadonlyArray<string>): Avro.Block => ({
  count: ids.length,
  plain: Buffer.concat(ids.map(record))
})
const file = (blocks: ReadonlyArray<Avro.Block>, codec: Avro.Codec) =>
  Avro.file({ schema, sync, blocks }, codec)
const [first, last] = [block(["first"]), block(["last"])]

const once = Effect.fnUntraced(function* (contents: { readonly [path: string]: Uint8Array }) {
  const recorder = Recorder.make()
  yield* Recorder.run(recorder, folderOf(contents))
  return recorder
})
const at = (codec: Avro.Codec) => file([first], codec).length

describe("a block that unpacks", () => {
  for (const codec of ["deflate", "snappy", "zstandard"] as const) {
    it.live(`to more than 64 MiB is one dead letter between its neighbours: ${codec}`, () =>
      Effect.gen(function* () {
        const bomb = { count: 1, plain: Buffer.alloc(64 * 1024 * 1024 + 1, 97) }
        const bytes = file([first, bomb, last], codec)
        const recorder = yield* once({ "a.avro": bytes })
        assert.deepStrictEqual(idsOf(recorder.events), ["first", "last"])
        const [bad] = recorder.bad
        assert.deepStrictEqual(
          [recorder.bad.length, bad?.reason, bad?.position, bad?.detail],
          [
            1,
            "damaged-block",
            `byte ${at(codec)}`,
            "the block's header claims 1 records; its data unpacks to more than 64 MiB"
          ]
        )
        assert.isAbove(bad!.raw.length, 1000)
      })
    )
  }

  it.live("to many megabytes is read while no other such block is in memory", () =>
    Effect.gen(function* () {
      const big = "x".repeat(1024 * 1024)
      const bytes = file([block(Array.from({ length: 8 }, (_, index) => `${index}${big}`))], "deflate")
      const packed = gzipSync(bytes)
      assert.isBelow(packed.length, 64 * 1024)
      const folder = folderOf(
        Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`${index}.avro.gz`, packed]))
      )
      const recorder = Recorder.make()
      // Each append takes its time, during which the others would append what they hold.
      yield* Recorder.run(recorder, folder, { awaited: 1 })
      assert.strictEqual(recorder.events.length, 8 * 8)
      // One hands on its last chunk while the next begins.
      assert.isAtMost(recorder.together, 2)
    })
  )

  it.live("to many small events is handed on in parts, and goes on within", () =>
    Effect.gen(function* () {
      const ids = Array.from({ length: 24_000 }, (_, index) => index.toString(36))
      const folder = folderOf({ "a.avro": file([first, block(ids), last], "deflate") })
      const whole = Recorder.make()
      yield* Recorder.run(whole, folder)
      assert.deepStrictEqual(idsOf(whole.events), ["first", ...ids, "last"])
      for (const { events } of whole.chunks) assert.isAtMost(events, 5000)
      for (let stopAfter = 1; stopAfter < whole.chunks.length; stopAfter++) {
        const recorder = Recorder.make()
        yield* Recorder.run(recorder, folder, { stopAfter })
        yield* Recorder.run(recorder, folder)
        assert.deepStrictEqual(idsOf(recorder.events), ["first", ...ids, "last"])
      }
    })
  )
})

describe("a block of records that are no events", () => {
  for (const [name, good, bad] of [
    ["small", 3, 2000],
    ["in parts", 6000, 200_000]
  ] as const) {
    it.live(`is one dead letter, and its events are taken: ${name}`, () =>
      Effect.gen(function* () {
        const ids = Array.from({ length: good }, (_, index) => `good-${index}`)
        const mixed = [...ids.slice(0, 2), ...Array.from({ length: bad }, () => ""), ...ids.slice(2)]
        const folder = folderOf({ "a.avro": file([first, block(mixed), last], "snappy") })
        const whole = Recorder.make()
        yield* Recorder.run(whole, folder)
        for (let stopAfter = 0; stopAfter <= whole.chunks.length; stopAfter++) {
          const recorder = Recorder.make()
          yield* Recorder.run(recorder, folder, { stopAfter })
          yield* Recorder.run(recorder, folder)
          assert.deepStrictEqual(idsOf(recorder.events), ["first", ...ids, "last"])
          assert.deepStrictEqual(
            recorder.bad.map(({ reason, position, detail }) => [reason, position, detail]),
            [
              [
                "damaged-block",
                `byte ${at("snappy")}`,
                `${bad} of the block's ${good + bad} records are no events; the others are taken`
              ]
            ]
          )
        }
      })
    )
  }

  it.live("has a dead letter for each while they are few", () =>
    Effect.gen(function* () {
      const recorder = yield* once({
        "a.avro": file([block(["a", ...Array.from({ length: 1000 }, () => ""), "b"])], "null")
      })
      assert.deepStrictEqual(idsOf(recorder.events), ["a", "b"])
      assert.strictEqual(recorder.bad.filter(({ reason }) => reason === "not-an-event").length, 1000)
    })
  )
})
