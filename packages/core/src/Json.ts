/**
 * JSON from elsewhere: within a budget, and with the numbers that were written.
 *
 * `values` and `items` find where values stand in bytes before any of them is parsed, in memory that does not grow with
 * them; `parse` reads one of them. A whole number whose digits a double does not keep, and a number beyond what a double
 * holds, cannot be read: it would arrive as another one.
 *
 * @since 1.0.0
 */
import * as Result from "effect/Result"
import * as Inspect from "./internal/jsonInspect.ts"
import type { Piece } from "./internal/jsonItems.ts"
import * as Items from "./internal/jsonItems.ts"
import * as Scan from "./internal/jsonScan.ts"
import type { Unreadable } from "./internal/unreadable.ts"

export type { Piece } from "./internal/jsonItems.ts"

/**
 * What one record may hold, whatever it came in. A value counts with every value in it, and names count not; `depth` is
 * how many lists and objects stand in each other. `items` is how many records one line or one body may hold.
 *
 * @since 1.0.0
 * @category models
 */
export const budget: {
  readonly bytes: number
  readonly depth: number
  readonly values: number
  readonly items: number
} = Scan.budget

/**
 * The values that stand one after another in `bytes[start, end)`, with white space between them or without.
 *
 * @since 1.0.0
 * @category conversions
 */
export const values: (bytes: Uint8Array, start?: number, end?: number) => Generator<Piece, void> =
  Items.values

/**
 * The items of a list, or of the list called `events` in an object, as requests of Custom HTTP have it; `undefined` when
 * the first value is neither. Anything else than a list under that name is its one item.
 *
 * @since 1.0.0
 * @category conversions
 */
export const items: (bytes: Uint8Array, start?: number, end?: number) => Generator<Piece, void> | undefined =
  Items.items

/**
 * What `parse` says of bytes that are no JSON, as opposed to JSON that is not to be read.
 *
 * @since 1.0.0
 * @category models
 */
export const notJson = "not JSON"

/** Records up to here cannot hold harmful counts: they are looked at once parsed, which costs least. */
const small = 64 * 1024

const text = new TextDecoder("utf-8", { fatal: true })

const malformed = (detail: string): Result.Result<never, Unreadable> =>
  Result.fail({ reason: "malformed", detail })

/**
 * The one value in `bytes[start, end)`, UTF-8. Unreadable as `malformed`. Half of a surrogate pair, which only an escape
 * can write, becomes U+FFFD.
 *
 * @since 1.0.0
 * @category conversions
 */
export const parse = (
  bytes: Uint8Array,
  start = 0,
  end: number = bytes.length
): Result.Result<unknown, Unreadable> => {
  if (end - start > small) {
    const breach = Items.breachOf(bytes, start, end)
    if (breach !== undefined) return malformed(breach)
  }
  try {
    return read(text.decode(bytes.subarray(start, end)))
  } catch {
    return malformed("not UTF-8")
  }
}

/**
 * The same of a text.
 *
 * @since 1.0.0
 * @category conversions
 */
export const parseText = (given: string): Result.Result<unknown, Unreadable> =>
  given.length > small ? parse(Buffer.from(given)) : read(given)

const read = (given: string): Result.Result<unknown, Unreadable> => {
  let value: unknown
  try {
    value = JSON.parse(given)
  } catch {
    return malformed(notJson)
  }
  const sight = Inspect.look(value, 0)
  if (sight === Inspect.tooDeep) return malformed(Items.tooDeep)
  if (sight === Inspect.doubtful) {
    const fault = Inspect.numberFault(given)
    if (fault !== undefined) return malformed(fault)
  }
  return Result.succeed(Inspect.isBroken(given) ? Inspect.mended(value) : value)
}

/**
 * What of the budget a value breaks that was not parsed here, for people; `undefined` when it keeps it.
 *
 * @since 1.0.0
 * @category conversions
 */
export const breach = (value: unknown): string | undefined =>
  Inspect.look(value, 0) === Inspect.tooDeep ? Items.tooDeep : undefined
