/** NDJSON: one event a line, split as bytes. */
import { crc32 } from "node:zlib"
import { CustomHttp } from "@millrace/events-braze"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Place } from "./checkpoint.ts"
import * as Gather from "./gather.ts"
import { windowSize } from "./input.ts"
import { end, gatherOf, passGap, type Reading, replaced } from "./reading.ts"

/** The longest line that is read. */
const lineLimit = 8 * 1024 * 1024
/** The file is known again by so many bytes at its start, as far as they were taken. */
const markSize = 1024
const newline = 10
const carriageReturn = 13

/** Reads a file from where it stands; tells what is left when its last line is cut off. */
export const readLines = Effect.fnUntraced(function* (reading: Reading) {
  const { file, input, from } = reading
  const start = Buffer.from((yield* input.fill(markSize)).subarray(0, markSize))
  const placeAt = (at: number, count: number): Place => ({ at, count, mark: crc32(start.subarray(0, at)) })
  if (from !== undefined && placeAt(from.at, 0).mark !== from.mark) return yield* replaced(file)
  if (!(yield* input.jump(from?.at ?? 0))) return yield* replaced(file)
  const gather = gatherOf(reading, { codec: CustomHttp.codec.name, parameter: "" })
  let lines = from?.count ?? 0

  for (let wanted = windowSize; ; ) {
    const view = yield* input.fill(wanted)
    const over = input.ending() !== undefined
    const length = view.lastIndexOf(newline) + 1
    if (length > 0) {
      wanted = windowSize
      const base = input.position()
      let at = 0
      while (at < length && !gather.isFull()) {
        const next = view.indexOf(newline, at) + 1
        takeLine(gather, view, at, next - 1, `line ${++lines}, byte ${base + at}`)
        at = next
      }
      input.skip(at)
      if (gather.isFull()) yield* gather.flush(placeAt(base + at, lines))
    } else if (view.length > lineLimit) {
      const at = input.position()
      yield* gather.flush(placeAt(at, lines))
      const { found, size, raw } = yield* passLine(reading)
      if (!found) return yield* end(reading, gather, placeAt(at, lines), lastLine)
      const detail = `the line has ${size} bytes; the longest that is read has ${lineLimit}`
      gather.bury({ reason: "too-long", detail, position: `line ${++lines}, byte ${at}`, raw })
    } else if (over) {
      const at = input.position()
      const isTaken = input.ending() !== "cut-off" && takeLastLine(gather, Buffer.from(view), lines, at)
      if (isTaken) input.skip(view.length)
      if (input.ending() === "broken") {
        if (!isTaken && view.length > 0) {
          const position = `line ${lines + 1}, byte ${at}`
          gather.bury({ reason: "malformed", detail: brokenOff, position, raw: Buffer.from(view) })
          input.skip(view.length)
        }
        passGap(reading, gather)
        continue
      }
      const left = isTaken || view.length === 0 ? undefined : lastLine
      return yield* end(reading, gather, placeAt(input.position(), lines), left)
    } else wanted = Math.min(view.length * 2, lineLimit + 1)
  }
})

const brokenOff = "the line is broken off: what follows in the file cannot be unpacked"
const lastLine = "the last line is incomplete"
const decode = CustomHttp.codec.decoder(CustomHttp.codec.name)

const isBlank = (bytes: Buffer, start: number, end: number): boolean =>
  end === start || (end === start + 1 && bytes[start] === carriageReturn)

const takeLine = (
  gather: Gather.Gather,
  bytes: Buffer,
  start: number,
  end: number,
  position: string
): void => {
  if (isBlank(bytes, start, end)) return
  const stop = bytes[end - 1] === carriageReturn ? end - 1 : end
  const result = decode(bytes, start, stop)
  if (Result.isSuccess(result)) {
    gather.add(result.success, bytes, start, stop)
    return
  }
  const raw = Buffer.from(bytes.subarray(start, stop))
  if (result.failure.reason === "not-an-event" && takeEnvelope(gather, raw, position)) return
  gather.bury({ ...result.failure, position, raw })
}

/** A line may hold a whole request of Custom HTTP: its events are taken one by one. */
const takeEnvelope = (gather: Gather.Gather, line: Buffer, position: string): boolean => {
  if (!/^\s*\{\s*"events"\s*:\s*\[/.test(line.toString("latin1", 0, 64))) return false
  const items = Result.getOrElse(CustomHttp.decodeEnvelope(line), () => [])
  for (const [index, { value, result }] of items.entries()) {
    const bytes = Buffer.from(JSON.stringify(value))
    if (Result.isSuccess(result)) gather.add(result.success, bytes, 0, bytes.length)
    else gather.bury({ ...result.failure, position: `${position}, event ${index + 1}`, raw: bytes })
  }
  return true
}

/** Takes a last line that no newline ends, if it is whole: an event that is cut off is no JSON. */
const takeLastLine = (gather: Gather.Gather, bytes: Buffer, lines: number, at: number): boolean => {
  const result = decode(bytes, 0, bytes.length)
  if (Result.isFailure(result) && result.failure.reason === "malformed") return false
  takeLine(gather, bytes, 0, bytes.length, `line ${lines + 1}, byte ${at}`)
  return true
}

/** Passes over the line at which the input stands, in bounded memory. */
const passLine = Effect.fnUntraced(function* ({ input }: Reading) {
  const raw = Buffer.from((yield* input.fill(Gather.rawLimit)).subarray(0, Gather.rawLimit))
  for (let size = 0; ; ) {
    const view = yield* input.fill(windowSize)
    const at = view.indexOf(newline)
    const found = at >= 0
    input.skip(found ? at + 1 : view.length)
    size += found ? at : view.length
    if (found || input.ending() !== undefined) return { found, size, raw }
  }
})
