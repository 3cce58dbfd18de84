/** Reads a stream to its end: what it has now goes out together, and what it will have is waited for. */
import type { Readable } from "node:stream"
import type { Event } from "@millrace/core/Event"
import type { Intake } from "@millrace/core/Intake"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { Format } from "./format.ts"
import * as Gather from "./gather.ts"
import * as Input from "./input.ts"
import * as Lines from "./lines.ts"

/** How long events wait for others of their chunk; a pipe holds less than a chunk at a time. */
const linger = "10 millis"

const carriageReturn = 13

export const read = Effect.fnUntraced(function* <E extends Event>(
  open: () => Readable,
  format: Format<E>,
  intake: Intake<E>
) {
  const input = yield* Input.open(open)
  if (input.isTerminal) {
    yield* Effect.logInfo("reading events from the terminal, one a line; end with Ctrl-D on an empty line")
  }
  const lines = Lines.make()
  const gather = Gather.make(intake, format.codec)
  let count = 0

  const take = (line: Lines.Line): void => {
    count++
    gather.use(line.size + 1)
    takeLine(format, gather, line, `line ${count}`)
  }

  for (;;) {
    const piece = input.read()
    if (piece !== undefined) {
      for (const line of lines.of(piece)) {
        take(line)
        if (gather.isFull()) yield* gather.flush
      }
    } else if (input.isOver()) break
    else if (gather.isEmpty()) yield* input.ready
    else if (Option.isNone(yield* Effect.timeoutOption(input.ready, linger))) yield* gather.flush
  }
  const rest = lines.rest()
  if (rest !== undefined) take(rest)
  yield* gather.flush
  const failure = input.failure()
  if (failure !== undefined) return yield* failure
}, Effect.scoped)

const takeLine = <E extends Event>(
  format: Format<E>,
  gather: Gather.Gather<E>,
  { bytes, size }: Lines.Line,
  position: string
): void => {
  if (size > Lines.longest) {
    const detail = `the line has ${size} bytes; the longest that is read has ${Lines.longest}`
    gather.bury({ reason: "too-long", detail, position, raw: Buffer.from(bytes) })
    return
  }
  const line = bytes.at(-1) === carriageReturn ? bytes.subarray(0, -1) : bytes
  if (line.length === 0) return
  const result = format.decode(line)
  if (Result.isSuccess(result)) gather.add(result.success, line)
  else if (!format.takeOther(line, position, gather)) {
    gather.bury({ ...result.failure, position, raw: Buffer.from(line) })
  }
}
