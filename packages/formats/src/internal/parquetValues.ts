/** The values of a Parquet page as it spells them, looked at before a library reads them, which follows the bytes' own word. */
import type { DecodedArray, ParquetType } from "hyparquet"
import { deltaBinaryUnpack, deltaByteArray, deltaLengthByteArray } from "hyparquet/src/delta.js"
import { byteStreamSplit } from "hyparquet/src/encoding.js"
import { readPlain } from "hyparquet/src/plain.js"
import { Damaged, runs, varint } from "./parquetRuns.ts"

/** Differences of numbers, of which there are `count`. */
const checkDeltas = (bytes: Uint8Array, start: number, count: number): void => {
  const [block, behindBlock] = varint(bytes, start)
  const [parts, behindParts] = varint(bytes, behindBlock)
  const [told] = varint(bytes, behindParts)
  if (block === 0 || parts === 0 || block > 1_000_000 || (block / parts) % 8 !== 0) {
    throw new Damaged("a block of numbers has no length")
  }
  if (told !== count) throw new Damaged("its counts differ")
}

/** Texts of which each may repeat the beginning of the one before it: a few bytes may stand for very many. */
const checkPrefixes = (reader: Reader, bytes: Uint8Array, count: number, limit: number): void => {
  const { view } = reader
  checkDeltas(bytes, reader.offset, count)
  const at = { view, offset: reader.offset }
  const prefixes = new Int32Array(count)
  deltaBinaryUnpack(at, count, prefixes)
  checkDeltas(bytes, at.offset, count)
  const suffixes = new Int32Array(count)
  deltaBinaryUnpack(at, count, suffixes)
  let before = 0
  let size = 0
  for (let i = 0; i < count; i++) {
    if (prefixes[i]! < 0 || suffixes[i]! < 0 || prefixes[i]! > before) {
      throw new Damaged("a length is wrong")
    }
    before = prefixes[i]! + suffixes[i]!
    size += before
    if (size > limit) throw new Damaged("it holds far more text than bytes")
  }
}

interface Reader {
  readonly view: DataView
  offset: number
}

export interface Spelled {
  /** In memory of their own: what reads values looks at nothing but the memory's end. */
  readonly bytes: Uint8Array
  readonly start: number
  readonly encoding: string | undefined
  readonly type: ParquetType
  readonly typeLength: number | undefined
  readonly count: number
  /** Bytes of texts that are put together. */
  readonly limit: number
}

/** All values, of an encoding that names none by its place in a dictionary. */
export const valuesOf = ({
  bytes,
  count,
  encoding,
  limit,
  start,
  type,
  typeLength
}: Spelled): DecodedArray => {
  if (count === 0) return []
  const reader: Reader = {
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    offset: start
  }
  switch (encoding) {
    case "PLAIN":
      return readPlain(reader, type, count, typeLength)
    case "RLE": {
      if (type !== "BOOLEAN") break
      const next = runs(bytes, start + 4, 1, count)
      return Array.from({ length: count }, () => next() === 1)
    }
    case "DELTA_BINARY_PACKED": {
      checkDeltas(bytes, start, count)
      const numbers = type === "INT32" ? new Int32Array(count) : new BigInt64Array(count)
      deltaBinaryUnpack(reader, count, numbers)
      return numbers
    }
    case "DELTA_LENGTH_BYTE_ARRAY": {
      checkDeltas(bytes, start, count)
      const texts = new Array<Uint8Array>(count)
      deltaLengthByteArray(reader, count, texts)
      return texts
    }
    case "DELTA_BYTE_ARRAY": {
      checkPrefixes(reader, bytes, count, limit)
      const texts = new Array<Uint8Array>(count)
      deltaByteArray(reader, count, texts)
      return texts
    }
    case "BYTE_STREAM_SPLIT":
      return byteStreamSplit(reader, count, type, typeLength)
  }
  throw new Damaged(`its values are spelled in a way that is not read: ${encoding ?? "one without a name"}`)
}

/** Texts one behind the other, each behind its length, as they are asked for. */
export const texts = (bytes: Uint8Array, start: number): (() => Uint8Array) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = start
  return () => {
    const from = at + 4
    if (from > bytes.length) throw new Damaged("it ends too early")
    at = from + view.getUint32(at, true)
    if (at > bytes.length) throw new Damaged("it ends too early")
    return bytes.subarray(from, at)
  }
}
