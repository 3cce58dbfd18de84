/** Reads a stream to its end: what it has now goes out together, and what it will have is waited for. */
import type { Readable } from "node:stream"
import type { Event } from "@millrace/core/Event"
import type { Intake } from "@millrace/core/Intake"
import * as ChunkBuilder from "@millrace/formats/ChunkBuilder"
import * as LineStream from "@millrace/formats/LineStream"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Format } from "./format.ts"
import * as Input from "./input.ts"

/** How long events wait for others of their chunk; a pipe holds less than a chunk at a time. */
const linger = "10 millis"

/** Bytes that are taken into memory at a time. */
const slice = 64 * 1024

/** Bytes of records that make a chunk, and records without much in them. */
const limits = { bytes: 256 * 1024, records: 2000, malformed: 2000 }

export const read = Effect.fnUntraced(function* <E extends Event>(
  open: () => Readable,
  format: Format<E>,
  intake: Intake<E>
) {
  const input = yield* Input.open(open)
  if (input.isTerminal) {
    yield* Effect.logInfo("reading events from the terminal, one a line; end with Ctrl-D on an empty line")
  }
  const encoding = { codec: format.lines.codec.name, parameter: "" }
  const builder = ChunkBuilder.make<E>(encoding, limits, limits.bytes)
  let consumed = 0
  const lines = LineStream.make(format.lines, builder, (bytes) => {
    consumed += bytes
  })
  /** Appends what is gathered. */
  const flush = Effect.suspend(() => {
    if (builder.count() === 0) return Effect.void
    const chunk = { ...builder.build(), consumed }
    consumed = 0
    return intake.append(chunk)
  })
  /** Hands on what is there, in chunks. */
  const takeAll = Effect.fnUntraced(function* (walk: () => boolean) {
    while (walk()) yield* flush
    if (builder.isFull()) yield* flush
  })

  for (;;) {
    const piece = input.read()
    if (piece !== undefined) {
      for (let at = 0; at < piece.length; at += slice) {
        if (lines.add(piece.subarray(at, at + slice))) yield* takeAll(lines.walk)
      }
      continue
    }
    if (input.isOver()) break
    if (lines.isLikelyWhole()) yield* takeAll(lines.walk)
    if (builder.count() === 0) yield* input.ready
    else if (Option.isNone(yield* Effect.timeoutOption(input.ready, linger))) yield* flush
  }
  yield* takeAll(lines.finish)
  yield* flush
  const failure = input.failure()
  if (failure !== undefined) return yield* failure
}, Effect.scoped)
