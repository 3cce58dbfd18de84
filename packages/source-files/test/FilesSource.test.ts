import { execFileSync } from "node:child_process"
import {
  appendFileSync,
  chmodSync,
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Catalogue, Destination, Exporter, Ledger, Message, OutboxMemory, Outcome } from "@millrace/core"
import type { Event } from "@millrace/core/Event"
import { Sample, SampleExport } from "@millrace/events-braze"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { TestClock } from "effect/testing"
import { FilesSource, files } from "../src/index.ts"
import * as Avro from "./support/avro.ts"
import * as Recorder from "./support/recorder.ts"

const base = mkdtempSync(join(tmpdir(), "millrace-files-"))
afterAll(() => rmSync(base, { recursive: true, force: true }))

let folders = 0
const folderOf = (contents: { readonly [path: string]: Uint8Array | string } = {}): string => {
  const folder = join(base, String(folders++))
  mkdirSync(folder)
  for (const [path, bytes] of Object.entries(contents)) put(join(folder, path), bytes)
  return folder
}
const put = (path: string, bytes: Uint8Array | string) => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, bytes)
}

const idsOf = (events: ReadonlyArray<Event>) => events.map(({ id }) => id)
const sorted = (ids: ReadonlyArray<string>) => [...ids].sort()
const faults = (recorder: Recorder.Recorder) =>
  recorder.bad.map(({ split, reason, position }) => `${split} ${reason} ${position}`)

const lineEvents = (count: number, seed = 7) => {
  const sample = Sample.make({ seed, users: 20 })
  return Array.from({ length: count }, (_, index) =>
    sample.event(
      index % 2 === 0 ? "users.messages.email.Open" : "users.canvas.Entry",
      index,
      1_782_742_805_000
    )
  )
}
const linesOf = (events: ReturnType<typeof lineEvents>, end = "\n") =>
  events.map((event) => JSON.stringify(Sample.toCustomHttp(event)) + end).join("")

const once = Effect.fnUntraced(function* (path: string) {
  const recorder = Recorder.make()
  yield* Recorder.run(recorder, path)
  return recorder
})

describe("a whole export", () => {
  it.live("comes through with every readable event once, and one dead letter for each damage", () =>
    Effect.gen(function* () {
      const folder = folderOf()
      const damage = { blocks: 7, tails: 3, lines: 5 }
      const summary = SampleExport.write({ folder, seed: 3, events: 8000, damage }, put)
      const accepted: Array<string> = []
      const plugin = Destination.plugin({
        name: "test-remote",
        accepts: Catalogue.any,
        settings: Schema.Struct({}),
        credentials: Schema.Struct({}),
        open: () =>
          Destination.opened({
            lanes: [{ name: "main" }],
            limits: {
              messages: 100,
              events: 100,
              bytes: 1_000_000,
              messageBytes: 10_000,
              messageEvents: 1,
              concurrency: 4,
              window: 0
            },
            assign: () => Destination.to("main"),
            prepare: ([event]) => Result.succeed(Message.json(event.id, { id: event.id })),
            connect: () =>
              Destination.connected({
                check: Effect.void,
                deliver: (batch) =>
                  Effect.sync(() => {
                    accepted.push(...batch.ids)
                    return Outcome.Outcomes.all(batch, Outcome.delivered)
                  })
              })
          })
      })
      const source = files({ settings: { path: folder, format: "braze-currents" } })
      const recorder = Recorder.make()
      const ledger = yield* Exporter.from(source)
        .route("all")
        .when("*")
        .to(plugin({}))
        .run.pipe(Effect.provide(Recorder.logs(recorder)))
      assert.strictEqual(recorder.logs.filter((line) => line.includes("is not read from byte")).length, 3)
      assert.deepStrictEqual(Ledger.imbalance(ledger), [])
      const { delivered, dead, read } = ledger.routes["all"]!
      assert.deepStrictEqual(delivered, { main: summary.readable })
      const lines = Object.entries(dead).filter(([reason]) => reason !== "damaged-block")
      assert.strictEqual(dead["damaged-block"], 7)
      assert.strictEqual(
        lines.reduce((sum, [, count]) => sum + count, 0),
        5
      )
      assert.strictEqual(read, summary.readable + 12)
      assert.strictEqual(new Set(accepted).size, summary.readable)
    }).pipe(Effect.provide(OutboxMemory.layer))
  )

  it.live("is read a second time without opening a file or appending anything", () =>
    Effect.gen(function* () {
      const folder = folderOf()
      SampleExport.write({ folder, seed: 3, events: 1500, damage: { blocks: 2, lines: 4 } }, put)
      const recorder = yield* once(folder)
      assert.strictEqual(recorder.consumed, recorder.expected)
      const appended = recorder.chunks.length
      const files = new Set(recorder.chunks.map(({ split }) => split)).size
      assert.isTrue(files > 200 && appended < files * 1.1, "one chunk for a small file")
      assert.isTrue(
        [...recorder.checkpoints.values()].every((checkpoint) => checkpoint.endsWith(":complete"))
      )
      recorder.expected = 0
      for (const path of recorder.checkpoints.keys()) truncateKeepingSize(join(folder, path))
      yield* Recorder.run(recorder, folder)
      assert.deepStrictEqual([recorder.chunks.length, recorder.expected], [appended, 0])
    })
  )

  const codecs = ["null", "deflate", "snappy", "zstandard"] as const
  for (const codec of codecs) {
    it.live(`gives the events of an Avro file in order: ${codec}, plain and gzipped`, () =>
      Effect.gen(function* () {
        const contents = Avro.sample(3000)
        const bytes = Avro.file(contents, codec)
        for (const folder of [folderOf({ "a.avro": bytes }), folderOf({ "a.avro.gz": gzipSync(bytes) })]) {
          const recorder = yield* once(folder)
          assert.deepStrictEqual(recorder.events, [...Avro.eventsOf(contents)])
          assert.deepStrictEqual([recorder.bad, recorder.logs], [[], []])
          assert.strictEqual(recorder.consumed, recorder.expected)
          assert.isTrue(recorder.chunks.length > 1)
          // Small records make many events, which take more memory than their bytes.
          for (const { bytes, events } of recorder.chunks.slice(0, -1))
            assert.isTrue((bytes >= 256 * 1024 || events >= 500) && bytes < 600_000)
        }
      })
    )
  }

  it.live("goes hour by hour, and by path within an hour", () =>
    Effect.gen(function* () {
      const line = (id: string) =>
        `{"event_type":"users.canvas.Entry","id":"${id}","time":1,"user":{},"properties":{}}\n`
      const folder = folderOf({
        "event_type=b/date=2026-06-29-01/1/z/x.ndjson": line("3"),
        "event_type=a/date=2026-06-29-02/1/z/x.ndjson": line("4"),
        "event_type=b/date=2026-06-29-00/1/z/x.ndjson": line("2"),
        "event_type=a/date=2026-06-29-00/1/z/x.ndjson": line("1"),
        "plain.jsonl": line("0")
      })
      // Files of an hour are read side by side: what is fixed is the order in which they are begun.
      const { claimed, events } = yield* once(folder)
      assert.deepStrictEqual(claimed, [
        "plain.jsonl",
        "event_type=a/date=2026-06-29-00/1/z/x.ndjson",
        "event_type=b/date=2026-06-29-00/1/z/x.ndjson",
        "event_type=b/date=2026-06-29-01/1/z/x.ndjson",
        "event_type=a/date=2026-06-29-02/1/z/x.ndjson"
      ])
      assert.deepStrictEqual([...idsOf(events)].sort(), ["0", "1", "2", "3", "4"])
    })
  )

  it.live("begins no hour before the one ahead is read", () =>
    Effect.gen(function* () {
      const hours = ["2026-06-29-00", "2026-06-29-01", "2026-06-29-02"]
      const folder = folderOf(
        Object.fromEntries(
          hours.flatMap((hour, at) =>
            ["a", "b", "c"].map((type, index) => [
              `event_type=${type}/date=${hour}/1/z/x.ndjson`,
              linesOf(lineEvents(2, 3 * at + index))
            ])
          )
        )
      )
      const recorder = Recorder.make()
      yield* Recorder.run(recorder, folder, { awaited: 3 })
      const order = recorder.chunks.map(({ split }) => hours.findIndex((hour) => split.includes(hour)))
      assert.deepStrictEqual(order, [0, 0, 0, 1, 1, 1, 2, 2, 2])
      assert.strictEqual(recorder.together, 3)
    })
  )

  it.live("reads as many small files side by side as go together, and as many large ones as asked for", () =>
    Effect.gen(function* () {
      const togetherOf = Effect.fnUntraced(function* (
        files: number,
        events: number,
        splits: number,
        awaited: number
      ) {
        const folder = folderOf(
          Object.fromEntries(
            Array.from({ length: files }, (_, index) => [
              `${index}.ndjson`,
              linesOf(lineEvents(events, index))
            ])
          )
        )
        const recorder = Recorder.make()
        yield* Recorder.run(recorder, folder, { splits, awaited })
        return recorder.together
      })
      assert.strictEqual(yield* togetherOf(40, 2, 2, 16), 16)
      assert.strictEqual(yield* togetherOf(6, 800, 2, 2), 2)
      assert.strictEqual(yield* togetherOf(6, 800, 4, 4), 4)
    })
  )
})

/** Other bytes, same size: whoever reads the file again is found out. */
const truncateKeepingSize = (path: string) => {
  const { size } = statSync(path)
  truncateSync(path, 0)
  truncateSync(path, size)
}

describe("a run that stops", () => {
  const big = Avro.sample(2500, 2500)
  const small = Avro.sample(1500, 40, "users.messages.sms.Send", 2)
  const lines = lineEvents(1500)
  const all = [...Avro.eventsOf(big), ...Avro.eventsOf(small), ...lines]
  const text = linesOf(lines)
  const bad = text.replace("\n", '\n{"half\n')
  const cases = {
    plain: folderOf({
      "a.avro": Avro.file(big, "deflate"),
      "b.avro": Avro.file(small, "null"),
      "c.ndjson": bad
    }),
    gzipped: folderOf({
      "a.avro.gz": gzipSync(Avro.file(big, "deflate")),
      "b.avro.gz": gzipSync(Avro.file(small, "snappy")),
      "c.ndjson.gz": gzipSync(bad)
    })
  }
  for (const [name, folder] of Object.entries(cases)) {
    it.live(`goes on exactly there, after every possible chunk: ${name}`, () =>
      Effect.gen(function* () {
        const whole = yield* once(folder)
        const openFiles = () => readdirSync("/proc/self/fd").length
        const open = openFiles()
        assert.deepStrictEqual(sorted(idsOf(whole.events)), sorted(idsOf(all)))
        assert.isTrue(
          whole.chunks.some(({ checkpoint }) => /^v1:\d+:[1-9]/.test(checkpoint)),
          "part of a block"
        )
        assert.isTrue(whole.chunks.length > 8)
        for (let stopAfter = 0; stopAfter <= whole.chunks.length; stopAfter++) {
          const recorder = Recorder.make()
          yield* Recorder.run(recorder, folder, { stopAfter })
          assert.strictEqual(recorder.chunks.length, stopAfter)
          yield* Recorder.run(recorder, folder)
          for (const file of [big, small]) {
            const own = new Set(idsOf(Avro.eventsOf(file)))
            assert.deepStrictEqual(
              idsOf(recorder.events).filter((id) => own.has(id)),
              [...own]
            )
          }
          assert.strictEqual(recorder.events.length, all.length)
          assert.deepStrictEqual(faults(recorder), [...faults(whole)])
        }
        assert.isTrue(openFiles() <= open, "every file is closed")
      })
    )
  }

  it.live("goes on after each single chunk, again and again", () =>
    Effect.gen(function* () {
      const recorder = Recorder.make()
      for (let turn = 0; turn < 40; turn++) yield* Recorder.run(recorder, cases.plain, { stopAfter: 1 })
      assert.deepStrictEqual(sorted(idsOf(recorder.events)), sorted(idsOf(all)))
    })
  )
})

describe("a file that ends too early", () => {
  it.live("is taken up to its last whole block, said so, and read on when it has grown", () =>
    Effect.gen(function* () {
      const contents = Avro.sample(400)
      const events = idsOf(Avro.eventsOf(contents))
      const bytes = Avro.file(contents, "deflate")
      const ends = contents.blocks.map(
        (_, index) => Avro.file({ ...contents, blocks: contents.blocks.slice(0, index) }, "deflate").length
      )
      const cuts = [
        0,
        1,
        3,
        4,
        30,
        ends[0]!,
        ends[0]! + 1,
        ends[3]! + 1,
        ends[3]! + 40,
        ends[4]! - 1,
        bytes.length - 1
      ]
      for (const cut of cuts) {
        const folder = folderOf({ "a.avro": bytes.subarray(0, cut) })
        const recorder = yield* once(folder)
        const whole = contents.blocks.filter((_, index) => (ends[index + 1] ?? bytes.length) <= cut).length
        assert.deepStrictEqual(idsOf(recorder.events), events.slice(0, whole * 40), `cut at ${cut}`)
        assert.deepStrictEqual(recorder.bad, [])
        // An empty file lacks nothing.
        if (cut > 0 && !ends.includes(cut)) {
          assert.strictEqual(recorder.logs.length, 1)
          assert.match(recorder.logs[0]!, /a\.avro: is not read from byte \d+ on/)
          const chunks = recorder.chunks.length
          yield* Recorder.run(recorder, folder)
          assert.strictEqual(recorder.chunks.length, chunks, "nothing is new")
          assert.strictEqual(recorder.logs.length, 2, "and said again")
        }
        writeFileSync(join(folder, "a.avro"), bytes)
        yield* Recorder.run(recorder, folder)
        assert.deepStrictEqual([idsOf(recorder.events), recorder.bad], [events, []], `grown from ${cut}`)
      }
    })
  )

  it.live("keeps the events before the cut of a gzip stream, and reads on when it is whole", () =>
    Effect.gen(function* () {
      const contents = Avro.sample(2000)
      const events = idsOf(Avro.eventsOf(contents))
      const lines = lineEvents(300)
      const avro = gzipSync(Avro.file(contents, "null"))
      const text = gzipSync(linesOf(lines))
      for (const share of [0.001, 0.1, 0.5, 0.9, 0.9999]) {
        const cut = (bytes: Buffer) => bytes.subarray(0, Math.max(3, Math.floor(bytes.length * share)))
        const folder = folderOf({ "a.avro.gz": cut(avro), "b.json.gz": cut(text) })
        const recorder = yield* once(folder)
        assert.deepStrictEqual(recorder.bad, [])
        assert.strictEqual(recorder.logs.length, 2)
        assert.isTrue(share < 0.5 || recorder.events.length > 900 * share)
        put(join(folder, "a.avro.gz"), avro)
        put(join(folder, "b.json.gz"), text)
        yield* Recorder.run(recorder, folder)
        assert.deepStrictEqual(sorted(idsOf(recorder.events)), sorted([...events, ...idsOf(lines)]))
        assert.deepStrictEqual(recorder.bad, [])
      }
    })
  )

  it.live("takes a last line without a newline if it is whole, else leaves it", () =>
    Effect.gen(function* () {
      const events = lineEvents(6)
      const text = linesOf(events)
      const folder = folderOf({ "a.ndjson": text.slice(0, -1) })
      const recorder = yield* once(folder)
      assert.deepStrictEqual(idsOf(recorder.events), idsOf(events))
      const more = lineEvents(12).slice(6)
      appendFileSync(join(folder, "a.ndjson"), `\n${linesOf(more).slice(0, -40)}`)
      yield* Recorder.run(recorder, folder)
      assert.deepStrictEqual(idsOf(recorder.events), idsOf([...events, ...more.slice(0, -1)]))
      assert.match(recorder.logs.join(), /the last line is incomplete/)
      appendFileSync(join(folder, "a.ndjson"), `${linesOf(more).slice(-40)}no event\n`)
      yield* Recorder.run(recorder, folder)
      assert.deepStrictEqual(idsOf(recorder.events), idsOf([...events, ...more]))
      const at = Buffer.byteLength(text) + Buffer.byteLength(linesOf(more))
      assert.deepStrictEqual(faults(recorder), [`a.ndjson malformed line 13, byte ${at}`])
    })
  )
})

describe("damage", () => {
  const contents = Avro.sample(400)
  const { sync, schema, blocks } = contents
  const perBlock = blocks.map((each) => idsOf(Avro.eventsOf({ ...contents, blocks: [each] })))
  const without = (damaged: number) => perBlock.filter((_, index) => index !== damaged).flat()
  type Harm = (parts: { count: Buffer; size: Buffer; data: Buffer; end: Buffer }, count: number) => void
  const head = (value: number): { count: Buffer } => ({ count: Avro.long(value) })
  const harms: { readonly [name: string]: Harm } = {
    "a wrong sync marker": (parts) => parts.end.fill(1, 3, 5),
    "a negative count": (parts) => Object.assign(parts, head(-40)),
    "a count too high": (parts, count) => Object.assign(parts, head(count + 1)),
    "a count too low": (parts, count) => Object.assign(parts, head(count - 1)),
    "an endless count": (parts) => Object.assign(parts, { count: Buffer.alloc(12, 0xff) }),
    "a negative size": (parts) => Object.assign(parts, { size: Avro.long(-5) }),
    "a size too small": (parts) => Object.assign(parts, { size: Avro.long(parts.data.length - 7) }),
    "a size too large": (parts) => Object.assign(parts, { size: Avro.long(parts.data.length + 7) }),
    "a size beyond the file": (parts) => Object.assign(parts, { size: Avro.long(50_000_000) }),
    "a size beyond the limit": (parts) => Object.assign(parts, { size: Avro.long(2 ** 40) }),
    "data that cannot be read": (parts) => parts.data.fill(0xff, 0, 40),
    "data that is gone": (parts) => Object.assign(parts, { data: Buffer.alloc(0) })
  }
  const damaged = (codec: Avro.Codec, position: number, harm: Harm) => {
    const made = blocks.map((each) => Avro.block(each, codec, sync))
    const { count, plain } = blocks[position]!
    const whole = made[position]!
    const lengths = [Avro.long(count).length, 0]
    lengths[1] = Avro.long(whole.length).length
    const parts = {
      count: whole.subarray(0, lengths[0]),
      size: whole.subarray(lengths[0]!, lengths[0]! + lengths[1]!),
      data: Buffer.from(whole.subarray(lengths[0]! + lengths[1]!, -16)),
      end: Buffer.from(whole.subarray(-16))
    }
    assert.isTrue(plain.length > 1000 && parts.size.equals(Avro.long(parts.data.length)))
    harm(parts, count)
    made[position] = Buffer.concat([parts.count, parts.size, parts.data, parts.end])
    return {
      bytes: Buffer.concat([Avro.header(schema, codec, sync), ...made]),
      at: Avro.header(schema, codec, sync).length + Buffer.concat(made.slice(0, position)).length,
      raw: made[position]!
    }
  }

  for (const codec of ["null", "deflate", "snappy", "zstandard"] as const) {
    it.live(`of one block costs that block alone: ${codec}`, () =>
      Effect.gen(function* () {
        for (const [name, harm] of Object.entries(harms)) {
          for (const position of [0, 4, 9]) {
            const { bytes, at, raw } = damaged(codec, position, harm)
            for (const file of [folderOf({ "a.avro": bytes }), folderOf({ "a.avro.gz": gzipSync(bytes) })]) {
              const recorder = yield* once(file)
              const where = `${name} in block ${position}`
              assert.deepStrictEqual(idsOf(recorder.events), without(position), where)
              const [fault] = recorder.bad
              assert.strictEqual(recorder.bad.length, 1, where)
              assert.deepStrictEqual([fault!.reason, fault!.position], ["damaged-block", `byte ${at}`], where)
              assert.deepStrictEqual(Buffer.from(fault!.raw), raw, where)
              if (name.includes("sync"))
                assert.match(fault!.detail, /^the block's header claims 40 records; its sync/)
              assert.deepStrictEqual(recorder.logs, [], where)
            }
          }
        }
      })
    )
  }

  it.live("is found by the checksum where the data still unpacks", () =>
    Effect.gen(function* () {
      // The last four bytes of the data are the checksum.
      const { bytes } = damaged("snappy", 2, ({ data }) => data.fill(0, data.length - 4))
      const recorder = yield* once(folderOf({ "a.avro": bytes }))
      assert.deepStrictEqual([idsOf(recorder.events), recorder.bad.length], [without(2), 1])
    })
  )

  it.live("of a length that leads a decompressor backwards is no endless loop", () =>
    Effect.gen(function* () {
      // A snappy literal of 2^32 - 5 bytes: as a signed number, back to its own tag.
      const { bytes } = damaged("snappy", 2, ({ data }) => {
        data.set([0xfc, 0xfa, 0xff, 0xff, 0xff], data.findIndex((byte) => byte < 128) + 1)
      })
      const recorder = yield* once(folderOf({ "a.avro": bytes }))
      assert.deepStrictEqual([idsOf(recorder.events), recorder.bad.length], [without(2), 1])
    })
  )

  it.live("of several sync markers in a row costs those blocks alone", () =>
    Effect.gen(function* () {
      const made = blocks.map((each, index) =>
        Avro.block(each, "deflate", index > 2 && index < 6 ? Buffer.alloc(16, index) : sync)
      )
      const bytes = Buffer.concat([Avro.header(schema, "deflate", sync), ...made])
      const recorder = yield* once(folderOf({ "a.avro": bytes }))
      assert.deepStrictEqual(
        idsOf(recorder.events),
        perBlock.filter((_, index) => index < 3 || index > 5).flat()
      )
      assert.strictEqual(recorder.bad.length, 3)
    })
  )

  it.live("never crashes or hangs a run, nor loses a block or a line it did not touch", () =>
    Effect.gen(function* () {
      let state = 99
      const random = (below: number) => {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0
        return (state >>> 8) % below
      }
      const events = lineEvents(60)
      const texts = events.map((event) => Buffer.from(linesOf([event])))
      const folder = folderOf()
      const expected: Array<string> = []
      for (let turn = 0; turn < 300; turn++) {
        const codec = (["null", "deflate", "snappy", "zstandard"] as const)[turn % 4]!
        const made = blocks.map((each) => Avro.block(each, codec, sync))
        const hit = random(made.length)
        const target = Buffer.from(made[hit]!)
        const kind = random(4)
        const at = random(target.length)
        if (kind === 0) target[at] = random(256)
        else if (kind === 1) target.fill(random(256), at, Math.min(target.length, at + random(200)))
        const changed =
          kind === 2
            ? Buffer.concat([target.subarray(0, at), Buffer.alloc(1 + random(50), 7), target.subarray(at)])
            : kind === 3
              ? Buffer.concat([target.subarray(0, at), target.subarray(at + 1 + random(9))])
              : target
        made[hit] = changed
        put(join(folder, `${turn}.avro`), Buffer.concat([Avro.header(schema, codec, sync), ...made]))
        expected.push(...without(hit))
        const broken = random(texts.length)
        const line = Buffer.from(texts[broken]!)
        line[random(line.length - 1)] = 0xff
        put(
          join(folder, `${turn}.ndjson`),
          Buffer.concat(texts.map((each, index) => (index === broken ? line : each)))
        )
        expected.push(...idsOf(events.filter((_, index) => index !== broken)))
      }
      const recorder = yield* once(folder)
      const counts = new Map<string, number>()
      for (const id of idsOf(recorder.events)) counts.set(id, (counts.get(id) ?? 0) + 1)
      for (const id of expected) counts.set(id, (counts.get(id) ?? 0) - 1)
      const lost = [...counts].filter(([, count]) => count < 0)
      assert.deepStrictEqual(lost, [])
      assert.isTrue(recorder.bad.length > 500)
    })
  )

  it.live("anywhere in a file of any kind ends in dead letters, a warning or events, never in a crash", () =>
    Effect.gen(function* () {
      let state = 5
      const random = (below: number) => {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0
        return (state >>> 8) % below
      }
      const folder = folderOf()
      const avro = Avro.file({ ...contents, blocks: blocks.slice(0, 3) }, "snappy")
      const originals = { "avro.gz": gzipSync(avro), avro, ndjson: Buffer.from(linesOf(lineEvents(20))) }
      for (let turn = 0; turn < 400; turn++) {
        for (const [name, original] of Object.entries(originals)) {
          const bytes = Buffer.from(original)
          for (let flips = 0; flips <= turn % 5; flips++) bytes[random(bytes.length)] = random(256)
          put(
            join(folder, `${turn}.${name}`),
            bytes.subarray(0, turn % 7 === 0 ? random(bytes.length) : bytes.length)
          )
        }
      }
      const recorder = Recorder.make()
      const result = yield* Effect.result(Recorder.run(recorder, folder))
      // A codec's name may have been hit.
      if (Result.isFailure(result)) assert.match(result.failure.detail, /blocks are packed with/)
      assert.isTrue(recorder.events.length > 10_000 && recorder.bad.length > 400)
    })
  )

  it.live("of a gzip stream keeps what stands before it", () =>
    Effect.gen(function* () {
      const events = lineEvents(3000)
      const bytes = gzipSync(linesOf(events))
      const checksum = Buffer.from(bytes)
      checksum.fill(0, bytes.length - 8, bytes.length - 4)
      const middle = Buffer.from(bytes)
      middle.fill(0xff, bytes.length >> 1, (bytes.length >> 1) + 100)
      const recorder = yield* once(
        folderOf({
          "a.ndjson.gz": checksum,
          "b.ndjson.gz": Buffer.from([...bytes.subarray(0, 10), 0xff, 0xff])
        })
      )
      // What zlib unpacks together with the damage, 64 KiB at most, is lost with it.
      const read = recorder.events.length
      assert.isTrue(read > 2900)
      assert.deepStrictEqual(idsOf(recorder.events), idsOf(events.slice(0, read)))
      assert.deepStrictEqual(recorder.bad.map(({ split, reason }) => `${split} ${reason}`).sort(), [
        "a.ndjson.gz damaged-gzip",
        "b.ndjson.gz damaged-gzip"
      ])
      const folder = folderOf({ "a.ndjson.gz": middle })
      const second = yield* once(folder)
      assert.isTrue(second.events.length > 1000 && second.events.length < 2000)
      assert.strictEqual(second.bad.at(-1)!.reason, "damaged-gzip")
      const chunks = second.chunks.length
      yield* Recorder.run(second, folder)
      assert.strictEqual(second.chunks.length, chunks)
    })
  )

  it.live("of single records is told by the record, and their neighbours are kept", () =>
    Effect.gen(function* () {
      const schema = JSON.stringify({
        type: "record",
        namespace: "dataexport.S3.inner.users.canvas",
        name: "Entry",
        fields: [
          { name: "id", type: "string" },
          { name: "time", type: "long" }
        ]
      })
      const record = (id: string, time: Buffer) =>
        Buffer.concat([Avro.long(id.length), Buffer.from(id), time])
      const huge = Buffer.from([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01])
      const plain = Buffer.concat([
        record("a", Avro.long(1)),
        record("b", huge),
        record("", Avro.long(3)),
        record("d", Avro.long(4))
      ])
      const bytes = Avro.file({ schema, sync, blocks: [{ count: 4, plain }] }, "null")
      const recorder = yield* once(folderOf({ "a.avro": bytes }))
      assert.deepStrictEqual(idsOf(recorder.events), ["a", "d"])
      const at = Avro.header(schema, "null", sync).length
      assert.deepStrictEqual(faults(recorder), [
        `a.avro malformed byte ${at}, record 2`,
        `a.avro not-an-event byte ${at}, record 3`
      ])
      assert.deepStrictEqual(Buffer.from(recorder.bad[0]!.raw), record("b", huge))
    })
  )
})

describe("lines", () => {
  it.live("end in \\n or \\r\\n, may be blank, and are told by number and byte when they are bad", () =>
    Effect.gen(function* () {
      const [first, second, third, fourth] = lineEvents(4).map((event) => linesOf([event], ""))
      const envelope = `{"events":[${second},{"id":1},${third}]}`
      const bytes = Buffer.concat([
        Buffer.from(`garbage\r\n${first}\r\n\n\r\n`),
        Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d, 0x0a]),
        Buffer.from(`${envelope}\n[1]\n${fourth}\n`)
      ])
      const recorder = yield* once(folderOf({ "a.json": bytes }))
      assert.deepStrictEqual(idsOf(recorder.events), idsOf(lineEvents(4)))
      const after = 9 + Buffer.byteLength(first!) + 2 + 1 + 2
      assert.deepStrictEqual(faults(recorder), [
        "a.json malformed line 1, byte 0",
        `a.json malformed line 5, byte ${after}`,
        `a.json not-an-event line 6, byte ${after + 6}, event 2`,
        `a.json not-an-event line 7, byte ${after + 6 + Buffer.byteLength(envelope) + 1}`
      ])
      assert.strictEqual(recorder.bad[1]!.detail, "not UTF-8")
      assert.deepStrictEqual([...recorder.bad[1]!.raw], [0x7b, 0x22, 0xff, 0x22, 0x7d])
    })
  )

  it.live("of 64 MB pass in bounded memory as one dead letter", () =>
    Effect.gen(function* () {
      const [before, behind] = lineEvents(2)
      const folder = folderOf()
      const stream = createWriteStream(join(folder, "a.ndjson"))
      stream.write(linesOf([before!]))
      stream.write('{"id":"')
      for (let written = 0; written < 64; written++) stream.write(Buffer.alloc(1024 * 1024, 0x61))
      stream.write('"}\n')
      stream.write(linesOf([behind!]))
      yield* Effect.promise(() => new Promise((resolve) => stream.end(resolve)))
      let most = 0
      const watch = setInterval(() => {
        most = Math.max(most, process.memoryUsage().arrayBuffers)
      }, 1)
      const start = process.memoryUsage().arrayBuffers
      const recorder = yield* once(folder)
      clearInterval(watch)
      assert.isTrue(most - start < 48 * 1024 * 1024, `${most - start} bytes`)
      assert.deepStrictEqual(idsOf(recorder.events), idsOf([before!, behind!]))
      const [bad] = recorder.bad
      assert.deepStrictEqual(
        [bad!.reason, bad!.raw.length, recorder.bad.length],
        ["too-long", 1024 * 1024, 1]
      )
      assert.match(bad!.detail, /the line has 67108873 bytes/)
      // Without its end it may still grow.
      const cut = folderOf({
        "a.ndjson": Buffer.concat([Buffer.from(linesOf([before!])), Buffer.alloc(9_000_000, 0x61)])
      })
      const open = yield* once(cut)
      assert.deepStrictEqual([open.events.length, open.bad.length, open.logs.length], [1, 0, 1])
      assert.match(open.checkpoints.get("a.ndjson")!, /:partial$/)
      appendFileSync(join(cut, "a.ndjson"), `\n${linesOf([behind!])}`)
      yield* Recorder.run(open, cut)
      assert.deepStrictEqual([open.events.length, faults(open).length], [2, 1])
    })
  )
})

describe("what is no Currents file", () => {
  it.live("becomes one dead letter, once, and keeps nobody from being read", () =>
    Effect.gen(function* () {
      const order = JSON.stringify({ type: "record", name: "Order", namespace: "com.example", fields: [] })
      const good = Avro.sample(30)
      const folder = folderOf({
        "a.avro": Avro.file({ schema: order, sync: good.sync, blocks: [] }, "null"),
        "b.json": '[\n{"id":1}\n]\n',
        "c.avro": Buffer.from([0x4f, 0x52, 0x43, 0, 1, 2]),
        "d.avro": Avro.file(good, "null")
      })
      const recorder = yield* once(folder)
      assert.deepStrictEqual(sorted(faults(recorder)), [
        "a.avro not-currents byte 0",
        "b.json not-currents byte 0",
        "c.avro not-currents byte 0"
      ])
      assert.match(recorder.bad.find(({ split }) => split === "a.avro")!.detail, /com\.example\.Order/)
      assert.strictEqual(recorder.events.length, 30)
      assert.strictEqual(recorder.consumed, recorder.expected)
      appendFileSync(join(folder, "c.avro"), "more")
      yield* Recorder.run(recorder, folder)
      assert.strictEqual(recorder.bad.length, 3)
    })
  )

  it.live("is none while a sync tool writes it under a name of its own", () =>
    Effect.gen(function* () {
      const names = [
        "a.avro.partial",
        "b.avro.1f0c9a7e.partial",
        ".c.avro.Xy3kQz",
        "d.ndjson~",
        "e.avro.tmp",
        "f.ndjson.gz.crdownload",
        "g.avro.6eF3a2Bc",
        "h.json.part",
        "i.avro.filepart",
        "j.avro_.gstmp"
      ]
      const folder = folderOf({ "a.ndjson": linesOf(lineEvents(1)), "k.ndjson.md5": "" })
      for (const name of names) put(join(folder, "deep", name), "half")
      const { logs, events } = yield* once(folder)
      assert.strictEqual(events.length, 1)
      assert.strictEqual(logs.length, 1)
      assert.match(logs[0]!, /^1 files below .* such as k\.ndjson\.md5/)
    })
  )

  it.live("is left unread when it went before it was read, and read when it is back", () =>
    Effect.gen(function* () {
      const folder = folderOf({
        "date=2026-11-01-00/a.ndjson": linesOf(lineEvents(1)),
        "date=2026-11-01-01/b.ndjson": linesOf(lineEvents(2))
      })
      const late = join(folder, "date=2026-11-01-01/b.ndjson")
      const recorder = Recorder.make()
      yield* Recorder.run(recorder, folder, { onAppend: () => rmSync(late, { force: true }) })
      assert.deepStrictEqual(
        [...recorder.unread].map(([split, { byte }]) => [split, byte]),
        [["date=2026-11-01-01/b.ndjson", 0]]
      )
      assert.match(recorder.logs.join(), /b\.ndjson: the file went before it was read; put it back/)
      put(late, linesOf(lineEvents(2)))
      yield* Recorder.run(recorder, folder)
      assert.deepStrictEqual([recorder.events.length, recorder.unread.size], [3, 0])
    })
  )

  it.live("by its name is left alone: one warning, silence for markers and hidden files", () =>
    Effect.gen(function* () {
      const line = linesOf(lineEvents(1))
      const folder = folderOf({
        "a.ndjson": line,
        _SUCCESS: "",
        ".DS_Store": "x",
        ".git/b.ndjson": line,
        "a.avro.crc": "x"
      })
      assert.deepStrictEqual((yield* once(folder)).logs, [])
      put(join(folder, "deep/report.csv"), "a,b")
      put(join(folder, "deep/table.orc"), "ORC")
      const recorder = yield* once(folder)
      assert.strictEqual(recorder.events.length, 1)
      assert.strictEqual(recorder.logs.length, 1)
      assert.match(recorder.logs[0]!, /^2 files below .* are not read, such as deep\/report\.csv/)
    })
  )
})

describe("the path", () => {
  const detailOf = (path: string) =>
    Effect.map(Effect.flip(Recorder.run(Recorder.make(), path)), ({ detail }) => detail)

  it.live("may be one file, and may be reached by links that lead in circles", () =>
    Effect.gen(function* () {
      const events = lineEvents(3)
      const folder = folderOf({ "sub/a.ndjson": linesOf(events) })
      put(join(folder, ".kept/far.ndjson"), linesOf(lineEvents(9).slice(5)))
      symlinkSync(folder, join(folder, "sub/loop"))
      symlinkSync("self", join(folder, "self"))
      symlinkSync("sub/a.ndjson", join(folder, "again.ndjson"))
      symlinkSync(join(folder, ".kept"), join(folder, "elsewhere"))
      const recorder = yield* once(folder)
      assert.deepStrictEqual([...recorder.checkpoints.keys()].sort(), [
        "elsewhere/far.ndjson",
        "sub/a.ndjson"
      ])
      assert.strictEqual(recorder.events.length, 7)
      const single = yield* once(join(folder, "sub/a.ndjson"))
      assert.deepStrictEqual([...single.checkpoints.keys()], ["a.ndjson"])
      assert.deepStrictEqual(idsOf(single.events), idsOf(events))
    })
  )

  it.live("is named when it is missing, empty, or replaced by another file", () =>
    Effect.gen(function* () {
      assert.match(yield* detailOf(join(base, "nowhere")), /nowhere: is not there; check the path/)
      const empty = folderOf({ _SUCCESS: "" })
      assert.match(
        yield* detailOf(empty),
        /has no \.avro, \.ndjson, \.jsonl, \.json or \.parquet file to read/
      )
      for (const [name, first, second] of [
        [
          "a.avro",
          Avro.file(Avro.sample(80), "null"),
          Avro.file(Avro.sample(200, 40, "users.canvas.Entry"), "null")
        ],
        ["a.ndjson", linesOf(lineEvents(9)), linesOf(lineEvents(20, 8))],
        ["a.ndjson", linesOf(lineEvents(9)), linesOf(lineEvents(5))]
      ] as const) {
        const folder = folderOf({ [name]: first, "z.ndjson": linesOf(lineEvents(2)) })
        const recorder = yield* once(folder)
        put(join(folder, name), second)
        put(join(folder, "zz.ndjson"), linesOf(lineEvents(2)))
        const before = recorder.events.length
        const { detail } = yield* Effect.flip(Recorder.run(recorder, folder))
        assert.match(detail, new RegExp(`${name}: is not the file that was read before`))
        assert.strictEqual(recorder.events.length, before + 2, "the others are read")
      }
    })
  )

  it.live("is named when a codec is unknown, after the other files are read", () =>
    Effect.gen(function* () {
      const folder = folderOf({
        "a.avro": Avro.file(Avro.sample(3), "bzip2"),
        "b.ndjson": linesOf(lineEvents(4))
      })
      const recorder = Recorder.make()
      const { detail } = yield* Effect.flip(Recorder.run(recorder, folder))
      assert.match(detail, /a\.avro: its blocks are packed with bzip2/)
      assert.deepStrictEqual([recorder.events.length, recorder.bad.length], [4, 0])
    })
  )

  it("is named when it may not be read, whole or in part", () => {
    const folder = folderOf({
      "closed/a.ndjson": "x",
      "part/a.ndjson": linesOf(lineEvents(3)),
      "part/b.ndjson": "x",
      "part/c/d.ndjson": "x"
    })
    for (const path of [base, folder, join(folder, "part")]) chmodSync(path, 0o755)
    chmodSync(join(folder, "closed"), 0)
    chmodSync(join(folder, "part/b.ndjson"), 0)
    chmodSync(join(folder, "part/c"), 0)
    const child = fileURLToPath(new URL("./support/unprivileged.ts", import.meta.url))
    const tell = (path: string) =>
      JSON.parse(execFileSync(process.execPath, [child, path]).toString()) as {
        detail: string
        events: number
      }
    const closed = tell(join(folder, "closed"))
    assert.match(closed.detail, /closed: may not be read; give the user/)
    const part = tell(join(folder, "part"))
    assert.match(part.detail, /part\/c: may not be read.*\n.*part\/b\.ndjson: may not be read/)
    assert.strictEqual(part.events, 3)
    chmodSync(join(folder, "closed"), 0o755)
    chmodSync(join(folder, "part/c"), 0o755)
  })

  it("comes from settings that are decoded strictly", () => {
    assert.deepStrictEqual(files.info, { name: "@millrace/source-files", kind: "source", contract: "1.0" })
    const unknown = (settings: unknown) => files.fromUnknown({ settings, credentials: Effect.succeed({}) })
    assert.isTrue(Result.isSuccess(unknown({ path: "currents", format: "braze-currents" })))
    assert.isTrue(Result.isFailure(unknown({ path: "", format: "braze-currents" })))
    assert.isTrue(Result.isFailure(unknown({ path: "a", format: "csv" })))
    assert.isTrue(Result.isFailure(unknown({ path: "a", format: "braze-currents", extra: 1 })))
    assert.strictEqual(FilesSource.files, files)
  })
})

describe("a run that follows", () => {
  /** Lets the source look, until it is so. */
  const until = Effect.fnUntraced(function* (isSo: () => boolean) {
    while (!isSo()) {
      yield* TestClock.adjust("1 second")
      yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 2)))
    }
  })

  it.effect("tells all that it cannot read, each time it looks, and nothing when it can", () =>
    Effect.gen(function* () {
      const folder = folderOf({ "a.ndjson": linesOf(lineEvents(2)), "b.ndjson": linesOf(lineEvents(2)) })
      const recorder = Recorder.make()
      const fiber = yield* Effect.forkChild(Recorder.run(recorder, folder, { follow: true }))
      const now = () =>
        (recorder.problems.at(-1) ?? []).map(({ split, reason }) => `${split ?? ""} ${reason}`)
      const isSo = (...found: ReadonlyArray<string>) => until(() => now().join() === found.join())
      yield* until(() => recorder.problems.length > 0)
      assert.deepStrictEqual(now(), [])
      for (const time of [1, 2]) {
        renameSync(folder, `${folder}-away`)
        yield* isSo(" gone")
        assert.include(recorder.problems.at(-1)![0]!.detail, `${folder}: is not there`, `time ${time}`)
        // The place where a share is to be.
        mkdirSync(folder)
        yield* until(
          () => recorder.problems.at(-1)![0]?.detail.includes("has no file to read any more") ?? false
        )
        rmSync(folder, { recursive: true })
        renameSync(`${folder}-away`, folder)
        yield* isSo()
      }
      put(join(folder, "a.ndjson"), "another\n")
      yield* isSo("a.ndjson replaced")
      renameSync(folder, `${folder}-away`)
      yield* isSo(" gone", "a.ndjson replaced")
      renameSync(`${folder}-away`, folder)
      yield* isSo("a.ndjson replaced")
      // What was read may go.
      rmSync(join(folder, "a.ndjson"))
      rmSync(join(folder, "b.ndjson"))
      put(join(folder, "c.ndjson"), linesOf(lineEvents(1)))
      yield* isSo()
      assert.deepStrictEqual([recorder.logs, recorder.unread.size], [[], 0])
      yield* Fiber.interrupt(fiber)
    })
  )

  it.effect("reads what is new and what has grown every five seconds, and never ends", () =>
    Effect.gen(function* () {
      const contents = Avro.sample(80)
      const bytes = Avro.file(contents, "null")
      const folder = folderOf({ "a.avro": bytes.subarray(0, -9) })
      const recorder = Recorder.make()
      const pass = Effect.fnUntraced(function* (isSo: () => boolean) {
        while (!isSo()) {
          yield* TestClock.adjust("1 second")
          yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 2)))
        }
      })
      const until = Effect.fnUntraced(function* (events: number) {
        yield* pass(() => recorder.events.length >= events)
        assert.strictEqual(recorder.events.length, events)
      })
      const missed = () => recorder.problems.at(-1)?.some(({ reason }) => reason === "gone") ?? false
      const fiber = yield* Effect.forkChild(Recorder.run(recorder, folder, { follow: true }))
      yield* until(40)
      put(join(folder, "a.avro"), bytes)
      yield* until(80)
      put(join(folder, "b.ndjson"), linesOf(lineEvents(5)))
      yield* until(85)
      const opened = recorder.opened
      rmSync(folder, { recursive: true })
      yield* pass(missed)
      put(join(folder, "c.ndjson"), linesOf(lineEvents(3)))
      yield* until(88)
      assert.strictEqual(recorder.opened, opened + 1, "what did not change is not looked into")
      yield* pass(() => !missed())
      assert.isUndefined(fiber.pollUnsafe())
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(idsOf(recorder.events.slice(0, 80)), idsOf(Avro.eventsOf(contents)))
    })
  )
})
