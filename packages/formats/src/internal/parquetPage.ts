/** One page of a Parquet column: its values, converted, one for each row, as they are asked for. */
import { crc32 } from "node:zlib"
import type { PageHeader, ParquetType } from "hyparquet"
import { assembleLists } from "hyparquet/src/assemble.js"
import { readPlain } from "hyparquet/src/plain.js"
import { getMaxDefinitionLevel, getMaxRepetitionLevel, isFlatColumn } from "hyparquet/src/schema.js"
import type { Column } from "./parquetFooter.ts"
import { unpackerOf } from "./parquetPacking.ts"
import { Damaged, only, runs } from "./parquetRuns.ts"
import { texts, valuesOf } from "./parquetValues.ts"

/** The most bytes of a page, packed and unpacked. */
export const pageLimit = 64 * 1024 * 1024

/** Those of rows that are not yet taken. */
export interface Values {
  /** Of so many rows. */
  readonly length: number
  /** The next ones. Throws where the page is damaged. */
  readonly take: (count: number) => ReadonlyArray<unknown>
  /** How many are made and in memory. */
  readonly made: number
}

export const none: Values = { length: 0, take: () => [], made: 0 }

const widthOf = (highest: number): number => 32 - Math.clz32(highest)

/** In memory of its own, since what reads values looks at nothing but the memory's end. */
const alone = (bytes: Uint8Array): Uint8Array =>
  bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)

const unpack = (packed: Buffer, size: number, { codec }: Column): Uint8Array => {
  const plain = unpackerOf(codec)?.(packed, size)
  if (plain === undefined) throw new Damaged(`it is packed with ${codec}`)
  if (plain.length !== size) throw new Damaged("it unpacks to another length than it says")
  return alone(plain)
}

const check = ({ crc, compressed_page_size, uncompressed_page_size }: PageHeader, packed: Buffer): void => {
  if (uncompressed_page_size < 0 || packed.length !== compressed_page_size) {
    throw new Damaged("its length is wrong")
  }
  if (crc !== undefined && crc32(packed) !== crc >>> 0) throw new Damaged("its checksum differs")
}

const typeOf = ({ element }: Column): ParquetType => {
  if (element.type === undefined) throw new Damaged("a column has no type")
  return element.type
}

/** The values that pages behind it name by their places. */
export const dictionary = (column: Column, header: PageHeader, packed: Buffer): ReadonlyArray<unknown> => {
  check(header, packed)
  const count = header.dictionary_page_header?.num_values ?? -1
  const plain = unpack(packed, header.uncompressed_page_size, column)
  if (count < 0 || count > plain.length * 8) throw new Damaged("its count is wrong")
  const reader = { view: new DataView(plain.buffer), offset: 0 }
  const raw = readPlain(reader, typeOf(column), count, column.element.type_length)
  return Array.from({ length: count }, (_, index) => column.convert(raw[index]))
}

/** Where the parts of a data page stand in its plain bytes. */
interface Layout {
  readonly bytes: Uint8Array
  readonly count: number
  readonly encoding: string | undefined
  readonly repetitions: number
  readonly definitions: number
  readonly values: number
}

/** How many values a page says that it has, absent ones included. */
export const countOf = (header: PageHeader): number =>
  header.data_page_header?.num_values ?? header.data_page_header_v2?.num_values ?? -1

const layoutOf = (column: Column, header: PageHeader, packed: Buffer): Layout => {
  const { data_page_header: first, data_page_header_v2: second, uncompressed_page_size } = header
  const count = countOf(header)
  if (count < 0) throw new Damaged("its head is no data page's")
  if (second !== undefined) {
    const { definition_levels_byte_length: length, encoding, is_compressed } = second
    const definitions = second.repetition_levels_byte_length
    const values = definitions + length
    if (definitions < 0 || length < 0 || values > packed.length) throw new Damaged("its head is wrong")
    const body = packed.subarray(values)
    const plain = is_compressed === false ? body : unpack(body, uncompressed_page_size - values, column)
    const bytes = alone(Buffer.concat([packed.subarray(0, values), plain]))
    return { bytes, count, encoding, repetitions: 0, definitions, values }
  }
  if (first?.definition_level_encoding !== "RLE" || first.repetition_level_encoding !== "RLE") {
    throw new Damaged("its levels are packed as was usual before 2014")
  }
  const bytes = unpack(packed, uncompressed_page_size, column)
  const view = new DataView(bytes.buffer)
  // Levels stand behind their length, where there are any.
  const behind = (start: number, highest: number) =>
    highest === 0 ? start : start + 4 + view.getUint32(start, true)
  const definitions = behind(0, getMaxRepetitionLevel(column.schemaPath))
  const values = behind(definitions, getMaxDefinitionLevel(column.schemaPath))
  return { bytes, count, encoding: first.encoding, repetitions: 4, definitions: definitions + 4, values }
}

const isNamed = ({ encoding }: Layout): boolean =>
  encoding === "PLAIN_DICTIONARY" || encoding === "RLE_DICTIONARY"

/** The values that are there, of which there are `count`, as they are asked for; and how many of them are made already. */
const presentOf = (
  column: Column,
  layout: Layout,
  known: ReadonlyArray<unknown> | undefined,
  count: () => number
): { readonly next: () => unknown; readonly made: number } => {
  const { bytes, encoding, values: start } = layout
  const type = typeOf(column)
  if (isNamed(layout)) {
    if (known === undefined) throw new Damaged("its dictionary is missing")
    const width = bytes[start] ?? 33
    if (width > 32) throw new Damaged("its numbers are too wide")
    const place = width === 0 ? () => 0 : runs(bytes, start + 1, width, layout.count)
    const next = () => {
      const at = place()
      if (at >= known.length) throw new Damaged("it names a value that its dictionary does not have")
      return known[at]
    }
    return { next, made: 0 }
  }
  if (encoding === "PLAIN" && type === "BYTE_ARRAY") {
    const text = texts(bytes, start)
    return { next: () => column.convert(text()), made: 0 }
  }
  const { type_length: typeLength } = column.element
  const raw = valuesOf({ bytes, start, encoding, type, typeLength, count: count(), limit: pageLimit })
  let at = 0
  return { next: () => column.convert(raw[at++]), made: raw.length }
}

/** The values of a data page; those of a repeated column go on in the last of `before`, which may not have ended. */
export const data = (
  column: Column,
  header: PageHeader,
  packed: Buffer,
  known: ReadonlyArray<unknown> | undefined,
  before: ReadonlyArray<unknown>
): Values => {
  check(header, packed)
  const layout = layoutOf(column, header, packed)
  if (layout.count === 0) return madeOf(before)
  return isFlatColumn(column.schemaPath)
    ? flat(column, layout, known)
    : madeOf(nested(column, layout, known, before))
}

const madeOf = (values: ReadonlyArray<unknown>): Values => {
  let at = 0
  return {
    length: values.length,
    made: values.length,
    take: (count) => {
      at += count
      return values.slice(at - count, at)
    }
  }
}

const flat = (column: Column, layout: Layout, known: ReadonlyArray<unknown> | undefined): Values => {
  const { bytes, count, definitions } = layout
  const isOptional = getMaxDefinitionLevel(column.schemaPath) > 0
  const all = isOptional ? only(bytes, definitions, 1, count) : 1
  if (all === 0) return { length: count, made: 0, take: (rows) => new Array<null>(rows).fill(null) }
  const levels = () => (all === 1 ? () => 1 : runs(bytes, definitions, 1, count))
  const present = presentOf(column, layout, known, () => {
    const level = levels()
    let found = 0
    for (let i = 0; i < count; i++) found += level()
    return found
  })
  const level = levels()
  return {
    length: count,
    made: present.made,
    take: (rows) => {
      const values = new Array<unknown>(rows)
      for (let i = 0; i < rows; i++) values[i] = level() === 1 ? present.next() : null
      return values
    }
  }
}

const nested = (
  column: Column,
  layout: Layout,
  known: ReadonlyArray<unknown> | undefined,
  before: ReadonlyArray<unknown>
): ReadonlyArray<unknown> => {
  const { bytes, count, definitions, repetitions } = layout
  const levelsOf = (start: number, highest: number): Array<number> => {
    if (highest === 0) return []
    const next = runs(bytes, start, widthOf(highest), count)
    return Array.from({ length: count }, next)
  }
  const highest = getMaxDefinitionLevel(column.schemaPath)
  const defined = levelsOf(definitions, highest)
  const repeated = levelsOf(repetitions, getMaxRepetitionLevel(column.schemaPath))
  const there = highest === 0 ? count : defined.reduce((sum, level) => (level === highest ? sum + 1 : sum), 0)
  const { next } = presentOf(column, layout, known, () => there)
  const values = Array.from({ length: there }, next)
  const assembled = assembleLists([...before], defined, repeated, values, column.schemaPath)
  return Array.isArray(assembled) ? assembled : [...assembled]
}
