/** Parquet files as several writers make them, and reading one as a source does. */
import { brotliCompressSync, constants, crc32, gzipSync, zstdCompressSync } from "node:zlib"
import { Codec } from "@millrace/core"
import type { Event } from "@millrace/core/Event"
import type { Chunk } from "@millrace/core/Intake"
import { Bytes, EventJson, type Format, SplitReader } from "@millrace/formats"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { parquetMetadata } from "hyparquet"
import { parquetHeader } from "hyparquet/src/column.js"
import {
  ByteWriter,
  type ParquetWriteOptions,
  parquetWriteBuffer,
  type SchemaElement
} from "hyparquet-writer"
import { writePageHeader } from "hyparquet-writer/src/datapage.js"
import { writeMetadata } from "hyparquet-writer/src/metadata.js"

export type Codecs = NonNullable<ParquetWriteOptions["codec"]>

const compressors: NonNullable<ParquetWriteOptions["compressors"]> = {
  GZIP: (bytes) => gzipSync(bytes),
  ZSTD: (bytes) => zstdCompressSync(bytes),
  BROTLI: (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
  LZ4_RAW: (bytes) => bytes
}

export interface Column {
  readonly name: string
  readonly values: ReadonlyArray<unknown>
  /** What the footer says of it, with what is below it. */
  readonly schema: ReadonlyArray<Partial<SchemaElement>>
  readonly encoding?: "PLAIN" | "RLE_DICTIONARY" | "DELTA_BINARY_PACKED" | "DELTA_BYTE_ARRAY"
}

export interface Written {
  readonly codec?: Codecs
  readonly rowGroupSize?: number
  readonly pageSize?: number
}

export const file = (
  columns: ReadonlyArray<Column>,
  { codec = "SNAPPY", pageSize = 1024 * 1024, rowGroupSize = 500 }: Written = {}
): Buffer => {
  const schema: Array<SchemaElement> = [{ name: "root", num_children: columns.length }]
  for (const { name, schema: parts } of columns) {
    for (const [index, part] of parts.entries()) {
      schema.push({ name: index === 0 ? name : "", repetition_type: "OPTIONAL", ...part })
    }
  }
  const columnData = columns.map(({ encoding, name, values }) => ({
    name,
    data: [...values],
    ...(encoding === undefined ? {} : { encoding })
  }))
  return Buffer.from(parquetWriteBuffer({ columnData, schema, codec, compressors, rowGroupSize, pageSize }))
}

export const text = [{ type: "BYTE_ARRAY", converted_type: "UTF8" }] as const
export const long = [{ type: "INT64" }] as const

/** Events as rows of these columns. */
export const eventColumns = (events: ReadonlyArray<Event>): ReadonlyArray<Column> => [
  { name: "id", values: events.map(({ id }) => id), schema: text, encoding: "PLAIN" },
  { name: "type", values: events.map(({ type }) => type), schema: text },
  { name: "time", values: events.map(({ time }) => BigInt(time)), schema: long },
  { name: "external_id", values: events.map(({ user }) => user.externalId ?? null), schema: text },
  { name: "properties", values: events.map(({ properties }) => JSON.stringify(properties)), schema: text }
]

export const made = (count: number): ReadonlyArray<Event> =>
  Array.from({ length: count }, (_, index) => ({
    id: `e-${index}`,
    type: `order.${index % 3}`,
    time: index,
    user: index % 2 === 0 ? {} : { externalId: `u-${index % 7}` },
    properties: { note: "ü".repeat(index % 90), index }
  }))

const events: Format.Format = { lines: EventJson.lines, rows: EventJson.rows, otherwise: "not-events" }

/** Takes every row as it is, as the properties of an event. */
export const asTheyAre: Format.Format = {
  lines: { codec: Codec.event },
  rows: () =>
    Result.succeed({
      lineOf: (row) => Result.succeed({ id: "x", type: "row", time: 0, user: {}, properties: row })
    }),
  otherwise: "not-events"
}

/** Reads once, and stops behind so many chunks. */
export const read = Effect.fnUntraced(function* (
  content: Uint8Array,
  {
    after,
    format = events,
    open = Bytes.fromBuffer,
    stopAfter = Number.POSITIVE_INFINITY
  }: {
    readonly after?: string | undefined
    readonly format?: Format.Format
    readonly open?: (bytes: Uint8Array) => Bytes.Bytes
    readonly stopAfter?: number
  } = {}
) {
  const chunks: Array<Chunk> = []
  const intake = {
    append: (chunk: Chunk) =>
      Effect.suspend(() => (chunks.push(chunk) >= stopAfter ? Effect.interrupt : Effect.void)),
    expect: () => Effect.void
  }
  const reader = yield* SplitReader.make({ plugin: "@acme/source", format, intake })
  const split = {
    split: "a.parquet",
    label: "the object a",
    size: content.length,
    open: Effect.sync(() => open(content))
  }
  const exit = yield* Effect.exit(reader.read(split, Option.fromUndefinedOr(after)))
  return {
    exit,
    events: chunks.flatMap(({ events }) => events),
    ids: chunks.flatMap(({ events }) => events.map(({ id }) => id)),
    bad: chunks.flatMap(({ malformed }) => malformed),
    chunks,
    last: chunks.at(-1)?.checkpoint
  }
})

/** A file of one page, with a checksum of it that is `off` by so much. */
export const withChecksum = (bytes: Buffer, off: number): Buffer => {
  const metadata = parquetMetadata(bytes)
  const chunk = metadata.row_groups[0]?.columns[0]?.meta_data
  const start = Number(chunk?.data_page_offset)
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset + start), offset: 0 }
  const header = parquetHeader(reader)
  const body = bytes.subarray(start + reader.offset, start + reader.offset + header.compressed_page_size)
  const writer = new ByteWriter()
  writer.appendUint32(bytes.readUInt32LE(0))
  writePageHeader(writer, { ...header, crc: (crc32(body) + off) | 0 })
  writer.appendBytes(body)
  if (chunk !== undefined) chunk.total_compressed_size = BigInt(writer.offset - start)
  writeMetadata(writer, metadata)
  writer.appendUint32(bytes.readUInt32LE(0))
  return Buffer.from(writer.getBytes())
}
