/** The values of one column of Parquet, as JSON has them. */
import type { SchemaElement } from "hyparquet"

/** A number that JSON does not hold: its row is none that can be read. */
export class Inexact {
  readonly text: string
  readonly why: string
  constructor(text: string, why: string) {
    this.text = text
    this.why = why
  }
  toJSON() {
    return this.text
  }
}

const beyond = "a whole number is beyond 2^53, and a double does not keep its digits"

/** What a value of the file becomes. */
export type Convert = (value: unknown) => unknown

const integer = (value: bigint): number | Inexact =>
  BigInt.asIntN(54, value) === value && value !== -(2n ** 53n)
    ? Number(value)
    : new Inexact(String(value), beyond)

const float = (value: number): number | Inexact =>
  Number.isFinite(value) ? value : new Inexact(String(value), "a number is beyond what JSON holds")

const bytesOf = (value: unknown): Buffer =>
  value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : Buffer.alloc(0)

const text: Convert = (value) => bytesOf(value).toString()
const base64: Convert = (value) => bytesOf(value).toString("base64")

const bigOf = (value: unknown): bigint => {
  if (typeof value === "bigint") return value
  if (typeof value === "number") return BigInt(value)
  const hex = bytesOf(value).toString("hex")
  return hex === "" ? 0n : BigInt.asIntN(hex.length * 4, BigInt(`0x${hex}`))
}

const decimal =
  (scale: number): Convert =>
  (value) => {
    const all = bigOf(value)
    const digits = String(all < 0n ? -all : all).padStart(scale + 1, "0")
    const sign = all < 0n ? "-" : ""
    const written = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`
    // So many significant digits a double keeps.
    return digits.replace(/^0+/, "").length <= 15
      ? Number(sign + written)
      : new Inexact(sign + written, "a decimal has more than 15 digits, and a double does not keep them")
  }

const dateOf = (milliseconds: number): Date | Inexact =>
  Math.abs(milliseconds) <= 8.64e15
    ? new Date(milliseconds)
    : new Inexact(String(milliseconds), "a time is beyond what a date holds")

/** Rounded down, as whole milliseconds of the time before. */
const time =
  (perMillisecond: bigint): Convert =>
  (value) => {
    const given = bigOf(value)
    const rest = given % perMillisecond
    return dateOf(Number((given - rest) / perMillisecond) - (rest < 0n ? 1 : 0))
  }

/** Spark's old times: nanoseconds of a day, and the day by the Julian calendar. */
const int96: Convert = (value) => {
  const all = bigOf(value)
  const days = Number((all >> 64n) - 2_440_588n)
  return dateOf(days * 86_400_000 + Number((all & 0xffff_ffff_ffff_ffffn) / 1_000_000n))
}

const float16: Convert = (value) => {
  const bits = bytesOf(value).readUInt16LE(0)
  const sign = bits >> 15 === 1 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = (bits & 1023) / 1024
  if (exponent === 31) return float(fraction > 0 ? Number.NaN : sign * Number.POSITIVE_INFINITY)
  return sign * (exponent === 0 ? 2 ** -14 * fraction : 2 ** (exponent - 15) * (1 + fraction))
}

const uuid: Convert = (value) =>
  bytesOf(value)
    .toString("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")

const units: ReadonlyMap<string, bigint> = new Map([
  ["MILLIS", 1n],
  ["MICROS", 1000n],
  ["NANOS", 1_000_000n]
])

const textual: ReadonlySet<string | undefined> = new Set([undefined, "UTF8", "JSON", "ENUM"])

/** What becomes of the values of a column: texts, numbers, truths and times; bytes of another kind are base64. */
export const converterOf = ({ converted_type, logical_type, scale, type }: SchemaElement): Convert => {
  const is = (kind: string) => logical_type?.type === kind
  if (converted_type === "DECIMAL" || is("DECIMAL")) {
    return decimal((logical_type?.type === "DECIMAL" ? logical_type.scale : scale) ?? 0)
  }
  if (logical_type?.type === "TIMESTAMP") return time(units.get(logical_type.unit) ?? 1n)
  if (converted_type === "TIMESTAMP_MILLIS") return time(1n)
  if (converted_type === "TIMESTAMP_MICROS") return time(1000n)
  if (type === "INT96") return int96
  if (converted_type === "DATE" || is("DATE")) {
    return (value) => {
      const date = dateOf(Number(value) * 86_400_000)
      return date instanceof Date ? date.toISOString().slice(0, -14) : date
    }
  }
  const isUnsigned =
    converted_type?.startsWith("UINT_") || (logical_type?.type === "INTEGER" && !logical_type.isSigned)
  if (type === "INT64") {
    return isUnsigned
      ? (value) => integer(BigInt.asUintN(64, bigOf(value)))
      : (value) => integer(bigOf(value))
  }
  if (type === "INT32") return isUnsigned ? (value) => Number(value) >>> 0 : Number
  if (type === "FLOAT" || type === "DOUBLE") return (value) => float(Number(value))
  if (type === "BOOLEAN") return Boolean
  if (is("UUID")) return uuid
  if (is("FLOAT16")) return float16
  const isText = type === "BYTE_ARRAY" && textual.has(converted_type)
  return isText && [undefined, "STRING", "JSON", "ENUM"].includes(logical_type?.type) ? text : base64
}
