/** Parquet as DuckDB writes it, which shares no code with our reader, is read as DuckDB reads it. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DuckDBInstance } from "@duckdb/node-api"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Parquet from "../../../packages/formats/test/support/parquet.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "millrace-parquet-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

const connection = Effect.acquireRelease(
  Effect.promise(async () => (await DuckDBInstance.create(":memory:")).connect()),
  (open) => Effect.sync(() => open.closeSync())
)

/** Columns of every kind, some absent, some the same in every row, lists that go on from page to page. */
const table = (rows: number) => `SELECT
  i AS id, 'ü' || i AS text, CASE WHEN i % 3 = 0 THEN NULL ELSE 'name ' || (i % 50) END AS few,
  NULL::VARCHAR AS nothing, 'same' AS same, i % 2 = 0 AS truth, (i * 1.5)::DOUBLE AS double,
  i::BIGINT * 1000000007 AS long, (i * 1.25)::DECIMAL(10, 2) AS "decimal", i::UINTEGER AS uint, i::UBIGINT AS ulong,
  (i % 10)::TINYINT AS tiny, DATE '2020-01-01' + i::INTEGER AS day,
  CASE WHEN i % 7 = 0 THEN NULL ELSE [i, NULL, i + 1] END AS list,
  {'a': i, 'b': CASE WHEN i % 2 = 0 THEN 'x' END} AS struct,
  MAP {'k' || i: i, 'z': i + 1} AS map, [{'q': [i, i]}] AS deep
  FROM range(0, ${rows}) AS t(i)`

describe("Parquet of DuckDB", () => {
  for (const [options, rows] of [
    ["COMPRESSION uncompressed", 300],
    ["COMPRESSION snappy", 300],
    ["COMPRESSION gzip", 300],
    ["COMPRESSION zstd", 300],
    ["COMPRESSION brotli", 300],
    ["PARQUET_VERSION v2", 300],
    ["ROW_GROUP_SIZE 2048", 10_000]
  ] as const) {
    it.live(`with ${options} has the same rows`, () =>
      Effect.gen(function* () {
        const path = join(yield* folder, "table.parquet")
        const duck = yield* connection
        const told = yield* Effect.promise(async () => {
          await duck.run(`COPY (${table(rows)}) TO '${path}' (FORMAT parquet, ${options})`)
          const found = await duck.runAndReadAll(
            `SELECT to_json(t)::VARCHAR FROM read_parquet('${path}') AS t`
          )
          return found.getRows().map(([json]) => {
            const row: Readonly<Record<string, unknown>> = JSON.parse(String(json))
            return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))
          })
        })
        const { bad, events } = yield* Parquet.read(readFileSync(path), { format: Parquet.asTheyAre })
        assert.deepStrictEqual(bad, [])
        assert.deepStrictEqual(
          events.map(({ properties }): unknown => properties),
          told
        )
      })
    )
  }
})
