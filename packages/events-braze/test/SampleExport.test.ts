import { gunzipSync, inflateRawSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import type { Event } from "@millrace/core/Event"
import { properties } from "@millrace/core/Event"
import * as Result from "effect/Result"
import { AvroRecord, Braze, CustomHttp, Sample, SampleExport } from "../src/index.ts"

const write = (settings: Omit<SampleExport.Settings, "folder">) => {
  const files = new Map<string, Uint8Array>()
  const summary = SampleExport.write({ folder: "currents", ...settings }, (path, bytes) => {
    assert.isFalse(files.has(path), `written twice: ${path}`)
    files.set(path, bytes)
  })
  return { files, summary }
}

interface Contents {
  readonly schema: string
  readonly codec: string
  readonly blocks: number
  readonly events: Array<Event>
  readonly faults: number
}

/** A container reader of its own, so that the writer is held to the format and not to itself. */
const readAvro = (bytes: Uint8Array): Contents => {
  const file = Buffer.from(bytes)
  let at = 4
  const long = () => {
    let value = 0
    for (let shift = 1; ; shift *= 128) {
      const part = file[at++]!
      value += (part & 127) * shift
      if (part < 128) return value / 2
    }
  }
  const take = (size: number) => {
    at += size
    return file.subarray(at - size, at)
  }
  const chunk = () => take(long())
  assert.strictEqual(file.toString("latin1", 0, 4), "Obj\x01")
  const meta = new Map<string, string>()
  for (let count = long(); count > 0; count--) meta.set(chunk().toString(), chunk().toString())
  assert.strictEqual(long(), 0)
  const sync = take(16)
  const schema = meta.get("avro.schema")!
  const codec = meta.get("avro.codec") ?? "null"
  const reader = Result.getOrThrow(AvroRecord.reader(schema))
  const events: Array<Event> = []
  let faults = 0
  let blocks = 0
  while (at < file.length) {
    const count = long()
    const data = chunk()
    const whole = take(16).equals(sync)
    blocks++
    try {
      if (!whole) throw new Error("cut off")
      const plain = codec === "deflate" ? inflateRawSync(data) : data
      const read: Array<Event> = []
      for (let i = 0, from = 0; i < count; i++) {
        const record = reader.read(plain, from)
        read.push(Result.getOrThrow(record.result))
        from = record.end!
      }
      events.push(...read)
    } catch {
      faults++
    }
  }
  return { schema, codec, blocks, events, faults }
}

describe("sample events", () => {
  it("are the same for the same seed, in any order, and others for another seed", () => {
    const events = (seed: number, order: ReadonlyArray<number>) => {
      const sample = Sample.make({ seed, users: 50 })
      return new Map(
        order.map((index) => [index, sample.event("users.messages.email.Open", index, 1_782_742_805_000)])
      )
    }
    const upwards = events(1, [0, 1, 2, 3])
    const downwards = events(1, [3, 2, 1, 0])
    for (const [index, event] of upwards) assert.deepStrictEqual(downwards.get(index), event)
    assert.notDeepEqual(events(2, [0]).get(0), upwards.get(0))
  })

  it("tell of several events a user, about 5 % anonymous, all platforms, and one name in ten beyond Latin-1", () => {
    const sample = Sample.make({ seed: 3, users: 1000 })
    const events = Array.from({ length: 5000 }, (_, index) =>
      sample.event("users.messages.pushnotification.Open", index, 1_782_742_805_000)
    )
    assert.strictEqual(new Set(events.map(({ id }) => id)).size, 5000)
    const users = new Set(events.map(({ user }) => user.sourceId))
    assert.isTrue(users.size > 900 && users.size <= 1000)
    const anonymous = events.filter(({ user }) => user.externalId === undefined).length / 5000
    assert.isTrue(anonymous > 0.02 && anonymous < 0.09, String(anonymous))
    const platforms = new Set(events.map((event) => properties(event)["platform"]))
    assert.sameMembers([...platforms] as Array<string>, ["ios", "android", "web", "tvos", "kindle", "roku"])
    const names = events.flatMap((event) => {
      const name = properties(event)["campaign_name"] ?? properties(event)["canvas_name"]
      return typeof name === "string" ? [name] : []
    })
    const beyond = names.filter((name) =>
      [...name].some((character) => character.codePointAt(0)! > 255)
    ).length
    assert.isTrue(
      beyond / names.length > 0.05 && beyond / names.length < 0.15,
      `${beyond} of ${names.length}`
    )
  })

  it("can be bare: with what is given alone", () => {
    assert.deepStrictEqual<unknown>(
      Sample.bare("users.canvas.Entry", { canvas_id: 7 }, { deviceId: "d" }, 5),
      {
        id: "id-users.canvas.Entry",
        type: "users.canvas.Entry",
        time: 5,
        user: { deviceId: "d" },
        properties: { canvas_id: 7 }
      }
    )
    const least = Sample.bare("users.canvas.Entry")
    assert.strictEqual(new Date(least.time).toISOString(), "2026-06-29T14:20:05.000Z")
    assert.isTrue(Braze.known.valid(least))
  })

  it("hold only example addresses and telephone numbers kept free for fiction", () => {
    const sample = Sample.make({ seed: 3, users: 300 })
    for (const [index, type] of [...Braze.typeNames].filter(Braze.isTypeName).entries()) {
      const event = sample.event(type, index, Sample.time)
      for (const [name, value] of Object.entries(event.properties)) {
        if (name === "email_address") assert.match(String(value), /\.example$/)
        if (name.endsWith("phone_number"))
          assert.match(String(value), /^\+(120255501\d\d|447700900\d{3}|33639980\d{3})$/)
      }
    }
  })
})

describe("a sample export", () => {
  it("gives the same bytes for the same seed", () => {
    const settings = { seed: 9, events: 1500, damage: { blocks: 2, tails: 1, lines: 4 } }
    const [first, second] = [write(settings), write(settings)]
    assert.deepStrictEqual([...first.files], [...second.files])
    assert.deepStrictEqual(first.summary, second.summary)
    assert.notDeepEqual([...write({ ...settings, seed: 10 }).files], [...first.files])
  })

  it("keeps to the folder layout of Currents: one type, one schema, one hour a file", () => {
    const { files, summary } = write({ seed: 4, events: 4000 })
    const codecs = new Set<string>()
    const schemaIds = new Map<string, string>()
    const ids = new Set<string>()
    let late = 0
    let several = 0
    for (const [path, bytes] of files) {
      const match =
        /^currents\/(dataexport\.prod-01\.S3\.integration\.\w+)\/event_type=([\w.]+)\/date=(\d{4}-\d\d-\d\d)-(\d\d)\/(\d+)\/prod-01\/\1\+\d+\+\d{10}\.avro$/.exec(
          path
        )
      assert.isNotNull(match, path)
      const [, , type, day, hour, schemaId] = match!
      const { schema, codec, blocks, events, faults } = readAvro(bytes)
      assert.strictEqual(faults, 0)
      assert.strictEqual(schemaIds.get(schemaId!) ?? schema, schema, "one schema for each id")
      schemaIds.set(schemaId!, schema)
      codecs.add(codec)
      if (blocks > 1) several++
      const hourEnds = Date.parse(`${day}T${hour}:00:00Z`) + 3_600_000
      for (const event of events) {
        assert.strictEqual(event.type, type)
        assert.isTrue(event.time < hourEnds)
        if (event.time < hourEnds - 3_600_000) late++
        ids.add(event.id)
        assert.isTrue(Braze.catalogue.valid(event))
      }
    }
    assert.strictEqual(ids.size, 4000)
    assert.deepStrictEqual([...codecs].sort(), ["deflate", "null"])
    assert.isTrue(schemaIds.size > 106 && several > 20 && late > 50)
    assert.strictEqual(summary.readable, 4000)
    assert.strictEqual(summary.byType.size, 106)
    assert.strictEqual(summary.files, files.size)
    assert.strictEqual(
      summary.bytes,
      [...files.values()].reduce((sum, { length }) => sum + length, 0)
    )
  })

  it("counts exactly what a reader finds, damage included", () => {
    for (const seed of [1, 2, 3]) {
      const damage = { blocks: 7, tails: 3, lines: 5 }
      const { files, summary } = write({ seed, events: 6000, damage })
      assert.deepStrictEqual(summary.damaged, damage)
      assert.strictEqual(summary.events, 6000)
      assert.isTrue(summary.readable < 6000)
      const found = new Map<string, number>()
      const count = (event: Event) => found.set(event.type, (found.get(event.type) ?? 0) + 1)
      let faults = 0
      let badLines = 0
      for (const [path, bytes] of files) {
        if (path.endsWith(".avro")) {
          const contents = readAvro(bytes)
          faults += contents.faults
          contents.events.forEach(count)
          continue
        }
        const text = path.endsWith(".gz") ? gunzipSync(bytes) : Buffer.from(bytes)
        for (const line of text.toString().trimEnd().split("\n")) {
          const record = Buffer.from(line)
          const result = CustomHttp.codec.decoder("")(record, 0, record.length)
          if (Result.isSuccess(result)) count(result.success)
          else badLines++
        }
      }
      assert.deepStrictEqual([faults, badLines], [10, 5])
      assert.strictEqual(
        [...found.values()].reduce((sum, size) => sum + size, 0),
        summary.readable
      )
      for (const [type, size] of summary.byType) assert.strictEqual(found.get(type) ?? 0, size, type)
    }
  })

  it("makes no file larger than 15,000 events and takes the types it is told", () => {
    const types = ["users.messages.email.Open", "users.canvas.Entry"] as const
    const { files, summary } = write({ seed: 5, events: 50_000, types, users: 100 })
    assert.sameMembers([...summary.byType.keys()], [...types])
    const users = new Set<string | undefined>()
    for (const bytes of files.values()) {
      const { events } = readAvro(bytes)
      assert.isTrue(events.length <= 15_000)
      for (const { user } of events) users.add(user.sourceId)
    }
    assert.strictEqual(users.size, 100)
  })
})
