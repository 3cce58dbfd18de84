/**
 * JSON objects in lines: one a line, as they should be, and as they are found. Objects may stand in one line without
 * anything between them, be printed over several lines, and lines may end in a carriage return alone. A line that is
 * broken costs itself alone.
 *
 * @since 1.0.0
 */
import type { Unreadable } from "./Codec.ts"
import * as Scan from "./internal/jsonScan.ts"
import * as Span from "./internal/jsonSpan.ts"
import * as Json from "./Json.ts"

/**
 * What stands at `bytes[start, end)`, and in which line it begins.
 *
 * @since 1.0.0
 * @category models
 */
export interface Record {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
  readonly line: number
}

/**
 * What is done with the records.
 *
 * @since 1.0.0
 * @category models
 */
export interface Visitor {
  /** Takes the record at `[start, end)`; what is no JSON it leaves and says why. */
  readonly take: (bytes: Buffer, start: number, end: number, line: number) => Unreadable | undefined
  /** Keeps what cannot be taken. `isObject`: its brackets match, so that parts of it may be read. */
  readonly bury: (record: Record, why: Unreadable, isObject: boolean) => void
  /** Whether to stop for now. */
  readonly isFull: () => boolean
}

/**
 * How far lines are read.
 *
 * @since 1.0.0
 * @category models
 */
export interface Walked {
  /** The first byte that is not read. */
  readonly at: number
  /** Line ends before it. */
  readonly lines: number
  /** Up to here no object goes over several lines. */
  readonly plain: number
  /** What is cut off at the end of the bytes and stands at `at`: a line, or an object with all its lines. */
  readonly open: "line" | "object" | undefined
}

const newline = 10
const carriageReturn = 13

const notJson: Unreadable = { reason: "malformed", detail: Json.notJson }

/** Line ends among bytes, a carriage return alone being one. */
const endsIn = (bytes: Buffer, start: number, end: number): number => {
  let ends = 0
  for (let at = start; at < end; at++) {
    const byte = bytes[at]
    if (byte === newline || (byte === carriageReturn && bytes[at + 1] !== newline)) ends++
  }
  return ends
}

/** A carriage return that ends a line because an object follows it; -1 for none. */
const returnIn = (bytes: Buffer, start: number, end: number): number => {
  for (let at = bytes.indexOf(carriageReturn, start); at >= 0 && at < end; ) {
    const next = Scan.skipWhite(bytes, at, end)
    if (next < end && bytes[next] === Scan.openObject) return at
    at = bytes.indexOf(carriageReturn, at + 1)
  }
  return -1
}

/**
 * Hands on what stands in `bytes` from `from.at` on, until the visitor is full or what remains is cut off. A line is one
 * record wherever it is one by itself.
 *
 * @since 1.0.0
 * @category conversions
 */
export const walk = (bytes: Buffer, from: Omit<Walked, "open">, visitor: Visitor): Walked => {
  let { at, lines, plain } = from
  /** The next line end, or the end of the bytes. */
  let end = -1
  /** Whether something of the line was taken, so that it is no record as a whole. */
  let isBegun = false
  const walked = (open: Walked["open"]): Walked => ({ at, lines, plain, open })
  const nextLine = (behind: number) => {
    at = behind
    lines++
    isBegun = false
  }

  while (at < bytes.length && !visitor.isFull()) {
    if (end < at) {
      end = bytes.indexOf(newline, at)
      if (end < 0) end = bytes.length
    }
    const isEnded = end < bytes.length
    const stop = isEnded && bytes[end - 1] === carriageReturn && end > at ? end - 1 : end
    let why = notJson
    if (isEnded && !isBegun) {
      const failure = stop === at ? undefined : visitor.take(bytes, at, stop, lines + 1)
      if (failure === undefined) {
        nextLine(end + 1)
        continue
      }
      why = failure
    }
    const first = Scan.skipWhite(bytes, Scan.skipMark(bytes, at, end), end)
    if (isEnded && first >= stop) {
      nextLine(end + 1)
      continue
    }
    if (first >= end) return walked("line")
    lines += endsIn(bytes, at, first)
    if (bytes[first] === Scan.openObject) {
      const limit = first < plain ? end : bytes.length
      const span = Span.ofObject(bytes, first, limit)
      if (span.kind === "whole") {
        const failure = visitor.take(bytes, first, span.end, lines + 1)
        if (failure !== undefined)
          visitor.bury({ bytes, start: first, end: span.end, line: lines + 1 }, failure, true)
        lines += endsIn(bytes, first, span.end)
        at = span.end
        isBegun = true
        continue
      }
      if (span.kind === "cut-off" && limit === bytes.length) {
        at = first
        return walked("object")
      }
      plain = Math.max(plain, span.end)
    }
    const behind = returnIn(bytes, first, stop)
    if (behind < 0 && !isEnded) {
      at = first
      return walked("line")
    }
    // Of a line of which nothing was taken, all is kept.
    const start = isBegun ? first : at
    visitor.bury({ bytes, start, end: behind < 0 ? stop : behind, line: lines + 1 }, why, false)
    if (behind < 0) nextLine(end + 1)
    else {
      at = behind
      isBegun = true
    }
  }
  return walked(undefined)
}
