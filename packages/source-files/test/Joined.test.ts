import { appendFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Avro from "./support/avro.ts"
import { folders, idsOf } from "./support/lines.ts"
import * as Recorder from "./support/recorder.ts"

const folderOf = folders()

const once = Effect.fnUntraced(function* (path: string) {
  const recorder = Recorder.make()
  yield* Recorder.run(recorder, path)
  return recorder
})

const faults = (recorder: Recorder.Recorder) =>
  recorder.bad.map(({ split, reason, position }) => `${split} ${reason} ${position}`)

const clicks = Avro.sample(1200, 40)
const sends = Avro.sample(2500, 2500, "users.messages.sms.Send", 2)
const entries = Avro.sample(700, 30, "users.canvas.Entry", 3)
/** Joined containers may even have the same marker. */
const twin = { ...entries, sync: clicks.sync }
const all = [clicks, sends, twin].flatMap((contents) => idsOf(Avro.eventsOf(contents)))
const parts = [Avro.file(clicks, "deflate"), Avro.file(sends, "snappy"), Avro.file(twin, "null")] as const
const joined = Buffer.concat(parts)

const forms: { readonly [name: string]: readonly [string, Uint8Array] } = {
  plain: ["a.avro", joined],
  "gzipped as one": ["a.avro.gz", gzipSync(joined)],
  "gzipped one by one": ["a.avro.gz", Buffer.concat(parts.map((part) => gzipSync(part)))]
}

describe("Avro containers joined in one file", () => {
  for (const [form, [name, bytes]] of Object.entries(forms)) {
    it.live(`give all their events, each read by its own schema and codec: ${form}`, () =>
      Effect.gen(function* () {
        const recorder = yield* once(folderOf({ [name]: bytes }))
        assert.deepStrictEqual(idsOf(recorder.events), all)
        assert.deepStrictEqual([recorder.bad, recorder.logs, recorder.unread.size], [[], [], 0])
        assert.strictEqual(recorder.consumed, recorder.expected)
      })
    )

    it.live(`go on exactly there after every possible chunk: ${form}`, () =>
      Effect.gen(function* () {
        const folder = folderOf({ [name]: bytes })
        const whole = yield* once(folder)
        assert.isTrue(
          whole.chunks.some(({ checkpoint }) => /^v2:\d+:[1-9]/.test(checkpoint)),
          "part of a block behind the second header"
        )
        for (let stopAfter = 0; stopAfter <= whole.chunks.length; stopAfter++) {
          const recorder = Recorder.make()
          yield* Recorder.run(recorder, folder, { stopAfter })
          yield* Recorder.run(recorder, folder)
          assert.deepStrictEqual(idsOf(recorder.events), all, `after ${stopAfter}`)
          assert.deepStrictEqual(recorder.bad, [])
        }
      })
    )
  }

  it.live("may be joined while they are followed, and be cut off in any of them", () =>
    Effect.gen(function* () {
      const folder = folderOf({ "a.avro": parts[0] })
      const recorder = yield* once(folder)
      const cuts = [
        1,
        3,
        4,
        40,
        parts[1].length - 1,
        parts[1].length,
        parts[1].length + 2,
        parts[1].length + 900
      ]
      const rest = Buffer.concat([parts[1], parts[2]])
      let at = 0
      for (const cut of [...cuts, rest.length]) {
        appendFileSync(join(folder, "a.avro"), rest.subarray(at, cut))
        at = cut
        yield* Recorder.run(recorder, folder)
        const isWhole = cut === parts[1].length || cut === rest.length
        assert.strictEqual(recorder.unread.has("a.avro"), !isWhole, `cut at ${cut}`)
        assert.deepStrictEqual(recorder.bad, [])
      }
      assert.deepStrictEqual(idsOf(recorder.events), all)
    })
  )

  it.live("cost no more than the block that is damaged or cut off at the border", () =>
    Effect.gen(function* () {
      const few = Avro.sample(200, 40)
      const ids = idsOf(Avro.eventsOf(few))
      const first = Avro.file(few, "null")
      const last = Avro.block(few.blocks.at(-1)!, "null", few.sync).length
      const cut = (bytes: number) => first.subarray(0, first.length - bytes)
      const wrong = Buffer.from(first)
      wrong.fill(7, first.length - 9)
      for (const second of [twin, sends, { ...twin, sync: few.sync }]) {
        for (const begun of [
          cut(1),
          cut(16),
          cut(17),
          cut(300),
          cut(last >> 1),
          cut(last - 40),
          cut(last - 1),
          cut(last - 3),
          wrong
        ]) {
          const bytes = Buffer.concat([begun, Avro.file(second, "null")])
          for (const folder of [folderOf({ "a.avro": bytes }), folderOf({ "a.avro.gz": gzipSync(bytes) })]) {
            const recorder = yield* once(folder)
            assert.deepStrictEqual(idsOf(recorder.events), [
              ...ids.slice(0, 160),
              ...idsOf(Avro.eventsOf(second))
            ])
            const [fault] = recorder.bad
            assert.deepStrictEqual(
              [recorder.bad.length, fault?.reason, fault?.position],
              [1, "damaged-block", `byte ${first.length - last}`]
            )
            assert.deepStrictEqual(Buffer.from(fault!.raw), begun.subarray(first.length - last))
          }
        }
      }
    })
  )

  it.live("of which one is none of Currents, or has a header that cannot be read, give the others", () =>
    Effect.gen(function* () {
      const order = JSON.stringify({ type: "record", name: "Order", namespace: "com.example", fields: [] })
      const other = Avro.file(
        { schema: order, sync: Buffer.alloc(16, 9), blocks: clicks.blocks.slice(0, 3) },
        "null"
      )
      const broken = Buffer.concat([
        Buffer.from("Obj\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "latin1"),
        parts[1]
      ])
      broken.fill(3, 15, 400)
      for (const [reason, middle] of [
        ["not-currents", other],
        ["damaged-header", broken]
      ] as const) {
        const folder = folderOf({ "a.avro": Buffer.concat([parts[0], middle, parts[2]]) })
        const recorder = yield* once(folder)
        assert.deepStrictEqual(
          idsOf(recorder.events),
          [clicks, twin].flatMap((contents) => idsOf(Avro.eventsOf(contents)))
        )
        assert.deepStrictEqual(faults(recorder), [`a.avro ${reason} byte ${parts[0].length}`])
        assert.deepStrictEqual(Buffer.from(recorder.bad[0]!.raw), middle.subarray(0, 1024 * 1024))
        const last = yield* once(folderOf({ "a.avro": Buffer.concat([parts[0], middle]) }))
        assert.strictEqual(last.events.length, 1200)
        assert.deepStrictEqual(faults(last), [`a.avro ${reason} byte ${parts[0].length}`])
        assert.deepStrictEqual([last.unread.size, last.logs], [0, []])
      }
    })
  )
})

describe("an Avro header", () => {
  const text = (value: Buffer) => Buffer.concat([Avro.long(value.length), value])
  const magic = Buffer.from("Obj\x01", "latin1")
  const schema = [text(Buffer.from("avro.schema")), text(Buffer.from(clicks.schema))]
  const headers: { readonly [name: string]: Buffer } = {
    "that claims too great a length": Buffer.concat([
      magic,
      Avro.long(1),
      Avro.long(2 ** 40),
      Buffer.alloc(5000)
    ]),
    "with a value beyond a mebibyte": Buffer.concat([
      magic,
      Avro.long(2),
      ...schema,
      text(Buffer.from("x")),
      text(Buffer.alloc(1024 * 1024)),
      Avro.long(0),
      clicks.sync
    ]),
    "with entries beyond a mebibyte": Buffer.concat([
      magic,
      Avro.long(2 ** 45),
      Buffer.alloc(3 * 1024 * 1024)
    ])
  }
  for (const [name, header] of Object.entries(headers)) {
    it.live(`${name} is one dead letter, alone and between others`, () =>
      Effect.gen(function* () {
        const recorder = yield* once(
          folderOf({ "a.avro": header, "b.avro": Buffer.concat([parts[0], header, parts[2]]) })
        )
        assert.deepStrictEqual(faults(recorder).sort(), [
          "a.avro damaged-header byte 0",
          `b.avro damaged-header byte ${parts[0].length}`
        ])
        assert.strictEqual(recorder.events.length, 1900)
        assert.deepStrictEqual([recorder.unread.size, recorder.logs], [0, []])
      })
    )
  }

  it.live("may hold many entries", () =>
    Effect.gen(function* () {
      const others = Array.from({ length: 3000 }, (_, index) => [
        text(Buffer.from(`key.${index}`)),
        text(Buffer.alloc(100, 5))
      ]).flat()
      const blocks = clicks.blocks.map((block) => Avro.block(block, "null", clicks.sync))
      const bytes = Buffer.concat([
        magic,
        Avro.long(3001),
        ...others,
        ...schema,
        Avro.long(0),
        clicks.sync,
        ...blocks
      ])
      const recorder = yield* once(folderOf({ "a.avro": bytes }))
      assert.strictEqual(recorder.events.length, 1200)
    })
  )
})
