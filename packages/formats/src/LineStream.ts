/**
 * Events in a stream of bytes whose pieces end anywhere, one a line or as they come, in bounded memory. A bad line becomes
 * one dead letter, and so does a line, or an object over several, beyond 8 MiB.
 *
 * @since 1.0.0
 */
import type { Unreadable } from "@millrace/core/Codec"
import type { Event } from "@millrace/core/Event"
import { rawLimit } from "@millrace/core/Intake"
import * as JsonLines from "@millrace/core/JsonLines"
import type { ChunkBuilder } from "./ChunkBuilder.ts"
import type { Lines } from "./Format.ts"
import { longest, readerOf } from "./internal/takeObject.ts"

/** Bytes that are looked at again with every piece. */
const small = 4096

const newline = 10

interface TooLong {
  /** Its beginning. */
  readonly raw: Buffer
  readonly size: number
  readonly line: number
  readonly isLine: boolean
}

/**
 * A stream as it comes. Its events and bad records go to a chunk builder, which is to be emptied when a walk stops.
 *
 * @since 1.0.0
 * @category models
 */
export interface LineStream {
  /** Takes a piece into memory; `walk` may be worth it when it says so. */
  readonly add: (piece: Buffer) => boolean
  /** Whether it ends with what may end an object: without another piece to come, it is worth a walk. */
  readonly isLikelyWhole: () => boolean
  /** Hands on what is whole, until the chunk is full; `true` when it stopped for that. */
  readonly walk: () => boolean
  /** The same of what is left at the end of the stream, be it whole or not. */
  readonly finish: () => boolean
}

/**
 * A stream that begins now. `onUsed` is told how many bytes were used up.
 *
 * @since 1.0.0
 * @category constructors
 */
export const make = <E extends Event>(
  format: Lines<E>,
  builder: Pick<ChunkBuilder<E>, "add" | "bury" | "isFull">,
  onUsed: (bytes: number) => void
): LineStream => {
  const onTooLong = ({ isLine, line, raw, size }: TooLong): void => {
    const what = isLine ? "the line has" : "the object has more than"
    const detail = `${what} ${size} bytes; the longest that is read has ${longest}`
    builder.bury({ reason: "too-long", detail, position: `line ${line}`, raw })
  }
  const reader = bounded(
    readerOf(format, builder, (line) => `line ${line}`),
    onTooLong
  )
  // Its room doubles, so that a writer of single bytes costs no more than any other.
  let room = Buffer.alloc(0)
  let start = 0
  let end = 0
  let lines = 0
  let plain = 0
  let open: JsonLines.Walked["open"]
  /** What was left when it was last looked at. */
  let seen = 0
  /** A line that is too long, up to its end. */
  let passing: { readonly raw: Buffer; size: number } | undefined

  const left = () => room.subarray(start, end)

  const keep = (piece: Buffer): void => {
    if (end + piece.length > room.length) {
      const length = end - start
      const target =
        length + piece.length > room.length / 2
          ? Buffer.allocUnsafeSlow(Math.max(small, (length + piece.length) * 2))
          : room
      room.copy(target, 0, start, end)
      plain -= start
      room = target
      start = 0
      end = length
    }
    end += piece.copy(room, end)
  }

  const forget = (): void => {
    start = end = seen = plain = 0
    open = undefined
    if (room.length > rawLimit) room = Buffer.alloc(0)
  }

  const endPassing = (found: { readonly raw: Buffer; readonly size: number }): void => {
    passing = undefined
    onTooLong({ ...found, line: lines + 1, isLine: true })
    onUsed(found.size)
  }

  /** The rest of a piece behind the line that is passed over; nothing while that has no end. */
  const behindPassed = (piece: Buffer): Buffer | undefined => {
    if (passing === undefined) return piece
    const at = piece.indexOf(newline)
    passing.size += at < 0 ? piece.length : at
    if (at < 0) return undefined
    endPassing(passing)
    lines++
    onUsed(1)
    return piece.subarray(at + 1)
  }

  const passOver = (): void => {
    const bytes = left()
    const raw = Buffer.from(bytes.subarray(0, rawLimit))
    const last = open === "object" ? bytes.lastIndexOf(newline) : -1
    if (last < 0) {
      passing = { raw, size: bytes.length }
      forget()
      return
    }
    onTooLong({ raw, size: last, line: lines + 1, isLine: false })
    for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1)) lines++
    onUsed(last + 1)
    start += last + 1
    open = undefined
  }

  const walk = (): boolean => {
    const base = start
    const walked = JsonLines.walk(left(), { at: 0, lines, plain: plain - base }, reader)
    lines = walked.lines
    plain = base + walked.plain
    open = walked.open
    start = base + walked.at
    seen = end - start
    onUsed(walked.at)
    if (open === undefined && start < end) return true
    if (seen > longest) passOver()
    if (start === end) forget()
    return false
  }

  return {
    add: (piece) => {
      const rest = behindPassed(piece)
      if (rest === undefined) return false
      keep(rest)
      const size = end - start
      return (
        size < small || size >= 2 * seen || size > longest || (open !== "object" && rest.includes(newline))
      )
    },
    isLikelyWhole: () => {
      let at = end
      while (at > start && room[at - 1]! <= 0x20) at--
      return at > start && room[at - 1] === 0x7d
    },
    walk,
    finish: () => {
      if (passing !== undefined) endPassing(passing)
      if (start < end && walk()) return true
      // An object that has no end is but a broken line when another line begins with an object.
      if (open === "object" && left().includes("\n{")) {
        plain = end
        if (walk()) return true
      }
      const bytes = left()
      if (bytes.some((byte) => byte > 0x20)) {
        const why = reader.take(bytes, 0, bytes.length, lines + 1)
        if (why !== undefined)
          reader.bury({ bytes, start: 0, end: bytes.length, line: lines + 1 }, why, false)
      }
      onUsed(bytes.length)
      forget()
      return false
    }
  }
}

// internal

const tooLong: Unreadable = { reason: "too-long", detail: "" }

/** A line that is too long may be several objects: each is looked at by itself then. */
const bounded = (reader: JsonLines.Visitor, onTooLong: (found: TooLong) => void): JsonLines.Visitor => ({
  isFull: reader.isFull,
  take: (bytes, start, end, line) => (end - start > longest ? tooLong : reader.take(bytes, start, end, line)),
  bury: (record, why, isObject) => {
    const { bytes, end, line, start } = record
    if (end - start <= longest) return reader.bury(record, why, isObject)
    const raw = Buffer.from(bytes.subarray(start, start + rawLimit))
    onTooLong({ raw, size: end - start, line, isLine: true })
  }
})
