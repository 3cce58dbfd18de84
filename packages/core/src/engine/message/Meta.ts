/**
 * What a plugin gives to `deliver` beside a message: in memory with it, never stored, and measured so that memory stays
 * bounded.
 */

export interface Meta {
  readonly value: unknown
  /** What it takes in memory, about. */
  readonly bytes: number
}

/** Deeper than this, or in a circle, it is no small piece of data. */
const deepest = 32

/** What a value takes beside what it holds. */
const each = 8

/** Costs nothing where there is none. Beyond `most` it is not measured to its end. */
export const of = (value: unknown, most: number): Meta | undefined =>
  value === undefined ? undefined : { value, bytes: bytesOf(value, most, deepest) }

const bytesOf = (value: unknown, most: number, depth: number): number => {
  if (typeof value === "string") return each + 2 * value.length
  if (typeof value !== "object" || value === null) return each
  if (ArrayBuffer.isView(value)) return each + value.byteLength
  if (value instanceof ArrayBuffer) return each + value.byteLength
  if (depth === 0) return Infinity
  let bytes = each
  for (const part of value instanceof Map ? [...value].flat() : partsOf(value)) {
    bytes += bytesOf(part, most - bytes, depth - 1)
    if (bytes > most) return bytes
  }
  return bytes
}

const partsOf = (value: object): Iterable<unknown> =>
  Array.isArray(value) || value instanceof Set ? value : Object.entries(value).flat()
