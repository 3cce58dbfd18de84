/**
 * The sample export, delivered to files and read back by DuckDB, which knows nothing of Millrace: every field of every
 * event is what stood in the export. What stood there is read with avsc alone.
 */
import { globSync } from "node:fs"
import { DuckDBInstance } from "@duckdb/node-api"
import { assert, describe, it } from "@effect/vitest"
import avsc from "avsc"
import * as Effect from "effect/Effect"
import { assertEnded } from "./support/millrace.ts"
import * as World from "./support/world.ts"

type Row = Readonly<Record<string, unknown>>

const ask = async (sql: string): Promise<ReadonlyArray<Row>> => {
  const instance = await DuckDBInstance.create(":memory:")
  const connection = await instance.connect()
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJson()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

const records = (file: string) =>
  new Promise<ReadonlyArray<Row>>((resolve, reject) => {
    const found: Array<Row> = []
    avsc
      .createFileDecoder(file)
      .on("data", (record: Row) => found.push({ ...record }))
      .on("error", reject)
      .on("end", () => resolve(found))
  })

/** Properties that Avro holds as JSON text. */
const nested: Readonly<Record<string, string>> = {
  "users.behaviors.CustomEvent": "custom_properties",
  "users.behaviors.Purchase": "purchase_properties"
}

/** What a record of the export is to be in any file: null is absent. */
const expected = (type: string, record: Row): Row => {
  const given = Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null))
  const { id, time, user_id, external_user_id, device_id, timezone, ...properties } = given
  const name = nested[type]
  if (name !== undefined && typeof properties["properties"] === "string") {
    properties[name] = JSON.parse(properties["properties"])
    delete properties["properties"]
  }
  return {
    id,
    type,
    time: properties["time_ms"] ?? Number(time) * 1000,
    source_id: user_id ?? null,
    external_id: external_user_id ?? null,
    device_id: device_id ?? null,
    timezone: timezone ?? null,
    properties
  }
}

const byId = (rows: ReadonlyArray<Row>) =>
  rows.toSorted((left, right) => (String(left["id"]) < String(right["id"]) ? -1 : 1))

const found = async (sql: string) =>
  byId(
    (await ask(sql)).map((row) => ({
      ...row,
      time: Number(row["time"]),
      properties: JSON.parse(String(row["properties"]))
    }))
  )

describe("files", () => {
  it.live("hold every field of every event of an export, for a reader of its own", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const summary = world.writeWholeExport({ seed: 71, events: 4000 })
      const files = { use: "@millrace/destination-files" }
      const when = { types: ["*"] }
      const file = world.configure({
        ...World.configuration(""),
        routes: [
          { name: "parquet", when, to: { ...files, settings: { path: "parquet", format: "parquet" } } },
          { name: "ndjson", when, to: { ...files, settings: { path: "ndjson", compression: "gzip" } } }
        ]
      })
      assertEnded(yield* world.millrace(["run", file, "--json"]), 0)

      yield* Effect.promise(async () => {
        const all: Array<Row> = []
        for (const path of globSync(world.path("export", "**", "*.avro"))) {
          const type = /event_type=([^/]+)/.exec(path)![1]!
          for (const record of await records(path)) all.push(expected(type, record))
        }
        assert.strictEqual(all.length, summary.events)
        const wanted = byId(all)

        const parquet = await found(
          `SELECT id, type, epoch_ms(time) AS time, source_id, external_id, device_id, timezone, properties
           FROM read_parquet('${world.path("parquet")}/**/*.parquet', hive_partitioning = true)
           WHERE event_type = type`
        )
        assert.deepStrictEqual(parquet, wanted)

        const columns = "{id: 'VARCHAR', type: 'VARCHAR', time: 'BIGINT', user: 'JSON', properties: 'JSON'}"
        const ndjson = await found(
          `SELECT id, type, time, user->>'sourceId' AS source_id, user->>'externalId' AS external_id,
             user->>'deviceId' AS device_id, user->>'timezone' AS timezone, properties
           FROM read_json('${world.path("ndjson")}/**/*.ndjson.gz', format = 'newline_delimited', columns = ${columns})`
        )
        assert.deepStrictEqual(ndjson, wanted)
      })
    })
  )

  it.live("have no column that is a key of their folders, which readers of partitions refuse", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      world.writeExport({ seed: 72, events: 50 })
      const file = world.configure({
        ...World.configuration(""),
        routes: [
          {
            name: "lake",
            to: { use: "@millrace/destination-files", settings: { path: "lake", format: "parquet" } }
          }
        ]
      })
      assertEnded(yield* world.millrace(["run", file]), 0)
      const [path = ""] = globSync("**/*.parquet", { cwd: world.path("lake") })
      const keys = path.split("/").flatMap((part) => (part.includes("=") ? [part.split("=")[0]] : []))
      const rows = yield* Effect.promise(() =>
        ask(`DESCRIBE SELECT * FROM read_parquet('${world.path("lake", path)}', hive_partitioning = false)`)
      )
      const columns = rows.map((row) => row["column_name"])
      assert.strictEqual(keys.length, 3)
      assert.deepStrictEqual(
        columns.filter((name) => keys.includes(String(name))),
        []
      )
    })
  )
})
