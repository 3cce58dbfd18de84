import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Codec } from "@millrace/core"
import type { Event } from "@millrace/core/Event"
import type { Chunk } from "@millrace/core/Intake"
import { Bytes, Checkpoint, type Format, SplitReader } from "@millrace/formats"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"

const format: Format.Format = { lines: { codec: Codec.event }, otherwise: "not-events" }

const made = (count: number): ReadonlyArray<Event> =>
  Array.from({ length: count }, (_, index) => ({
    id: `e-${index}`,
    type: "order.placed",
    time: index,
    user: {},
    properties: { note: "x".repeat(90) }
  }))

const textOf = (events: ReadonlyArray<Event>): Buffer =>
  Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(""))

/** Bytes that come in order alone, few at a time. */
const inOrder = (bytes: Uint8Array): Bytes.Bytes => {
  const { read } = Bytes.fromBuffer(bytes)
  return { read: (into) => read(into.subarray(0, 1000)) }
}

/** Reads once, and stops behind so many chunks. */
const read = Effect.fnUntraced(function* (
  content: Bytes.Bytes,
  size: number,
  after?: string,
  stopAfter = Number.POSITIVE_INFINITY,
  tag?: string
) {
  const chunks: Array<Chunk> = []
  const intake = {
    append: (chunk: Chunk) =>
      Effect.suspend(() => (chunks.push(chunk) >= stopAfter ? Effect.interrupt : Effect.void)),
    expect: () => Effect.void
  }
  const reader = yield* SplitReader.make({
    plugin: "@acme/source",
    format: tag === undefined ? format : { ...format, avro },
    intake
  })
  const tagged = tag === undefined ? {} : { tag }
  const split = { split: "a", label: "the object a", size, open: Effect.succeed(content), ...tagged }
  const exit = yield* Effect.exit(reader.read(split, Option.fromUndefinedOr(after)))
  return {
    exit,
    ids: chunks.flatMap(({ events }) => events.map(({ id }) => id)),
    bad: chunks.flatMap(({ malformed }) => malformed),
    last: chunks.at(-1)?.checkpoint
  }
})

/** A container of blocks of a hundred records, each a JSON text behind its length. */
const container = (events: ReadonlyArray<Event>, sync: number) => {
  const long = (value: number): Buffer => {
    const bytes: Array<number> = []
    let rest = value * 2
    for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
    return Buffer.from([...bytes, rest])
  }
  const marker = Buffer.alloc(16, sync)
  const parts: Array<Uint8Array> = [Buffer.from('Obj\x01\x02\x16avro.schema\x08"js"\x00', "latin1"), marker]
  for (let at = 0; at < events.length; at += 100) {
    const records = events.slice(at, at + 100).map((event) => {
      const json = Buffer.from(JSON.stringify(event))
      const length = Buffer.alloc(4)
      length.writeUInt32BE(json.length)
      return Buffer.concat([length, json])
    })
    const data = Buffer.concat(records)
    parts.push(long(records.length), long(data.length), data, marker)
  }
  return Buffer.concat(parts)
}

const avro = () =>
  Result.succeed({
    codec: Codec.event.name,
    parameter: "",
    read: (bytes: Uint8Array, start: number) => {
      const from = start + 4
      const end = from + Buffer.from(bytes.buffer, bytes.byteOffset).readUInt32BE(start)
      return { result: Codec.event.decoder("")(bytes, from, end), end }
    }
  })

describe("SplitReader", () => {
  const events = made(3000)
  const ids = events.map(({ id }) => id)
  const text = textOf(events)

  for (const [name, bytes] of [
    ["plain", text],
    ["gzipped", gzipSync(text)]
  ] as const) {
    for (const [how, open] of [
      ["from any byte", Bytes.fromBuffer],
      ["in order alone", inOrder]
    ] as const) {
      it.effect(`${name} bytes that are read ${how} go on behind the last chunk`, () =>
        Effect.gen(function* () {
          const first = yield* read(open(bytes), bytes.length, undefined, 1)
          assert.isAbove(first.ids.length, 0)
          assert.isBelow(first.ids.length, ids.length)
          const rest = yield* read(open(bytes), bytes.length, first.last)
          assert.deepStrictEqual([...first.ids, ...rest.ids], ids)
          assert.isTrue(Checkpoint.parse(rest.last!)?.complete)
        })
      )
    }
  }

  it.effect("a checkpoint of an earlier release is gone on from", () =>
    Effect.gen(function* () {
      const stood = (yield* read(Bytes.fromBuffer(text), text.length, undefined, 1)).last!
      const { mark } = Checkpoint.parse(stood)!
      const at = text.indexOf("\n", 2000) + 1
      const count = text.subarray(0, at).toString().split("\n").length - 1
      const stored = `v1:${at}:${count}:${mark.toString(16)}:${at}:partial`
      const { ids: rest } = yield* read(Bytes.fromBuffer(text), text.length, stored)
      assert.deepStrictEqual(rest, ids.slice(count))
    })
  )

  it.effect("a bad line is one dead letter with its place, whatever the bytes come from", () =>
    Effect.gen(function* () {
      const two = textOf(events.slice(0, 2))
      const bytes = Buffer.concat([two, Buffer.from("{ no\n"), textOf(events.slice(2, 4))])
      const { bad, ids: taken } = yield* read(inOrder(bytes), bytes.length)
      assert.deepStrictEqual(taken, ids.slice(0, 4))
      assert.deepStrictEqual(
        bad.map(({ position, reason }) => [reason, position]),
        [["malformed", `line 3, byte ${two.length}`]]
      )
    })
  )

  it.effect(
    "a split of another format is one dead letter with the format's reason; so is Avro where none is read",
    () =>
      Effect.gen(function* () {
        const header = [Buffer.from("Obj\x01\x02\x16avro.schema\x04{}\x00", "latin1"), Buffer.alloc(16, 7)]
        for (const bytes of [Buffer.from([1, 2, 3, 0, 5]), Buffer.concat(header)]) {
          const { bad } = yield* read(Bytes.fromBuffer(bytes), bytes.length)
          assert.deepStrictEqual(
            bad.map(({ reason }) => reason),
            ["not-events"]
          )
        }
      })
  )

  it.effect("what is cut off is told, and another split under the same name is refused by its label", () =>
    Effect.gen(function* () {
      const cut = text.subarray(0, 1000)
      const { exit, ids: taken, last } = yield* read(Bytes.fromBuffer(cut), cut.length)
      assert.strictEqual(exit._tag, "Success")
      assert.isTrue(exit._tag === "Success" && exit.value?.what === "the last line is incomplete")
      assert.isAbove(taken.length, 0)
      const other = Buffer.from(text.toString().replaceAll("e-0", "f-0"))
      const refused = yield* read(Bytes.fromBuffer(other), other.length, last)
      assert.match(JSON.stringify(refused.exit), /the object a: is not the file that was read before/)
      const foreign = yield* read(Bytes.fromBuffer(text), text.length, "v9:1")
      assert.match(JSON.stringify(foreign.exit), /another version of @acme\/source/)
    })
  )

  describe("a split with a tag", () => {
    const at = (bytes: Buffer, tag: string, after?: string, stopAfter?: number) =>
      read(Bytes.fromBuffer(bytes), bytes.length, after, stopAfter, tag)

    it.effect("is gone on from, and not opened again once it is read", () =>
      Effect.gen(function* () {
        const first = yield* at(text, '"etag:1"', undefined, 1)
        assert.strictEqual(Checkpoint.parse(first.last!)?.tag, '"etag:1"')
        const rest = yield* at(text, '"etag:1"', first.last)
        assert.deepStrictEqual([...first.ids, ...rest.ids], ids)
        const damaged = Buffer.alloc(text.length)
        assert.deepStrictEqual((yield* at(damaged, '"etag:1"', rest.last)).ids, [])
      })
    )

    it.effect(
      "is read from its first byte when the tag is another, also where it is shorter or as long",
      () =>
        Effect.gen(function* () {
          const whole = yield* at(text, "1")
          const other = Buffer.from(text.toString().replaceAll("e-29", "f-29"))
          assert.strictEqual(other.length, text.length)
          const anew = yield* at(other, "2", whole.last)
          assert.strictEqual(anew.ids.length, ids.length)
          assert.strictEqual(Checkpoint.parse(anew.last!)?.tag, "2")
          const short = textOf(events.slice(0, 2))
          assert.deepStrictEqual((yield* at(short, "2", whole.last)).ids, ids.slice(0, 2))
        })
    )

    it.effect("is gone on from when it is Avro under the same header, as a copy is", () =>
      Effect.gen(function* () {
        const bytes = container(events, 5)
        const first = yield* at(bytes, "1", undefined, 1)
        const rest = yield* at(bytes, "2", first.last)
        assert.deepStrictEqual([...first.ids, ...rest.ids], ids)
        const copied = yield* at(bytes, "3", rest.last)
        assert.deepStrictEqual([copied.ids, Checkpoint.parse(copied.last!)?.tag], [[], "3"])
        const others = container(events, 6)
        assert.deepStrictEqual((yield* at(others, "4", copied.last)).ids, ids)
      })
    )
  })
})
