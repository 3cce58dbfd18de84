import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Bytes, Checkpoint, EventJson, type Format } from "@millrace/formats"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Parquet from "./support/parquet.ts"

const events = Parquet.made(2500)
const whole = Parquet.file(Parquet.eventColumns(events), { pageSize: 1024 })

const errorOf = (exit: Exit.Exit<unknown, unknown>) =>
  Exit.isFailure(exit) ? Cause.prettyErrors(exit.cause)[0]?.message : undefined

describe("rows", () => {
  for (const codec of ["UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD", "BROTLI"] as const) {
    it.effect(`of pages packed with ${codec} are the events that were written`, () =>
      Effect.gen(function* () {
        const bytes = Parquet.file(Parquet.eventColumns(events), { codec, pageSize: 1024 })
        const read = yield* Parquet.read(bytes)
        assert.deepStrictEqual(read.events, [...events])
        assert.deepStrictEqual(read.bad, [])
        assert.isTrue(Checkpoint.parse(read.last!)?.complete)
        const again = yield* Parquet.read(bytes, { after: read.last })
        assert.strictEqual(again.chunks.length, 0)
      })
    )
  }

  it.effect("are stored as lines that read as the same events when the object is gone", () =>
    Effect.gen(function* () {
      const { chunks } = yield* Parquet.read(whole)
      const decode = EventJson.lines.codec.decoder("")
      for (const { events, records } of chunks) {
        const { bytes, codec, ends } = records!
        assert.strictEqual(codec, "event/1")
        for (const [index, event] of events.entries()) {
          const stored = Result.getOrThrow(decode(bytes, ends[index - 1] ?? 0, ends[index]!))
          assert.deepStrictEqual(stored, event)
        }
      }
    })
  )

  it.effect("are gone on with at every checkpoint, none twice and none left out", () =>
    Effect.gen(function* () {
      let after: string | undefined
      const ids: Array<string> = []
      let stops = 0
      for (let isComplete = false; !isComplete; stops++) {
        const read = yield* Parquet.read(whole, { after, stopAfter: 1 })
        ids.push(...read.ids)
        after = read.last!
        isComplete = Checkpoint.parse(after)!.complete
      }
      assert.deepStrictEqual(
        ids,
        events.map(({ id }) => id)
      )
      assert.isAbove(stops, 1)
      assert.match(Checkpoint.placeOf("a.parquet", "v1:90:4200:0:999:partial"), /^among the first 4,200 rows/)
    })
  )

  it.effect("have the values that JSON has for them", () =>
    Effect.gen(function* () {
      const one = (name: string, value: unknown, schema: Parquet.Column["schema"]): Parquet.Column => ({
        name,
        values: [value, null],
        schema
      })
      const stamp = (unit: "MILLIS" | "MICROS" | "NANOS") =>
        [{ type: "INT64", logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit } }] as const
      const list = [
        { converted_type: "LIST", num_children: 1 },
        { name: "list", repetition_type: "REPEATED", num_children: 1 },
        { name: "element", type: "INT32" }
      ] as const
      const columns = [
        one("text", "h\u00e4t", Parquet.text),
        one("long", 2n ** 53n - 1n, Parquet.long),
        one("truth", false, [{ type: "BOOLEAN" }]),
        one("double", 0.1, [{ type: "DOUBLE" }]),
        one(
          "decimal",
          -1234n,
          [{ type: "INT64", converted_type: "DECIMAL", scale: 2, precision: 9 }].slice(0, 1) as never
        ),
        one("millis", 1_782_742_805_123n, stamp("MILLIS")),
        one("micros", 1_782_742_805_123_999n, stamp("MICROS")),
        one("early", -1n, stamp("NANOS")),
        one("day", 20_000, [{ type: "INT32", converted_type: "DATE" }]),
        one("bytes", new Uint8Array([1, 2, 255]), [{ type: "FIXED_LEN_BYTE_ARRAY", type_length: 3 }]),
        one("list", [1, null, 3], list)
      ]
      const { bad, events } = yield* Parquet.read(Parquet.file(columns), { format: Parquet.asTheyAre })
      assert.deepStrictEqual(bad, [])
      assert.deepStrictEqual(events[0]!.properties, {
        text: "h\u00e4t",
        long: 9007199254740991,
        truth: false,
        double: 0.1,
        decimal: -12.34,
        millis: "2026-06-29T14:20:05.123Z",
        micros: "2026-06-29T14:20:05.123Z",
        early: "1969-12-31T23:59:59.999Z",
        day: "2024-10-04",
        bytes: "AQL/",
        list: [1, null, 3]
      })
      assert.deepStrictEqual(events[1]!.properties, {})
    })
  )

  it.effect("have lists that go on from page to page", () =>
    Effect.gen(function* () {
      const values = Array.from({ length: 900 }, (_, index) =>
        index % 11 === 0
          ? null
          : Array.from({ length: index % 40 }, (_, item) => (item % 5 === 0 ? null : item))
      )
      const schema = [
        { converted_type: "LIST", num_children: 1 },
        { name: "list", repetition_type: "REPEATED", num_children: 1 },
        { name: "element", type: "INT32" }
      ] as const
      const beside = {
        name: "n",
        values: values.map((_, index) => index),
        schema: [{ type: "INT32" }] as const
      }
      const bytes = Parquet.file([{ name: "list", values, schema }, beside], { pageSize: 300 })
      const { bad, events } = yield* Parquet.read(bytes, { format: Parquet.asTheyAre })
      assert.deepStrictEqual(bad, [])
      assert.deepStrictEqual(
        events.map(({ properties }) => properties),
        values.map((list, n) => (list === null ? { n } : { list, n }))
      )
    })
  )

  it.effect("with a number that JSON does not hold are one dead letter each, with its digits", () =>
    Effect.gen(function* () {
      const columns = [
        { name: "n", values: [2n ** 53n, 1n, -(2n ** 60n)], schema: Parquet.long },
        { name: "f", values: [1, Number.NaN, 1], schema: [{ type: "DOUBLE" }] as const }
      ]
      const { bad, events } = yield* Parquet.read(Parquet.file(columns), { format: Parquet.asTheyAre })
      assert.strictEqual(events.length, 0)
      assert.deepStrictEqual(
        bad.map(({ position, raw, reason }) => [reason, position, raw.toString()]),
        [
          ["malformed", "row 1", '{"n":"9007199254740992","f":1}'],
          ["malformed", "row 2", '{"n":1,"f":"NaN"}'],
          ["malformed", "row 3", '{"n":"-1152921504606846976","f":1}']
        ]
      )
      assert.match(bad[0]!.detail, /^not exact: a whole number is beyond 2\^53/)
      assert.match(bad[1]!.detail, /beyond what JSON holds/)
    })
  )

  it.effect("that are no events are one dead letter each", () =>
    Effect.gen(function* () {
      const [id, type, time, user, properties] = Parquet.eventColumns(events.slice(0, 4))
      const values = ["{}", "{", '{"n":9007199254740993}', "[]"]
      const bytes = Parquet.file([id!, type!, time!, user!, { ...properties!, values }])
      const { bad, ids } = yield* Parquet.read(bytes)
      assert.deepStrictEqual(ids, ["e-0"])
      assert.deepStrictEqual(
        bad.map(({ position, reason }) => [position, reason]),
        [
          ["row 2", "malformed"],
          ["row 3", "malformed"],
          ["row 4", "not-an-event"]
        ]
      )
    })
  )
})

/** The bytes with those from `at` on replaced. */
const changed = (bytes: Buffer, at: number, put: Uint8Array) => {
  const copy = Buffer.from(bytes)
  copy.set(put, at < 0 ? bytes.length + at : at)
  return copy
}

describe("what cannot be read", () => {
  it.effect("of a damaged page costs the rest of its row group alone", () =>
    Effect.gen(function* () {
      // In the second of five row groups, a long way into its texts.
      const plain = Parquet.file(Parquet.eventColumns(events), { codec: "UNCOMPRESSED", pageSize: 1024 })
      const at = plain.indexOf("e-850") - 40
      const { bad, exit, ids } = yield* Parquet.read(changed(plain, at, Buffer.alloc(60, 0xff)))
      assert.isTrue(Exit.isSuccess(exit))
      assert.strictEqual(bad.length, 1)
      const [, first, last] =
        /^rows (\d+) to (\d+), of the row group at byte \d+, cannot be read: a page of the column id /.exec(
          bad[0]!.detail
        )!
      assert.strictEqual(bad[0]!.reason, "damaged-block")
      assert.strictEqual(bad[0]!.position, `row ${first}`)
      assert.strictEqual(last, "1000")
      const left = events.filter((_, index) => index + 1 < Number(first) || index >= 1000)
      assert.isAbove(Number(first), 501)
      assert.deepStrictEqual(
        ids,
        left.map(({ id }) => id)
      )
    })
  )

  it.effect("is a page whose checksum differs", () =>
    Effect.gen(function* () {
      const column = { name: "t", values: ["a", "b"], schema: Parquet.text, encoding: "PLAIN" } as const
      const plain = Parquet.file([column], { codec: "UNCOMPRESSED" })
      const format = Parquet.asTheyAre
      const right = yield* Parquet.read(Parquet.withChecksum(plain, 0), { format })
      assert.deepStrictEqual(right.bad, [])
      assert.strictEqual(right.events.length, 2)
      const wrong = yield* Parquet.read(Parquet.withChecksum(plain, 1), { format })
      assert.match(wrong.bad[0]!.detail, /^rows 1 to 2, .*column t at byte 4: its checksum differs$/)
    })
  )

  it.effect("is a run of two thousand million values in a few bytes: it is not followed", () =>
    Effect.gen(function* () {
      const values = Array.from({ length: 400 }, (_, index) => (index < 200 ? "a" : "b"))
      const column = { name: "t", values, schema: Parquet.text, encoding: "RLE_DICTIONARY" } as const
      const plain = Parquet.file([column], { codec: "UNCOMPRESSED" })
      // Two runs of 200 places in the dictionary, each a bit wide.
      const runs = plain.indexOf(Buffer.from([1, 0x90, 3, 0, 0x90, 3, 1]))
      assert.isAbove(runs, 0)
      const bytes = changed(plain, runs, Buffer.from([1, 0xfe, 0xff, 0xff, 0xff, 0x0f, 1]))
      const { bad, events } = yield* Parquet.read(bytes, { format: Parquet.asTheyAre })
      assert.strictEqual(events.length, 0)
      assert.match(bad[0]!.detail, /^rows 1 to 400, .*column t at byte \d+: a run is too long/)
    })
  )

  it.effect("is a page of more than 64 MiB: one dead letter, and the next row group is read", () =>
    Effect.gen(function* () {
      const values = Array.from({ length: 67 }, (_, index) => (index < 66 ? "x".repeat(1024 * 1024) : "last"))
      const column = { name: "t", values, schema: Parquet.text, encoding: "PLAIN" } as const
      const bytes = Parquet.file([column], { codec: "ZSTD", rowGroupSize: 66, pageSize: 2 ** 30 })
      const { bad, events } = yield* Parquet.read(bytes, { format: Parquet.asTheyAre })
      assert.deepStrictEqual(
        events.map(({ properties }) => properties),
        [{ t: "last" }]
      )
      assert.strictEqual(bad.length, 1)
      assert.strictEqual(bad[0]!.reason, "too-large")
      assert.match(
        bad[0]!.detail,
        /^rows 1 to 66, .*has 69\d{6} bytes; the largest that is read has 67108864/
      )
    })
  )

  it.effect("is any byte that was damaged: it ends, and no row goes without a word", () =>
    Effect.gen(function* () {
      const rows = events.slice(0, 60)
      const plain = Parquet.file(Parquet.eventColumns(rows), { rowGroupSize: 20 })
      const footer = plain.length - 8 - plain.readUInt32LE(plain.length - 8)
      for (let at = 0; at < plain.length; at += at < footer ? 31 : 2) {
        const { bad, exit, events } = yield* Parquet.read(
          changed(plain, at, Buffer.from([plain[at]! ^ 0x55]))
        )
        const isTold = bad.length > 0 || Exit.isFailure(exit) || exit.value !== undefined
        assert.isTrue(isTold || events.length === 60, `byte ${at}`)
      }
    })
  )

  for (const [name, bytes, reason, said] of [
    [
      "a damaged footer",
      changed(whole, -40, Buffer.alloc(12, 0xff)),
      "damaged-footer",
      /footer cannot be read/
    ],
    [
      "a footer beyond the file",
      changed(whole, -8, Buffer.from([0, 0, 32, 0])),
      "damaged-footer",
      /longer than/
    ],
    [
      "a footer of 2 GiB",
      changed(whole, -8, Buffer.from([0, 0, 0, 128])),
      "too-large",
      /its footer has 2147483648/
    ],
    ["an encrypted footer", changed(whole, 0, Buffer.from("PARE")), "encrypted", /encrypted/],
    ["gzip around it", gzipSync(whole), "packed-parquet", /cannot be gzipped/]
  ] as const) {
    it.effect(`is ${name}: one dead letter, once`, () =>
      Effect.gen(function* () {
        const first = yield* Parquet.read(bytes)
        assert.isTrue(Exit.isSuccess(first.exit))
        assert.strictEqual(first.events.length, 0)
        assert.deepStrictEqual(
          first.bad.map((bad) => bad.reason),
          [reason]
        )
        assert.match(first.bad[0]!.detail, said)
        assert.deepStrictEqual((yield* Parquet.read(bytes, { after: first.last })).chunks, [])
      })
    )
  }

  it.effect("for want of a footer is told as unread, and read when it is whole", () =>
    Effect.gen(function* () {
      for (const length of [2, 4, 11, 1000, whole.length - 1]) {
        const { chunks, exit } = yield* Parquet.read(whole.subarray(0, length))
        assert.deepStrictEqual(chunks, [])
        assert.isTrue(Exit.isSuccess(exit) && exit.value !== undefined, String(length))
      }
    })
  )

  it.effect("is named: an unknown codec, a replaced file", () =>
    Effect.gen(function* () {
      const packed = Parquet.file(Parquet.eventColumns(events), { codec: "LZ4_RAW" })
      assert.match(
        errorOf((yield* Parquet.read(packed)).exit) ?? "",
        /^the object a: its pages are packed with LZ4_RAW; write it anew with snappy/
      )
      const { last } = yield* Parquet.read(whole, { stopAfter: 1 })
      const other = Parquet.file(Parquet.eventColumns(Parquet.made(6000)))
      const { exit } = yield* Parquet.read(Buffer.concat([other, Buffer.alloc(0)]), {
        after: last!.replace(/:\d+:partial/, ":1:partial")
      })
      assert.match(errorOf(exit) ?? "", /^the object a: is not the file that was read before/)
    })
  )

  it.effect("is Parquet in a format that has none, or of other columns, or that comes in order alone", () =>
    Effect.gen(function* () {
      const none: Format.Format = { lines: EventJson.lines, otherwise: "not-events" }
      const inOrder = (bytes: Uint8Array): Bytes.Bytes => ({ read: Bytes.fromBuffer(bytes).read })
      for (const [options, bytes, reason, said] of [
        [{ format: none }, whole, "not-events", /no Parquet is read in this format/],
        [
          {},
          Parquet.file(Parquet.eventColumns(events).slice(1)),
          "not-events",
          /^Parquet with the columns type, time, external_id, properties: there is no column id/
        ],
        [{ open: inOrder }, whole, "packed-parquet", /nor come in order/]
      ] as const) {
        const { bad } = yield* Parquet.read(bytes, options)
        assert.strictEqual(bad[0]?.reason, reason)
        assert.match(bad[0]!.detail, said)
      }
    })
  )
})
