/** JSON in lines, split as bytes: one event a line, or as it comes. */
import { crc32 } from "node:zlib"
import type { Event } from "@millrace/core/Event"
import { rawLimit } from "@millrace/core/Intake"
import * as JsonLines from "@millrace/core/JsonLines"
import * as Effect from "effect/Effect"
import type { Place } from "../Checkpoint.ts"
import { type Input, windowSize } from "./input.ts"
import { end, gatherOf, passGap, type Reading, replaced } from "./reading.ts"
import { longest, readerOf } from "./takeObject.ts"

/** The split is known again by so many bytes at its start, as far as they were taken. */
const markSize = 1024
const newline = 10

/** Reads a split from where it stands; tells what is left when its last line is cut off. */
export const readLines = Effect.fnUntraced(function* <E extends Event>(reading: Reading<E>) {
  const { split, input, format, from } = reading
  const start = Buffer.from((yield* input.fill(markSize)).subarray(0, markSize))
  const placeAt = (at: number, count: number): Place => ({ at, count, mark: crc32(start.subarray(0, at)) })
  if (from !== undefined && placeAt(from.at, 0).mark !== from.mark) return yield* replaced(split)
  if (!(yield* input.jump(from?.at ?? 0))) return yield* replaced(split)
  const gather = gatherOf(reading, { codec: format.lines.codec.name, parameter: "" })
  const reader = readerOf(
    format.lines,
    gather,
    (line, start) => `line ${line}, byte ${input.position() + start}`
  )
  let lines = from?.count ?? 0
  /** In the split: up to here no object goes over several lines. */
  let plain = 0

  const walk = (bytes: Buffer): JsonLines.Walked => {
    const base = input.position()
    const walked = JsonLines.walk(bytes, { at: 0, lines, plain: plain - base }, reader)
    lines = walked.lines
    plain = base + walked.plain
    input.skip(walked.at)
    return walked
  }

  for (let wanted = windowSize; ; ) {
    const view = yield* input.fill(wanted)
    const { at, open } = walk(view)
    if (gather.isFull()) yield* gather.flush(placeAt(input.position(), lines))
    const left = view.subarray(at)
    if (open === undefined && left.length > 0) continue
    if (input.ending() === undefined && left.length <= longest) {
      wanted = Math.max(windowSize, Math.min(left.length * 2, longest + 1))
    } else if (left.length > longest) {
      const position = `line ${lines + 1}, byte ${input.position()}`
      const stands = placeAt(input.position(), lines)
      yield* gather.flush(stands)
      const isLine = open === "line" || !left.includes(newline)
      const { found, size, raw } = yield* isLine ? passLine(input) : passRest(input)
      if (isLine && !found && input.ending() !== "broken")
        return yield* end(reading, gather, stands, lastLine)
      if (found) lines++
      const what = isLine ? "the line" : "the object over several lines, with what follows,"
      const detail = `${what} has ${size} bytes; the longest that is read has ${longest}`
      gather.bury({ reason: "too-long", detail, position, raw })
    } else if (isBlank(left)) {
      input.skip(left.length)
      if (input.ending() !== "broken") return yield* end(reading, gather, placeAt(input.position(), lines))
      passGap(reading, gather)
    } else if (open === "object" && isBroken(left)) {
      plain = input.position() + left.length
    } else if (input.ending() === "whole" && open === "line" && takeLast(reader, left, lines)) {
      input.skip(left.length)
    } else if (input.ending() === "broken") {
      const why = { reason: "malformed", detail: brokenOff }
      if (open === "object" || !takeLast(reader, left, lines)) {
        reader.bury({ bytes: left, start: 0, end: left.length, line: lines + 1 }, why, false)
      }
      input.skip(left.length)
    } else {
      const what = open === "object" && left.includes(newline) ? lastObject : lastLine
      return yield* end(reading, gather, placeAt(input.position(), lines), what)
    }
  }
})

const brokenOff = "it is broken off: what follows in the file cannot be unpacked"
const lastLine = "the last line is incomplete"
const lastObject = "the last object is incomplete"

const isBlank = (bytes: Buffer): boolean =>
  /^[ \t\r\n]*$/.test(bytes.toString("latin1", 0, 4096)) && bytes.every(isWhite)
const isWhite = (byte: number): boolean => byte === 32 || (byte >= 9 && byte <= 13)

/** Whether an object that does not end is but a broken line: another line begins with an object. Printed ones are indented. */
const isBroken = (bytes: Buffer): boolean => bytes.includes("\n{")

/** Takes a last line that no newline ends, if it is whole: what is cut off is no JSON. */
const takeLast = ({ take }: JsonLines.Visitor, bytes: Buffer, lines: number): boolean =>
  take(bytes, 0, bytes.length, lines + 1) === undefined

/** Passes over the line at which the input stands, in bounded memory. */
const passLine = (input: Input) => pass(input, newline)

/** The same of all that is left. */
const passRest = (input: Input) => pass(input)

const pass = Effect.fnUntraced(function* (input: Input, until?: number) {
  const raw = Buffer.from((yield* input.fill(rawLimit)).subarray(0, rawLimit))
  for (let size = 0; ; ) {
    const view = yield* input.fill(windowSize)
    const at = until === undefined ? -1 : view.indexOf(until)
    const found = at >= 0
    input.skip(found ? at + 1 : view.length)
    size += found ? at : view.length
    if (found || input.ending() !== undefined) return { found, size, raw }
  }
})
