/** Small inputs that ask for a great deal, through the command. */
import { deflateRawSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Catalogue, type Codec, Outbox, OutboxMemory, Source } from "@millrace/core"
import { Sample } from "@millrace/events-braze"
import * as Operations from "@millrace/operations/Operations"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Ledgers from "./support/ledger.ts"
import { assertEnded } from "./support/millrace.ts"
import * as World from "./support/world.ts"

const mebibyte = 1024 * 1024

const good = (id: string) =>
  JSON.stringify({
    event_type: "users.messages.email.Click",
    id,
    time: 1_782_742_805,
    user: { external_user_id: 4711 },
    properties: {}
  })
const deep = `{"event_type":"users.behaviors.CustomEvent","id":"deep","time":1,"user":{},"properties":{"a":${"[".repeat(6000)}${"]".repeat(6000)}}}`
const rounded = good("rounded").replace('"properties":{}', '"properties":{"n":9007199254740993}')

describe("events that are too deep, too many or not exact", () => {
  it.live("cost themselves alone, and their dead letters are shown, exported, replayed and purged", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const lines = [
        `{"events":[${good("a")},${deep},${good("b")}]}`,
        deep,
        rounded,
        `{"events":[${good("c")},${"{},".repeat(300_000)}{}]}`,
        good("d")
      ]
      world.put("export/lines.ndjson", lines.join("\n"))
      const file = world.configure({
        ...World.configuration("http://127.0.0.1:9"),
        routes: [{ name: "kept", to: { use: "@millrace/destination-files", settings: { path: "./out" } } }]
      })
      const ended = yield* world.millrace(["run", file, "--json"])
      assertEnded(ended, 4)
      const { dead, delivered } = Ledgers.totals(Ledgers.parse(ended.stdout))
      // Two that are too deep, one rounded, the items that are no events as one, and those beyond the budget as one.
      assert.deepStrictEqual([delivered, dead], [4, 5])

      const bad = yield* world.millrace(["dead-letters", "export", file, "--reason", "malformed"])
      assertEnded(bad, 0)
      const letters = bad.stdout
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line))
      assert.deepStrictEqual(
        letters.map(({ detail }) => detail.replace(/^.*?: /, "").replace(/ \(\d+ bytes.*/, "")),
        [
          "nested deeper than 100 levels",
          "nested deeper than 100 levels",
          "not exact: a whole number is beyond 2^53, and a double does not keep its digits",
          "too many: only the first 20000 items that stand together are read"
        ]
      )
      assert.deepStrictEqual(
        letters.slice(0, 3).map(({ record }) => Buffer.from(record.base64, "base64").toString()),
        [deep, deep, rounded]
      )
      const shown = yield* world.millrace(["dead-letters", "show", file, String(letters[1].id)])
      assertEnded(shown, 0)
      assert.include(shown.stdout, "nested deeper than 100 levels")
      assertEnded(yield* world.millrace(["dead-letters", "replay", file, "--reason", "malformed"]), 0)
      const purged = yield* world.millrace(["dead-letters", "purge", file, "--reason", "malformed"])
      assertEnded(purged, 0)
      assert.include(purged.stdout, "4 dead letters removed")
    })
  )
})

describe("a dead letter whose codec makes something of it that cannot be printed", () => {
  it.live("is handed on by its bytes", () =>
    Effect.gen(function* () {
      let value: unknown = 1
      for (let level = 0; level < 20_000; level++) value = [value]
      const codec: Codec.Codec = {
        name: "deep/1",
        decoder: () => () => Result.succeed({ id: "a", type: "t", time: 0, user: {}, properties: { value } })
      }
      const outbox = yield* Outbox.Outbox
      const record = Buffer.from("its bytes")
      yield* outbox.append({
        origin: { source: "default", split: "", position: "" },
        at: 0,
        parcels: [],
        buried: [{ routes: ["crm"], reason: "defect", detail: "", record, codec: codec.name, parameter: "" }],
        counts: [{ route: "crm", kind: "read", key: "", events: 1 }]
      })
      const catalogue = { ...Catalogue.any, codecs: [codec] }
      const definition = { sources: { default: Source.fromArray([], { catalogue }) }, routes: [] }
      const page = yield* Operations.fromOutbox(outbox, {
        definition,
        store: { plugin: "memory", layer: OutboxMemory.layer, directory: undefined }
      }).deadLetters({}, 0)
      const [letter] = JSON.parse(JSON.stringify(page)).letters
      assert.deepStrictEqual([letter.event, letter.record], [undefined, record.toString("base64")])
    }).pipe(Effect.provide(OutboxMemory.layer))
  )
})

/** A container with one block of zeros, of which a record of an email is none. */
const zeros = (size: number): Buffer => {
  const long = (value: number): Buffer => {
    const bytes: Array<number> = []
    let rest = value * 2
    for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128)
    return Buffer.from([...bytes, rest])
  }
  const text = (value: string) => [long(Buffer.byteLength(value)), Buffer.from(value)]
  const schema = Sample.writerSchema("users.messages.email.Open")
  const packed = deflateRawSync(Buffer.alloc(size))
  return Buffer.concat([
    Buffer.from("Obj\x01", "latin1"),
    long(2),
    ...["avro.schema", schema, "avro.codec", "deflate"].flatMap(text),
    long(0),
    ...[Buffer.alloc(16, 5), long(1), long(packed.length), packed, Buffer.alloc(16, 5)]
  ])
}

describe("a small block that unpacks to as much as is taken", () => {
  it.live("is in memory once", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      world.put("export/zeros.avro", zeros(63 * mebibyte))
      world.put("export/good.ndjson", good("a"))
      const file = world.configure({
        ...World.configuration("http://127.0.0.1:9"),
        routes: [{ name: "kept", to: { use: "@millrace/destination-files", settings: { path: "./out" } } }]
      })
      const ended = yield* world.millrace(["run", file, "--json"])
      assertEnded(ended, 4)
      const { dead, delivered } = Ledgers.totals(Ledgers.parse(ended.stdout))
      assert.deepStrictEqual([delivered, dead], [1, 1])
      // The exporter's own, its sources as TypeScript, and the block: 250; with the block twice 310.
      assert.isBelow(ended.peak, 280 * mebibyte)
    })
  )
})
