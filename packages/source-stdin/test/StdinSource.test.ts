import { type ChildProcess, spawn } from "node:child_process"
import { closeSync, openSync } from "node:fs"
import { tmpdir } from "node:os"
import process from "node:process"
import { PassThrough, Readable } from "node:stream"
import { assert, describe, it } from "@effect/vitest"
import { Catalogue, Destination, Exporter, Ledger, Message, OutboxMemory, Outcome } from "@millrace/core"
import type { Event } from "@millrace/core/Event"
import { Braze, Sample } from "@millrace/events-braze"
import { StdinSource, stdin } from "@millrace/source-stdin"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Program from "./support/program.ts"
import * as Recorder from "./support/recorder.ts"

const event = (id: string, properties: object = {}): Event => ({
  id,
  type: "order.placed",
  time: 1_782_742_805_000,
  user: { externalId: "ü" },
  properties
})
const many = (count: number, properties?: object) =>
  Array.from({ length: count }, (_, index) => event(String(index), properties))
const textOf = (events: ReadonlyArray<unknown>) => events.map((one) => `${JSON.stringify(one)}\n`).join("")

/** A stream that gives these bytes in pieces of a size. */
const pieces = (text: string | Buffer, size = 64 * 1024) => {
  const bytes = Buffer.from(text)
  const count = Math.ceil(bytes.length / size)
  return () =>
    Readable.from(
      Array.from({ length: count }, (_, at) => bytes.subarray(at * size, (at + 1) * size)),
      { objectMode: false }
    )
}

const idsOf = (events: ReadonlyArray<Event>) => events.map(({ id }) => id)
/** Time enough for a stream to give many megabytes, if anybody reads them. */
const turns = Effect.promise(async () => {
  for (let turn = 0; turn < 5000; turn++) await new Promise((resolve) => setImmediate(resolve))
})
const soon = (isSo: () => boolean) => Effect.repeat(Effect.sleep("5 millis"), { until: isSo })

describe("lines of events", () => {
  const mixed = Buffer.from(
    `\ufeff${textOf([event("1")])}\r\n\n${JSON.stringify(event("2"))}\r\n{"half\n[1]\n${textOf([event("3", { text: "Größe 😀" })])}${JSON.stringify(event("4"))}`
  )

  it.live.each([1, 2, 3, 7, 100, 64 * 1024])("are the same in pieces of %i bytes", (size) =>
    Effect.gen(function* () {
      const recorder = Recorder.make()
      yield* recorder.run(StdinSource.events(pieces(mixed, size)))
      assert.deepStrictEqual(
        recorder.events(),
        ["1", "2", "3", "4"].map((id) => event(id, id === "3" ? { text: "Größe 😀" } : {}))
      )
      assert.deepStrictEqual(
        recorder.bad().map(({ position, raw, reason }) => [position, reason, Buffer.from(raw).toString()]),
        [
          ["line 5", "malformed", '{"half'],
          ["line 6", "not-an-event", "[1]"]
        ]
      )
      const consumed = recorder.chunks.reduce((sum, chunk) => sum + (chunk.consumed ?? 0), 0)
      assert.isTrue(consumed >= mixed.length - 3 && consumed <= mixed.length + 1, String(consumed))
    })
  )

  it.live("that are no events are bad records that say why, and quote nothing", () =>
    Effect.gen(function* () {
      const good = event("1", { secret: "hunter" })
      const bad: ReadonlyArray<readonly [unknown, string]> = [
        ["hunter", "not a JSON object"],
        [null, "not a JSON object"],
        [[good], "not a JSON object"],
        [{ ...good, id: 1 }, "id is no text, or empty"],
        [{ ...good, id: "" }, "id is no text, or empty"],
        [{ ...good, type: undefined }, "type is no text, or empty"],
        [{ ...good, time: "hunter" }, "time is no number of milliseconds"],
        [{ ...good, user: undefined }, "user is no object"],
        [
          { ...good, user: { externalId: null } },
          "user.externalId is no text; leave it out where there is none"
        ],
        [{ ...good, user: { sourceId: 7 } }, "user.sourceId is no text; leave it out where there is none"],
        [{ ...good, properties: ["hunter"] }, "properties is no object"],
        [{ event_type: "users.canvas.Entry", id: "1", time: 1, user: {} }, "type is no text, or empty"]
      ]
      const recorder = Recorder.make()
      yield* recorder.run(StdinSource.events(pieces(textOf(bad.map(([value]) => value)))))
      assert.deepStrictEqual(
        recorder.bad().map(({ detail, position, reason }) => [position, reason, detail]),
        bad.map(([, detail], index) => [`line ${index + 1}`, "not-an-event", detail])
      )
      assert.deepStrictEqual(recorder.events(), [])
    })
  )

  it.live(
    "may have 8 MiB; of a longer one the beginning is kept and its size told, and the next is read",
    () =>
      Effect.gen(function* () {
        const limit = 8 * 1024 * 1024
        const frame = Buffer.byteLength(JSON.stringify(event("1", { text: "" })))
        const [longest, longer] = [limit, limit + 1].map((bytes) =>
          JSON.stringify(event("1", { text: "x".repeat(bytes - frame) }))
        )
        const text = `${longest}\n${longer}\n${textOf([event("2")])}${"y".repeat(20_000_000)}`
        for (const size of [64 * 1024, 50_000_000]) {
          const recorder = Recorder.make()
          yield* recorder.run(StdinSource.events(pieces(text, size)))
          assert.deepStrictEqual(idsOf(recorder.events()), ["1", "2"])
          assert.deepStrictEqual(
            recorder.bad().map(({ detail, position, raw, reason }) => [position, reason, detail, raw.length]),
            [
              [
                "line 2",
                "too-long",
                `the line has ${limit + 1} bytes; the longest that is read has ${limit}`,
                1048576
              ],
              [
                "line 4",
                "too-long",
                `the line has 20000000 bytes; the longest that is read has ${limit}`,
                1048576
              ]
            ]
          )
        }
      })
  )

  it.live("make chunks of bounded size, however large the pieces are", () =>
    Effect.gen(function* () {
      for (const [events, least] of [
        [many(10_000), 5],
        [many(1000, { text: "x".repeat(2000) }), 7]
      ] as const) {
        const recorder = Recorder.make()
        yield* recorder.run(StdinSource.events(pieces(textOf(events) + "{\n".repeat(5000), 100_000_000)))
        assert.deepStrictEqual(recorder.events(), events)
        assert.strictEqual(recorder.bad().length, 5000)
        assert.isAtLeast(recorder.chunks.length, least)
        for (const { events, malformed, records } of recorder.chunks) {
          assert.isAtMost(events.length + malformed.length, 2000)
          assert.isAtMost(records!.bytes.length, 260 * 1024)
        }
      }
    })
  )
})

describe("a stream", () => {
  it.live("is read no further while an append waits", () =>
    Effect.gen(function* () {
      const line = Buffer.from(textOf([event("1", { text: "x".repeat(1000) })]))
      let given = 0
      const endless = () =>
        new Readable({
          read() {
            given += line.length
            setImmediate(() => this.push(line))
          }
        })
      const recorder = Recorder.make()
      yield* recorder.door.close
      const fiber = yield* Effect.forkChild(recorder.run(StdinSource.events(endless)))
      yield* soon(() => recorder.chunks.length === 1)
      yield* turns
      assert.isAtMost(given, 512 * 1024)
      yield* recorder.door.open
      yield* soon(() => given > 1_000_000)
      yield* Fiber.interrupt(fiber)
    })
  )

  it.live(
    "that pauses has its events appended at once, and a line that is not complete waits for its end",
    () =>
      Effect.gen(function* () {
        const stream = new PassThrough()
        const recorder = Recorder.make()
        const fiber = yield* Effect.forkChild(recorder.run(StdinSource.events(() => stream)))
        const [first, second, third] = many(3).map((one) => textOf([one]))
        stream.write(first! + second!.slice(0, 9))
        yield* soon(() => recorder.events().length === 1)
        stream.write(second!.slice(9))
        yield* soon(() => recorder.events().length === 2)
        stream.end(third!)
        yield* Fiber.join(fiber)
        assert.deepStrictEqual(idsOf(recorder.events()), ["0", "1", "2"])
        assert.isTrue(stream.destroyed)
      })
  )

  it.live("that quickly goes on is appended in fewer chunks than it came in pieces", () =>
    Effect.gen(function* () {
      const events = many(1000, { text: "x".repeat(100) })
      const recorder = Recorder.make()
      yield* recorder.run(StdinSource.events(pieces(textOf(events), 4096)))
      assert.deepStrictEqual(recorder.events(), events)
      assert.isAtMost(recorder.chunks.length, 3)
    })
  )

  it.live("that breaks is a SourceError, after what it gave is appended", () =>
    Effect.gen(function* () {
      const ends = [
        [
          (stream: PassThrough) => stream.destroy(Object.assign(new Error("hunter"), { code: "EIO" })),
          "(EIO)"
        ],
        [(stream: PassThrough) => stream.destroy(), "(closed before its end)"]
      ] as const
      for (const [end, why] of ends) {
        const stream = new PassThrough()
        const recorder = Recorder.make()
        const fiber = yield* Effect.forkChild(recorder.run(StdinSource.events(() => stream)))
        stream.write(textOf(many(2)) + '{"half')
        yield* soon(() => recorder.events().length === 2)
        end(stream)
        const error = yield* Effect.flip(Fiber.join(fiber))
        assert.strictEqual(error._tag, "SourceError")
        assert.include(error.detail, why)
        assert.deepStrictEqual(
          recorder.bad().map(({ position, reason }) => [position, reason]),
          [["line 3", "malformed"]]
        )
      }
      const throwing = StdinSource.events(() => {
        throw new Error("hunter")
      })
      assert.notInclude((yield* Effect.flip(Recorder.make().run(throwing))).detail, "hunter")
    })
  )

  it.live("is closed when the source is interrupted, waiting for input or for an append", () =>
    Effect.gen(function* () {
      for (const text of ["", textOf(many(1))]) {
        const stream = new PassThrough()
        const recorder = Recorder.make()
        yield* recorder.door.close
        const fiber = yield* Effect.forkChild(recorder.run(StdinSource.events(() => stream)))
        stream.write(text)
        yield* soon(() => (text === "" ? stream.listenerCount("readable") > 0 : recorder.chunks.length === 1))
        assert.isFalse(stream.destroyed)
        yield* Fiber.interrupt(fiber)
        assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
        assert.isTrue(stream.destroyed)
      }
    })
  )

  it.live("at which a person types is announced", () =>
    Effect.gen(function* () {
      const recorder = Recorder.make()
      const terminal = () => Object.assign(pieces(textOf(many(1)))(), { isTTY: true })
      yield* recorder.run(StdinSource.events(terminal))
      assert.match(recorder.logs.join(), /terminal.*Ctrl-D/)
      const silent = Recorder.make()
      yield* silent.run(StdinSource.events(pieces(textOf(many(1)))))
      assert.deepStrictEqual(silent.logs, [])
    })
  )
})

describe("lines of Braze Currents", () => {
  const sample = Sample.make({ seed: 5, users: 20 })
  const names = [...Braze.typeNames].filter(Braze.isTypeName)
  const opens = names.slice(0, 40).map((name, index) => sample.event(name, index, 1_782_742_805_000))
  const json = opens.map((one) => Sample.toCustomHttp(one))

  it.live("are the events that were written, one by one and in an envelope", () =>
    Effect.gen(function* () {
      const envelope = JSON.stringify({ events: [...json.slice(0, 3), { no: "event" }] })
      const recorder = Recorder.make()
      yield* recorder.run(StdinSource.currents(pieces(`${textOf(json)}${envelope}\n{"events":7}\n{}\n`)))
      assert.deepStrictEqual(idsOf(recorder.events()), idsOf([...opens, ...opens.slice(0, 3)]))
      assert.deepStrictEqual(
        recorder.events().map(({ time, type, user }) => ({ time, type, user })),
        [...opens, ...opens.slice(0, 3)].map(({ time, type, user }) => ({ time, type, user }))
      )
      assert.deepStrictEqual(
        recorder.bad().map(({ position, reason }) => [position, reason]),
        [
          ["line 41, event 4", "not-an-event"],
          ["line 42, event 1", "not-an-event"],
          ["line 43", "not-an-event"]
        ]
      )
    })
  )

  const forms: { readonly [name: string]: string } = {
    "without anything between": textOf(json).replaceAll("\n", ""),
    "in lines that a carriage return ends": textOf(json).replaceAll("\n", "\r"),
    "printed over several lines": json.map((one) => JSON.stringify(one, undefined, 2)).join("\n"),
    "printed over several lines, without anything between": json
      .map((one) => JSON.stringify(one, undefined, "\t"))
      .join(""),
    "in a request with a byte order mark": `\ufeff${JSON.stringify({ events: json })}`,
    "in a request that is printed": JSON.stringify({ events: json }, undefined, 2)
  }
  for (const [form, text] of Object.entries(forms)) {
    it.live(`may stand ${form}, in pieces of any size`, () =>
      Effect.gen(function* () {
        for (const size of [1, 7, 1000, 64 * 1024]) {
          const recorder = Recorder.make()
          yield* recorder.run(StdinSource.currents(pieces(`${text}${size === 7 ? "\r\n" : ""}`, size)))
          assert.deepStrictEqual(idsOf(recorder.events()), idsOf(opens))
          assert.deepStrictEqual(recorder.bad(), [])
          const consumed = recorder.chunks.reduce((sum, chunk) => sum + (chunk.consumed ?? 0), 0)
          assert.isAtMost(Math.abs(consumed - Buffer.byteLength(text)), 3)
        }
      })
    )
  }

  it.live("printed over several lines are appended at once when the stream pauses", () =>
    Effect.gen(function* () {
      const stream = new PassThrough()
      const recorder = Recorder.make()
      const fiber = yield* Effect.forkChild(recorder.run(StdinSource.currents(() => stream)))
      for (const [index, one] of [json[0]!, { ...json[1]!, note: "x".repeat(20_000) }].entries()) {
        const text = JSON.stringify(one, undefined, 2)
        for (const [from, to] of [
          [0, 0.6],
          [0.6, 0.9],
          [0.9, 1]
        ] as const) {
          stream.write(text.slice(from * text.length, to * text.length))
          yield* soon(() => stream.readableLength === 0)
        }
        yield* soon(() => recorder.events().length === index + 1)
        stream.write("\n")
      }
      stream.end()
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(recorder.bad(), [])
    })
  )

  it.live("that are cut off or broken are one bad record each, in pieces of any size", () =>
    Effect.gen(function* () {
      const [first, second] = json.map((one) => JSON.stringify(one)) as [string, string]
      const printed = JSON.stringify(json[0], undefined, 2)
      const cases: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
        [`${first}\n{"user":\n${second}\n`, ['{"user":']],
        [`${first}\n{"user":{\n${second}`, ['{"user":{']],
        [`${first}${second}\n${printed.slice(0, -3)}`, [printed.slice(0, -3).trim()]],
        [`${first}\r{"half\r${second}\r`, ['{"half']],
        [`${first} , \n${second}{"a`, [",", '{"a']]
      ]
      for (const [text, raws] of cases) {
        for (const size of [1, 13, 64 * 1024]) {
          const recorder = Recorder.make()
          yield* recorder.run(StdinSource.currents(pieces(text, size)))
          assert.deepStrictEqual(idsOf(recorder.events()), idsOf(opens.slice(0, 2)), text)
          assert.deepStrictEqual(
            recorder.bad().map(({ raw }) => Buffer.from(raw).toString().trim()),
            raws
          )
        }
      }
    })
  )

  it.live("beyond 8 MiB over several lines are passed over in bounded memory", () =>
    Effect.gen(function* () {
      const items = Array.from({ length: 900_000 }, () => "    12345,\n").join("")
      const text = `{\n  "list": [\n${items}    0\n  ]\n}\n${JSON.stringify(json[0])}\n`
      const recorder = Recorder.make()
      yield* recorder.run(StdinSource.currents(pieces(text)))
      const [bad] = recorder.bad()
      assert.deepStrictEqual(
        [bad?.reason, bad?.position, bad?.raw.length],
        ["too-long", "line 1", 1024 * 1024]
      )
      assert.deepStrictEqual(idsOf(recorder.events()), [opens[0]!.id])
    })
  )

  it("have their types, for the compiler and at run time", () => {
    const source = StdinSource.currents()
    assert.strictEqual(source.catalogue, Braze.catalogue)
    assert.isFalse(source.replayable ?? false)
    Exporter.from(source).route("crm").when("users.messages.*")
    // @ts-expect-error no event of the source is called so
    Exporter.from(source).route("crm").when("users.messages.nonsense")
    assert.strictEqual(stdin({ settings: { format: "braze-currents" } }).catalogue, Braze.catalogue)
    assert.strictEqual(stdin({ settings: { format: "event" } }).catalogue, Catalogue.any)
  })

  it("or others: a format that is missing or unknown is refused", () => {
    for (const settings of [{}, { format: "csv" }, { format: "event", path: "x" }]) {
      const made = stdin.fromUnknown({ settings, credentials: Effect.succeed({}) })
      assert.match(Result.getOrThrow(Result.flip(made)).message, /settings\.(format|path): /)
    }
  })
})

describe("an export", () => {
  it.live("of a stream ends with it, delivers its events and accounts for its bad lines", () =>
    Effect.gen(function* () {
      const got: Array<string> = []
      const destination = Destination.plugin({
        name: "acme",
        accepts: Catalogue.any,
        settings: Schema.Struct({}),
        credentials: Schema.Struct({}),
        open: () =>
          Destination.opened({
            lanes: [{ name: "main" }],
            limits: {
              messages: 100,
              events: 100,
              bytes: 1e6,
              messageBytes: 1e5,
              messageEvents: 1,
              concurrency: 1,
              window: 0
            },
            assign: () => Destination.to("main"),
            prepare: ([one]) => Result.succeed(Message.json(one.id, one)),
            connect: () =>
              Destination.connected({
                check: Effect.void,
                deliver: (batch) =>
                  Effect.sync(() => {
                    got.push(...batch.ids)
                    return Outcome.Outcomes.all(batch, Outcome.delivered)
                  })
              })
          })
      })
      const source = StdinSource.events(pieces(`${textOf(many(3000))}nonsense\n`))
      const ledger = yield* Exporter.from(source)
        .route("acme")
        .to(destination({}))
        .run.pipe(Effect.provide(OutboxMemory.layer))
      assert.deepStrictEqual(Ledger.imbalance(ledger), [])
      const { dead, delivered, read } = ledger.routes["acme"]!
      assert.deepStrictEqual(
        { dead, delivered, read },
        { dead: { malformed: 1 }, delivered: { main: 3000 }, read: 3001 }
      )
      assert.deepStrictEqual(got, idsOf(many(3000)))
    })
  )
})

describe("a process", () => {
  interface Running {
    readonly child: ChildProcess
    readonly reports: () => ReadonlyArray<Program.Report>
    readonly ids: () => ReadonlyArray<string>
    readonly isOver: () => boolean
  }

  const start = (wait = 0, input: "pipe" | number = "pipe") =>
    Effect.acquireRelease(
      Effect.sync((): Running => {
        const child = spawn(process.execPath, [Program.path, "event", String(wait)], {
          stdio: [input, "pipe", "inherit"]
        })
        // What is written to a process that is gone is lost on purpose here.
        child.stdin?.on("error", () => {})
        let text = ""
        let isOver = false
        child.stdout?.on("data", (piece) => (text += piece))
        child.on("close", () => {
          isOver = true
        })
        const reports = () =>
          text
            .split("\n")
            .slice(0, -1)
            .map((line): Program.Report => JSON.parse(line))
        return {
          child,
          reports,
          ids: () => reports().flatMap((report) => ("ids" in report ? report.ids : [])),
          isOver: () => isOver
        }
      }),
      ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
    )

  it.live("takes all of a pipe, in order, in bounded memory, and ends with it", () =>
    Effect.gen(function* () {
      const events = many(60_000, { text: "x".repeat(1000) })
      const running = yield* start()
      Readable.from(events.map((one) => textOf([one]))).pipe(running.child.stdin!)
      yield* soon(running.isOver)
      assert.deepStrictEqual(running.ids(), idsOf(events))
      assert.deepStrictEqual(running.reports().at(-1), { ended: "well" })
      const resident = running.reports().map((report) => ("resident" in report ? report.resident : 0))
      assert.isAtMost(Math.max(...resident), 250 * 1024 * 1024)
    })
  )

  it.live("holds the writer of a pipe back while nothing can be appended", () =>
    Effect.gen(function* () {
      const running = yield* start(3_600_000)
      const piece = textOf(many(60, { text: "x".repeat(1000) }))
      let taken = 0
      const write = () => {
        running.child.stdin!.write(piece, (error) => {
          taken += piece.length
          if (error == null) write()
        })
      }
      write()
      yield* soon(() => running.reports().length === 1)
      // Sleeps, since nothing tells that another process reads no more.
      yield* Effect.sleep("300 millis")
      const before = taken
      // Sleeps, since nothing tells that another process reads no more.
      yield* Effect.sleep("300 millis")
      assert.strictEqual(taken, before)
      assert.isAtMost(taken, 2 * 1024 * 1024)
    })
  )

  it.live("that is told to stop lets go of a pipe that is still open", () =>
    Effect.gen(function* () {
      const running = yield* start()
      running.child.stdin!.write(textOf(many(1)))
      yield* soon(() => running.ids().length === 1)
      running.child.kill("SIGTERM")
      yield* soon(running.isOver)
      assert.strictEqual(running.child.exitCode, 0)
    })
  )

  it.live("that is killed has lost what it had not yet appended, and nothing from the middle", () =>
    Effect.gen(function* () {
      const running = yield* start(20)
      const events = many(20_000, { text: "x".repeat(1000) })
      Readable.from(events.map((one) => textOf([one]))).pipe(running.child.stdin!)
      yield* soon(() => running.reports().length >= 5)
      running.child.kill("SIGKILL")
      yield* soon(running.isOver)
      const ids = running.ids()
      assert.isTrue(ids.length > 0 && ids.length < events.length)
      assert.deepStrictEqual(ids, idsOf(events).slice(0, ids.length))
    })
  )

  it.live("that is given a folder says so, and does not end as if it were empty", () =>
    Effect.gen(function* () {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => openSync(tmpdir(), "r")),
        (descriptor) => Effect.sync(() => closeSync(descriptor))
      )
      const running = yield* start(0, folder)
      yield* soon(running.isOver)
      const [report] = running.reports()
      assert.include(report !== undefined && "ended" in report ? report.ended : "", "(EISDIR)")
    })
  )
})
