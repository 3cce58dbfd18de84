/** The footer of a Parquet file, which tells where everything in it stands. */
import { crc32 } from "node:zlib"
import type { SourceError } from "@millrace/core/Source"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import {
  type FileMetaData,
  parquetMetadata,
  parquetSchema,
  type SchemaElement,
  type SchemaTree
} from "hyparquet"
import { getTreePath } from "hyparquet/src/schema.js"
import type { Input } from "./input.ts"
import { type Convert, converterOf } from "./parquetLeaf.ts"
import { encrypted, magic } from "./parquetMagic.ts"
import { lengthOf } from "./parquetThrift.ts"

/** The length of the footer, and the magic behind it. */
const tailSize = 8
/** The largest footer that is read; larger ones are those of files beyond some tens of gigabytes. */
const footerLimit = 4 * 1024 * 1024
/** What stands at the beginning of the file helps to know it again. */
const startSize = 64 * 1024

/** The values of one column in one row group. */
export interface Column {
  /** For people. */
  readonly name: string
  /** The column of the table that it is, or is a part of. */
  readonly top: string
  readonly path: string
  readonly schemaPath: Array<SchemaTree>
  readonly element: SchemaElement
  readonly convert: Convert
  readonly codec: string
  readonly start: number
  readonly end: number
  readonly values: number
}

export interface Group {
  readonly rows: number
  /** How many bytes it unpacks to, by its own word. */
  readonly size: number
  readonly start: number
  readonly end: number
  /** Why nothing of it can be read, or its columns. */
  readonly columns: ReadonlyArray<Column> | string
}

export interface Footer {
  readonly groups: ReadonlyArray<Group>
  readonly tree: SchemaTree
  /** By it the file is known again. */
  readonly mark: number
}

export interface Refused {
  readonly reason: string
  readonly detail: string
}

/** The footer, why there is none that can be read, or that the file ends before there is one. */
export const read = Effect.fnUntraced(function* (
  input: Input,
  size: number
): Effect.fn.Return<Footer | Refused | "unfinished", SourceError> {
  const start = (yield* input.fill(startSize)).subarray(0, startSize)
  if (start.subarray(0, 4).equals(encrypted)) return refused("encrypted", "its footer is encrypted")
  if (input.packed || !input.seekable) {
    return refused("packed-parquet", "Parquet is read from its end; it cannot be gzipped, nor come in order")
  }
  const startMark = crc32(start)
  if (size < magic.length + tailSize) return "unfinished"
  yield* input.jump(size - tailSize)
  const tail = (yield* input.fill(tailSize)).subarray(0, tailSize)
  if (tail.length < tailSize || !tail.subarray(4).equals(magic)) return "unfinished"
  const length = tail.readUInt32LE(0)
  if (length > footerLimit) {
    return refused("too-large", `its footer has ${length} bytes; the longest that is read has ${footerLimit}`)
  }
  const at = size - tailSize - length
  if (at < magic.length) return refused("damaged-footer", "its footer is said to be longer than the file")
  yield* input.jump(at)
  const bytes = Buffer.from((yield* input.fill(length + tailSize)).subarray(0, length + tailSize))
  const read = Result.try(() => parse(bytes, at))
  return Result.isSuccess(read)
    ? { ...read.success, mark: crc32(bytes, startMark) }
    : refused("damaged-footer", "its footer cannot be read")
})

const refused = (reason: string, detail: string): Refused => ({ reason, detail })

/** What marks lists and maps is left; what values mean is looked up in the element as it was. */
const bare = (element: SchemaElement): SchemaElement => {
  const { name, num_children, repetition_type, type, type_length } = element
  const { converted_type, logical_type } = element
  const isList = converted_type === "LIST" || logical_type?.type === "LIST"
  const isMap = converted_type === "MAP" || converted_type === "MAP_KEY_VALUE" || logical_type?.type === "MAP"
  return {
    name,
    ...(type === undefined ? {} : { type }),
    ...(type_length === undefined ? {} : { type_length }),
    ...(repetition_type === undefined ? {} : { repetition_type }),
    ...(num_children === undefined ? {} : { num_children }),
    ...(num_children !== undefined && isList ? { converted_type: "LIST" as const } : {}),
    ...(num_children !== undefined && isMap ? { converted_type: "MAP" as const } : {})
  }
}

const parse = (bytes: Buffer, end: number): Omit<Footer, "mark"> => {
  if (typeof lengthOf(bytes.subarray(0, -tailSize)) === "string") throw new Error("no footer")
  const metadata = parquetMetadata(bytes, { geoparquet: false })
  const told = parquetSchema(metadata)
  const tree = parquetSchema({ schema: metadata.schema.map(bare) })
  if (depthOf(tree) > 32) throw new Error("too deep")
  const groups = metadata.row_groups.map((group) => groupOf(group, { end, told, tree }))
  const rows = groups.reduce((sum, { rows }) => sum + rows, 0)
  if (rows !== Number(metadata.num_rows)) throw new Error("the row groups have not all rows")
  return { tree, groups }
}

const depthOf = ({ children }: SchemaTree): number => 1 + Math.max(0, ...children.map(depthOf))

interface About {
  /** Where the footer begins. */
  readonly end: number
  readonly told: SchemaTree
  readonly tree: SchemaTree
}

const groupOf = (group: FileMetaData["row_groups"][number], about: About): Group => {
  const rows = Math.max(0, Number(group.num_rows))
  const found = Result.try(() => group.columns.map((chunk) => columnOf(chunk, about)))
  const columns = Result.isSuccess(found) ? found.success : "its columns cannot be read"
  if (typeof columns === "string" || columns.some((column) => typeof column === "string")) {
    const why = typeof columns === "string" ? columns : columns.find((column) => typeof column === "string")
    return { rows, size: 0, start: 0, end: 0, columns: String(why) }
  }
  const known = columns.filter((column) => typeof column !== "string")
  return {
    rows,
    size: group.columns.reduce(
      (sum, { meta_data }) => sum + Number(meta_data?.total_uncompressed_size ?? 0),
      0
    ),
    start: Math.min(...known.map(({ start }) => start)),
    end: Math.max(...known.map(({ end }) => end)),
    columns: known
  }
}

const columnOf = (
  { crypto_metadata, file_path, meta_data }: FileMetaData["row_groups"][number]["columns"][number],
  { end: last, told, tree }: About
): Column | string => {
  if (crypto_metadata !== undefined) return "a column is encrypted"
  if (file_path !== undefined) return "a column stands in another file"
  if (meta_data === undefined) return "the footer does not tell where its columns stand"
  const { codec, data_page_offset, dictionary_page_offset, num_values, path_in_schema } = meta_data
  const first = Number(dictionary_page_offset || data_page_offset)
  const start = Math.min(first, Number(data_page_offset))
  const end = start + Number(meta_data.total_compressed_size)
  if (start < magic.length || end > last || end < start) return "a column stands outside of the file"
  const asTold = getTreePath(told, path_in_schema).at(-1)!.element
  const schemaPath = getTreePath(tree, path_in_schema)
  return {
    name: path_in_schema.join("."),
    top: path_in_schema[0] ?? "",
    path: path_in_schema.join("."),
    schemaPath,
    element: schemaPath.at(-1)!.element,
    convert: converterOf(asTold),
    codec: codec ?? "a codec without a name",
    start,
    end,
    values: Math.max(0, Number(num_values))
  }
}
