import { mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Exporter, OutboxMemory, Source } from "@millrace/core"
import type { Event } from "@millrace/core/Event"
import { Answer, files } from "@millrace/destination-files"
import { goldenPairs } from "@millrace/testing"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import { TestClock } from "effect/testing"
import { parquetMetadata } from "hyparquet"
import {
  batchOf,
  contents,
  deliver,
  event,
  folderIn,
  idsIn,
  open,
  type SettingsInput,
  temporaries,
  temporaryFolder,
  time,
  visible
} from "./support/subject.ts"

/** The files that a batch of these events becomes, each with its rows. */
const filesOf = Effect.fnUntraced(
  function* (events: ReadonlyArray<Event>, { settings }: { readonly settings: Omit<SettingsInput, "path"> }) {
    const path = yield* temporaryFolder
    const [outcomes] = yield* deliver({ path, ...settings }, events)
    assert.deepStrictEqual(
      outcomes!.values.map(({ _tag }) => _tag),
      events.map(() => "Delivered")
    )
    assert.deepStrictEqual(temporaries(path), [])
    return yield* contents(path)
  },
  Effect.scoped,
  (effect) => Effect.runPromise(effect)
)

goldenPairs({ folder: new URL("golden/", import.meta.url), out: filesOf })

const hour = 3_600_000

describe("a batch becomes files", () => {
  it.live("that are the same, byte for byte, when it is repeated, and others for other events", () =>
    Effect.gen(function* () {
      const path = yield* temporaryFolder
      const events = Array.from({ length: 50 }, (_, index) => event(`${index}`))
      const forms: ReadonlyArray<Omit<SettingsInput, "path">> = [
        {},
        { compression: "gzip" },
        { format: "parquet" },
        { format: "parquet", compression: "none", partitionBy: [] }
      ]
      for (const form of forms) {
        const settings = { path, ...form }
        const known = visible(path)
        const added = () => visible(path).filter((name) => !known.includes(name))
        yield* deliver(settings, events)
        const [name, ...others] = added()
        assert.deepStrictEqual(others, [])
        const before = readFileSync(join(path, name!))
        yield* deliver(settings, events)
        assert.deepStrictEqual(added(), [name])
        assert.isTrue(before.equals(readFileSync(join(path, name!))))
        yield* deliver(settings, events.toReversed())
        assert.strictEqual(added().length, 2)
      }
    })
  )

  it.live("that take no other's place: where ids repeat, with other content or the same", () =>
    Effect.gen(function* () {
      for (const format of ["ndjson", "parquet"] as const) {
        const path = yield* temporaryFolder
        const twice = event("1", { properties: { total: 6 } })
        yield* deliver({ path, format }, [event("1")], [twice], [event("1")], [twice, twice])
        const rows = Object.values(yield* contents(path)).flat()
        assert.deepStrictEqual(
          rows.map((row) => Object(row).properties.total).toSorted((left, right) => left - right),
          [5, 5, 6, 6, 6]
        )
      }
    })
  )

  it.live("of text that every reader takes", () =>
    Effect.gen(function* () {
      const path = yield* temporaryFolder
      const lone = event("\ud800", {
        user: { externalId: "\udc00!" },
        properties: { "\ud800": ["\udfff😀"] }
      })
      yield* deliver({ path, partitionBy: [] }, [lone])
      yield* deliver({ path, partitionBy: [], format: "parquet" }, [lone])
      for (const rows of Object.values(yield* contents(path))) {
        const [row] = rows.map(Object)
        assert.deepStrictEqual([row.id, row.properties], ["\ufffd", { "\ufffd": ["\ufffd😀"] }])
        assert.strictEqual(row.user?.externalId ?? row.external_id, "\ufffd!")
      }
    })
  )

  it.live("in which nothing is missing, with the same id, when it is cut otherwise", () =>
    Effect.gen(function* () {
      const path = yield* temporaryFolder
      const [one, two, three] = [event("1"), event("2"), event("3")]
      yield* deliver({ path }, [one, two], [three])
      yield* deliver({ path }, [one], [two, three])
      assert.deepStrictEqual([...new Set(idsIn(yield* contents(path)))], ["1", "2", "3"])
    })
  )

  it.live("with nothing but their own events where a batch has many", () =>
    Effect.gen(function* () {
      const path = yield* temporaryFolder
      const events = Array.from({ length: 5000 }, (_, index) =>
        event(`${index}`, { type: `type-${index % 7}`, time: time + (index % 3) * hour })
      )
      for (const format of ["ndjson", "parquet"] as const) {
        yield* deliver({ path: join(path, format), format }, events)
        const found = yield* contents(join(path, format))
        assert.strictEqual(Object.keys(found).length, 21)
        assert.deepStrictEqual(idsIn(found), events.map(({ id }) => id).sort())
        for (const [name, rows] of Object.entries(found)) {
          for (const row of rows) assert.include(name, `event_type=${Object(row).type}/`)
        }
      }
    })
  )

  it.live("of Parquet with columns that other programs know the types of, and no events in the footer", () =>
    Effect.gen(function* () {
      const path = yield* temporaryFolder
      const note = "a note that stands in the file once"
      yield* deliver({ path, format: "parquet", compression: "none" }, [event("1", { properties: { note } })])
      const bytes = readFileSync(join(path, visible(path)[0]!))
      assert.strictEqual(bytes.toString().split(note).length, 2)
      const columns = parquetMetadata(Uint8Array.from(bytes).buffer).schema.slice(1)
      assert.deepStrictEqual(
        columns.map(({ name, converted_type, repetition_type }) => [name, converted_type, repetition_type]),
        [
          ["id", "UTF8", "REQUIRED"],
          ["type", "UTF8", "REQUIRED"],
          ["time", "TIMESTAMP_MILLIS", "REQUIRED"],
          ["source_id", "UTF8", "OPTIONAL"],
          ["external_id", "UTF8", "OPTIONAL"],
          ["device_id", "UTF8", "OPTIONAL"],
          ["timezone", "UTF8", "OPTIONAL"],
          ["properties", "JSON", "REQUIRED"]
        ]
      )
    })
  )
})

describe("a name of a folder", () => {
  const folderOf = (type: string): string =>
    String(folderIn(open({ path: "x", partitionBy: ["type"] }), event("1", { type })))

  it("leads nowhere else and fits into a file system, whatever the type", () => {
    const long = "é/".repeat(300)
    const types = [
      "..",
      "../..",
      "/etc",
      "a/b",
      "a\\b",
      "a\0b",
      "a\tb\nc",
      "\ud800",
      "CON:",
      long,
      `${long}.`
    ]
    const folders = types.map(folderOf)
    for (const folder of folders) {
      assert.match(folder, /^event_type=[^/\\\p{Cc}]+$/u)
      assert.isAtMost(Buffer.byteLength(folder), 255)
    }
    assert.strictEqual(new Set(folders).size, types.length)
  })

  it("is Hive's", () => {
    assert.strictEqual(folderOf("users.messages.email.Open"), "event_type=users.messages.email.Open")
    assert.strictEqual(folderOf("a b=c%d/ü"), "event_type=a b%3Dc%25d%2Fü")
    assert.strictEqual(folderOf(""), "event_type=__HIVE_DEFAULT_PARTITION__")
  })
})

describe("an event", () => {
  const rejection = (one: Event) => {
    const result = open({ path: "x" }).prepare([one], "main")
    return Result.isFailure(result) ? result.failure.reason : undefined
  }

  it("is rejected by itself where a file could not hold it", () => {
    for (const time of [Number.NaN, 1e300, -1e14, 253_402_300_800_000]) {
      assert.strictEqual(rejection(event("1", { time })), "bad-time")
    }
    const broken = [{ id: 1 }, { type: null }, { user: null }, { properties: null }]
    for (const part of broken) {
      assert.strictEqual(rejection(JSON.parse(JSON.stringify({ ...event("1"), ...part }))), "malformed")
    }
    assert.isUndefined(rejection(event("1", { time: -0.5 })))
  })

  it("is a dead letter where a batch could not hold it", () => {
    const { limits } = open({ path: "x", limits: { bytes: 2000, messages: 3 } })
    assert.deepInclude(limits, { messages: 3, events: 3, bytes: 2000, messageBytes: 1999 })
  })
})

describe("trouble with the disk", () => {
  it.live("makes events wait, under a reason", () =>
    Effect.gen(function* () {
      const path = yield* temporaryFolder
      const file = join(path, "file")
      writeFileSync(file, "")
      for (const settings of [{ path: file }, { path: join(file, "below") }]) {
        const { outcome } = yield* Effect.flip(deliver(settings, [event("1")]))
        assert.deepInclude(outcome, { _tag: "Retry", reason: "not-a-folder" })
        const checked = yield* Effect.flip(check(settings))
        assert.deepInclude(checked.outcome, { _tag: "Retry", reason: "not-a-folder" })
      }
    })
  )

  it.live("in one folder keeps no other's events", () =>
    Effect.gen(function* () {
      const path = yield* temporaryFolder
      writeFileSync(join(path, "event_type=b"), "")
      const events = ["a", "b", "a", "c"].map((type, index) => event(`${index}`, { type }))
      const opened = open({ path })
      const connection = yield* opened.connect("main")
      const outcomes = yield* connection.deliver(batchOf(opened, events))
      assert.deepStrictEqual(
        outcomes.values.map(({ _tag }) => _tag),
        ["Delivered", "Retry", "Delivered", "Delivered"]
      )
      assert.deepStrictEqual(temporaries(path), [])
      rmSync(join(path, "event_type=b"))
      rmSync(join(path, "event_type=a"), { recursive: true })
      const again = [event("1", { type: "b" }), event("4", { type: "a" })]
      // What was removed meanwhile is missed once, and then made again.
      const answers = [
        [again, ["Delivered", "Retry"]],
        [again.slice(1), ["Delivered"]]
      ] as const
      for (const [sent, expected] of answers) {
        const { values } = yield* connection.deliver(batchOf(opened, sent))
        assert.deepStrictEqual(
          values.map(({ _tag }) => _tag),
          [...expected]
        )
      }
      assert.deepStrictEqual(idsIn(yield* contents(path)), ["1", "3", "4"])
    }).pipe(Effect.scoped)
  )

  it("is named by its reason, with what to do and no content", () => {
    const reasons = {
      ENOSPC: "disk-full",
      EDQUOT: "disk-full",
      EFBIG: "disk-full",
      EROFS: "read-only",
      EACCES: "no-permission",
      EPERM: "no-permission",
      ENOTDIR: "not-a-folder",
      EEXIST: "not-a-folder",
      EIO: "disk-error",
      EXDEV: "disk-error"
    }
    for (const [code, reason] of Object.entries(reasons)) {
      const cause = Object.assign(new Error("secret"), { code, syscall: "write", path: "/data/type=secret" })
      const outcome = Answer.outcome("/data", cause)
      assert.deepInclude(outcome, { _tag: "Retry", reason })
      assert.match(outcome.detail!, new RegExp(`^/data .*; .*\\(${code}, write\\)$`))
    }
    assert.strictEqual(Answer.outcome("/data", "odd").reason, "disk-error")
  })

  it.live("delays an export, which ends when it is over", () =>
    Effect.gen(function* () {
      const path = yield* temporaryFolder
      const blocked = join(path, "lake")
      writeFileSync(blocked, "")
      const events = Array.from({ length: 2000 }, (_, index) =>
        event(`${index}`, { user: { externalId: `${index % 10}` } })
      )
      const running = yield* Exporter.start(
        Exporter.from(Source.fromArray(events))
          .route("lake")
          .to(files({ settings: { path: blocked, format: "parquet" } }), {
            ordering: "none",
            policy: { firstBackoff: "5 millis", longestBackoff: "20 millis" }
          })
      )
      yield* Effect.gen(function* () {
        const [lane] = yield* running.lanes
        return lane?.trouble.startsWith("not-a-folder") ?? false
      }).pipe(Effect.tap(Effect.sleep("2 millis")), Effect.repeat({ until: (isTold) => isTold }))
      rmSync(blocked)
      const { ledger } = yield* running.ended
      assert.deepInclude(ledger.routes["lake"], { delivered: { main: 2000 }, dead: {}, waiting: {} })
      assert.deepStrictEqual(idsIn(yield* contents(blocked)), events.map(({ id }) => id).sort())
    }).pipe(Effect.scoped, Effect.provide(OutboxMemory.layer))
  )
})

const check = (settings: SettingsInput) =>
  Effect.scoped(Effect.flatMap(open(settings).connect("main"), (connection) => connection.check))

describe("a check", () => {
  it.live("writes to the folder and leaves no file", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryFolder, "to", "be", "made")
      yield* check({ path })
      assert.deepStrictEqual(visible(path), [])
      assert.deepStrictEqual(temporaries(path), [])
    })
  )
})

describe("temporary files", () => {
  it.effect("of the dead are removed, those of the living are not", () =>
    Effect.gen(function* () {
      const path = yield* temporaryFolder
      const folder = join(path, ".tmp")
      mkdirSync(folder)
      const now = Date.now()
      yield* TestClock.setTime(now)
      const leave = (name: string, age: number) => {
        writeFileSync(join(folder, name), "half a fi")
        utimesSync(join(folder, name), (now - age) / 1000, (now - age) / 1000)
      }
      leave("1-abc-0.tmp", hour + 1000)
      leave("1-def-0.tmp", hour - 60_000)
      leave("notes.txt", 10 * hour)
      const opened = open({ path })
      const connection = yield* opened.connect("main")
      assert.deepStrictEqual(temporaries(path), ["1-def-0.tmp", "notes.txt"])
      const write = (id: string) => connection.deliver(batchOf(opened, [event(id)]))
      yield* write("1")
      assert.deepStrictEqual(temporaries(path), ["1-def-0.tmp", "notes.txt"])
      yield* TestClock.setTime(now + hour)
      yield* write("2")
      assert.deepStrictEqual(temporaries(path), ["notes.txt"])
      assert.deepStrictEqual(idsIn(yield* contents(path)), ["1", "2"])
    }).pipe(Effect.scoped)
  )

  /** What the threads of the file system were told before this, they have done after it. */
  const filesystem = (path: string) =>
    Effect.promise(async () => {
      for (let round = 0; round < 3; round++) {
        await Promise.all(Array.from({ length: 16 }, () => readdir(path)))
      }
    })

  it.live("are not left by an attempt that is given up, nor does anything appear after it", () =>
    Effect.gen(function* () {
      const path = yield* temporaryFolder
      const opened = open({ path })
      const connection = yield* opened.connect("main")
      const eventsOf = (round: number) =>
        Array.from({ length: 20 }, (_, type) => event(`${round}-${type}`, { type: `${type}` }))
      const [whole] = yield* Effect.timed(connection.deliver(batchOf(opened, eventsOf(0))))
      const all = [...eventsOf(0)]
      let givenUp = 0
      for (let round = 1; round <= 30; round++) {
        const events = eventsOf(round)
        const fiber = yield* Effect.forkChild(connection.deliver(batchOf(opened, events)))
        // Sleeps, since an attempt may be given up at any moment.
        yield* Effect.sleep((Duration.toMillis(whole) * (round % 6)) / 6)
        yield* Fiber.interrupt(fiber)
        const written = visible(path)
        assert.deepStrictEqual(temporaries(path), [])
        yield* filesystem(path)
        assert.deepStrictEqual(visible(path), written)
        // One that was quicker is delivered, and its events do not come again.
        if (Exit.isFailure(yield* Fiber.await(fiber))) {
          givenUp++
          yield* connection.deliver(batchOf(opened, events))
        }
        all.push(...events)
      }
      assert.isAbove(givenUp, 0)
      assert.deepStrictEqual(idsIn(yield* contents(path)), all.map(({ id }) => id).sort())
    }).pipe(Effect.scoped)
  )
})
