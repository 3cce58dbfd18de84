/** Values one after another, and the items of an envelope, as ranges of bytes. */
import * as Scan from "./jsonScan.ts"

const { budget } = Scan

/**
 * What stands at `[start, end)`. `damaged`, `cut-off` and `too-many` are the last piece and reach to the end of the bytes:
 * nothing behind their start can be told apart, is there yet, or is looked at.
 *
 * @since 1.0.0
 * @category models
 */
export type Piece =
  | {
      readonly kind: "value"
      readonly start: number
      readonly end: number
      /** What of the budget it breaks, for people; such a value is not to be parsed. */
      readonly breach: string | undefined
    }
  | {
      readonly kind: "damaged" | "cut-off" | "too-many"
      readonly start: number
      readonly end: number
      readonly detail: string
    }

export const tooDeep = `nested deeper than ${budget.depth} levels`

const breachIn = (start: number, { depth, end, values }: Scan.Scanned): string | undefined => {
  if (end - start > budget.bytes)
    return `too long: it has ${end - start} bytes, and the longest that is read ${budget.bytes}`
  if (depth > budget.depth) return tooDeep
  return values > budget.values
    ? `too full: it holds ${values} values, and at most ${budget.values} are read`
    : undefined
}

/** What of the budget the value in these bytes breaks; nothing when it is no whole value, which parsing will tell. */
export const breachOf = (bytes: Uint8Array, start: number, end: number): string | undefined => {
  const first = Scan.skipWhite(bytes, Scan.skipMark(bytes, start, end), end)
  return breachIn(first, Scan.scan(bytes, first, end))
}

const pieceOf = (bytes: Uint8Array, start: number, end: number): Piece => {
  const found = Scan.scan(bytes, start, end)
  return found.kind === "whole"
    ? { kind: "value", start, end: found.end, breach: breachIn(start, found) }
    : found.kind === "damaged"
      ? damaged(start, end, found.end)
      : cutOff(start, end)
}

const cutOff = (start: number, end: number): Piece => ({
  kind: "cut-off",
  start,
  end,
  detail: "cut off"
})

const damaged = (start: number, end: number, at: number): Piece => ({
  kind: "damaged",
  start,
  end,
  detail: `not JSON from byte ${at - start + 1} on`
})

const tooMany = (start: number, end: number): Piece => ({
  kind: "too-many",
  start,
  end,
  detail: `too many: only the first ${budget.items} items that stand together are read`
})

export function* values(bytes: Uint8Array, start = 0, end: number = bytes.length): Generator<Piece, void> {
  let at = Scan.skipWhite(bytes, Scan.skipMark(bytes, start, end), end)
  for (let count = 0; at < end; count++) {
    if (count === budget.items) return void (yield tooMany(at, end))
    const piece = pieceOf(bytes, at, end)
    yield piece
    if (piece.kind !== "value") return
    at = Scan.skipWhite(bytes, piece.end, end)
  }
}

export const items = (
  bytes: Uint8Array,
  start = 0,
  end: number = bytes.length
): Generator<Piece, void> | undefined => {
  const first = Scan.skipWhite(bytes, Scan.skipMark(bytes, start, end), end)
  if (bytes[first] === Scan.openArray) return ofArray(bytes, first, end)
  return bytes[first] === Scan.openObject && hasEvents(bytes, first, end)
    ? ofObject(bytes, first, end)
    : undefined
}

function* ofArray(bytes: Uint8Array, first: number, end: number): Generator<Piece, void> {
  const behind = yield* ofList(bytes, first, end, { items: 0 })
  if (behind !== undefined) yield* ofRest(bytes, behind, end)
}

function* ofObject(bytes: Uint8Array, first: number, end: number): Generator<Piece, void> {
  const counted = { items: 0 }
  let at = Scan.skipWhite(bytes, first + 1, end)
  for (;;) {
    const value = memberAt(bytes, at, end)
    if (typeof value !== "number") return void (yield value)
    const isEvents = isNamedEvents(bytes, at)
    let behind: number | undefined
    if (isEvents && bytes[value] === Scan.openArray) behind = yield* ofList(bytes, value, end, counted)
    else {
      const piece = pieceOf(bytes, value, end)
      if (isEvents || piece.kind !== "value") yield piece
      behind = piece.kind === "value" ? piece.end : undefined
    }
    if (behind === undefined) return
    at = Scan.skipWhite(bytes, behind, end)
    if (bytes[at] === Scan.closeObject && at < end) return yield* ofRest(bytes, at + 1, end)
    if (at < end && bytes[at] !== Scan.comma) return void (yield damaged(at, end, at))
    at = Scan.skipWhite(bytes, at + 1, end)
  }
}

/** Yields the items of the list that opens at `open`, and returns where it ends, if it does. */
function* ofList(
  bytes: Uint8Array,
  open: number,
  end: number,
  counted: { items: number }
): Generator<Piece, number | undefined> {
  let at = Scan.skipWhite(bytes, open + 1, end)
  if (bytes[at] === Scan.closeArray && at < end) return at + 1
  for (;;) {
    if (counted.items++ === budget.items) return void (yield tooMany(at, end))
    const piece = pieceOf(bytes, at, end)
    yield piece
    if (piece.kind !== "value") return undefined
    at = Scan.skipWhite(bytes, piece.end, end)
    if (bytes[at] === Scan.closeArray && at < end) return at + 1
    if (at < end && bytes[at] !== Scan.comma) return void (yield damaged(at, end, at))
    at = Scan.skipWhite(bytes, at + 1, end)
  }
}

function* ofRest(bytes: Uint8Array, behind: number, end: number): Generator<Piece, void> {
  const at = Scan.skipWhite(bytes, behind, end)
  if (at < end) yield damaged(at, end, at)
}

/** Where the value of the member stands whose name begins at `at`, or why there is none. */
const memberAt = (bytes: Uint8Array, at: number, end: number): number | Piece => {
  if (at >= end) return cutOff(at, end)
  if (bytes[at] !== Scan.quote) return damaged(at, end, at)
  const nameEnd = Scan.textEnd(bytes, at, end)
  if (nameEnd < 0) return damaged(at, end, ~nameEnd)
  if (nameEnd > end) return cutOff(at, end)
  const middle = Scan.skipWhite(bytes, nameEnd, end)
  if (middle < end && bytes[middle] !== Scan.colon) return damaged(at, end, middle)
  const value = Scan.skipWhite(bytes, middle + 1, end)
  return value < end ? value : cutOff(at, end)
}

const name = Buffer.from('"events"')

const isNamedEvents = (bytes: Uint8Array, at: number): boolean => {
  for (let i = 0; i < name.length; i++) if (bytes[at + i] !== name[i]) return false
  return true
}

/** Whether the object has a member of that name, as far as it can be read. */
const hasEvents = (bytes: Uint8Array, first: number, end: number): boolean => {
  for (let at = Scan.skipWhite(bytes, first + 1, end); ; at = Scan.skipWhite(bytes, at + 1, end)) {
    const value = memberAt(bytes, at, end)
    if (typeof value !== "number") return false
    if (isNamedEvents(bytes, at)) return true
    const piece = Scan.scan(bytes, value, end)
    if (piece.kind !== "whole") return false
    at = Scan.skipWhite(bytes, piece.end, end)
    if (at >= end || bytes[at] !== Scan.comma) return false
  }
}
