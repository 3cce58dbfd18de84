/** Reads a stream to its end: what it has now goes out together, and what it will have is waited for. */
import type { Readable } from "node:stream"
import type { Event } from "@millrace/core/Event"
import type { Intake } from "@millrace/core/Intake"
import type * as JsonLines from "@millrace/core/JsonLines"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { Format } from "./format.ts"
import * as Gather from "./gather.ts"
import * as Input from "./input.ts"
import * as Records from "./records.ts"

/** How long events wait for others of their chunk; a pipe holds less than a chunk at a time. */
const linger = "10 millis"

/** Bytes that are taken into memory at a time. */
const slice = 64 * 1024

export const read = Effect.fnUntraced(function* <E extends Event>(
  open: () => Readable,
  format: Format<E>,
  intake: Intake<E>
) {
  const input = yield* Input.open(open)
  if (input.isTerminal) {
    yield* Effect.logInfo("reading events from the terminal, one a line; end with Ctrl-D on an empty line")
  }
  const gather = Gather.make(intake, format.codec)
  const records = Records.make(readerOf(format, gather), buryTooLong(gather), gather.use)
  /** Hands on what is there, in chunks. */
  const takeAll = (walk: () => boolean) =>
    Effect.gen(function* () {
      while (walk()) yield* gather.flush
      if (gather.isFull()) yield* gather.flush
    })

  for (;;) {
    const piece = input.read()
    if (piece !== undefined) {
      for (let at = 0; at < piece.length; at += slice) {
        if (records.add(piece.subarray(at, at + slice))) yield* takeAll(records.walk)
      }
      continue
    }
    if (input.isOver()) break
    if (records.isLikelyWhole()) yield* takeAll(records.walk)
    if (gather.isEmpty()) yield* input.ready
    else if (Option.isNone(yield* Effect.timeoutOption(input.ready, linger))) yield* gather.flush
  }
  yield* takeAll(records.finish)
  yield* gather.flush
  const failure = input.failure()
  if (failure !== undefined) return yield* failure
}, Effect.scoped)

const tooLong = { reason: "too-long", detail: "" }

const readerOf = <E extends Event>(format: Format<E>, gather: Gather.Gather<E>): JsonLines.Reader => {
  const bury: JsonLines.Reader["bury"] = ({ bytes, end, line, start }, why, isObject) => {
    const size = end - start
    if (size > Records.longest) {
      const raw = Buffer.from(bytes.subarray(start, start + Records.kept))
      return buryTooLong(gather)({ raw, size, line, isLine: true })
    }
    const record = bytes.subarray(start, end)
    const position = `line ${line}`
    if (isObject && format.takeOther(record, position, gather)) return
    gather.bury({ ...why, position, raw: Buffer.from(record) })
  }
  return {
    isFull: gather.isFull,
    bury,
    take: (bytes, start, end, line) => {
      // It may be several objects; each is looked at by itself then.
      if (end - start > Records.longest) return tooLong
      const record = bytes.subarray(start, end)
      const result = format.decode(record)
      if (Result.isSuccess(result)) {
        gather.add(result.success, record)
        return undefined
      }
      if (result.failure.reason === "malformed") return result.failure
      bury({ bytes, start, end, line }, result.failure, true)
      return undefined
    }
  }
}

const buryTooLong =
  <E extends Event>(gather: Gather.Gather<E>) =>
  ({ isLine, line, raw, size }: Records.TooLong): void => {
    const what = isLine ? "the line has" : "the object has more than"
    const detail = `${what} ${size} bytes; the longest that is read has ${Records.longest}`
    gather.bury({ reason: "too-long", detail, position: `line ${line}`, raw })
  }
