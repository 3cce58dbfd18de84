/** Parquet: an event a row. A line is the JSON of all columns but the last, a tab, and the last: `properties`. */
import type { Event } from "@millrace/core/Event"
import { redacted } from "@millrace/core/Transform"
import { type ParquetWriteOptions, parquetWriteBuffer, type SchemaElement } from "hyparquet-writer"
import type { Format } from "./format.ts"
import { serialize } from "./serialize.ts"

const text = { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } } as const

const columns = [
  { name: "id", ...text, repetition_type: "REQUIRED" },
  { name: "type", ...text, repetition_type: "REQUIRED" },
  {
    name: "time",
    type: "INT64",
    converted_type: "TIMESTAMP_MILLIS",
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MILLIS" },
    repetition_type: "REQUIRED"
  },
  { name: "source_id", ...text, repetition_type: "OPTIONAL" },
  { name: "external_id", ...text, repetition_type: "OPTIONAL" },
  { name: "device_id", ...text, repetition_type: "OPTIONAL" },
  { name: "timezone", ...text, repetition_type: "OPTIONAL" },
  {
    name: "properties",
    type: "BYTE_ARRAY",
    converted_type: "JSON",
    logical_type: { type: "JSON" },
    repetition_type: "REQUIRED"
  }
] as const satisfies ReadonlyArray<SchemaElement>

const schema: Array<SchemaElement> = [{ name: "event", num_children: columns.length }, ...columns]

/** Nearly always different: a dictionary of them costs time and saves nothing. */
const unlike: ReadonlySet<string> = new Set(["id", "properties"])

/** More than a batch holds. */
const rowsOfGroup = 100_000

const present = (value: unknown): string | null =>
  typeof value === "string" && value !== redacted ? value : null

const lineOf = ({ id, properties, time, type, user }: Event): string => {
  const { deviceId, externalId, sourceId, timezone } = user
  const people = [sourceId, externalId, deviceId, timezone].map(present)
  return `${JSON.stringify([id, type, Math.floor(time), ...people])}\t${serialize(properties)}`
}

const tab = 0x09

/** Without a prototype the writer leaves objects as they are, and every key stays. */
const json = (value: object): object => Object.setPrototypeOf(value, null)

const rowOf = (line: Buffer): ReadonlyArray<unknown> => {
  const middle = line.indexOf(tab)
  const head: ReadonlyArray<unknown> = JSON.parse(line.toString("utf8", 0, middle))
  return [...head, json(JSON.parse(line.toString("utf8", middle + 1)))]
}

const encode = (codec: NonNullable<ParquetWriteOptions["codec"]>) => (lines: ReadonlyArray<Buffer>) => {
  const rows = lines.map(rowOf)
  const columnData = columns.map(({ name }, index) => ({
    name,
    data: rows.map((row) => row[index]),
    ...(unlike.has(name) ? { encoding: "PLAIN" as const } : {}),
    // The least and greatest JSON would stand in the file's footer, whole.
    statistics: name !== "properties"
  }))
  const createdBy = "@millrace/destination-files"
  return new Uint8Array(
    parquetWriteBuffer({ columnData, schema, codec, createdBy, rowGroupSize: rowsOfGroup })
  )
}

export const plain: Format = { extension: "parquet", lineOf, encode: encode("UNCOMPRESSED") }

export const snappy: Format = { extension: "parquet", lineOf, encode: encode("SNAPPY") }
