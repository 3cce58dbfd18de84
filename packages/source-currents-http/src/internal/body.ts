/** The body of a request, as it comes and unpacked, never more of it than is allowed. */
import type { IncomingMessage } from "node:http"
import { gunzip } from "node:zlib"
import * as Effect from "effect/Effect"
import * as Answer from "./answer.ts"
import type { Place } from "./room.ts"

/** Fails with the answer to a body that is not taken. */
export const collect = (
  request: IncomingMessage,
  limit: number,
  place: Place
): Effect.Effect<Buffer, Answer.Answer> =>
  Effect.callback((resume) => {
    const parts: Array<Buffer> = []
    let size = 0
    const onData = (part: Buffer) => {
      size += part.length
      if (size > limit) return end(Effect.fail(Answer.tooLarge))
      if (!place.grow(size)) return end(Effect.fail(Answer.crowded))
      parts.push(part)
    }
    const onEnd = () => end(Effect.succeed(Buffer.concat(parts)))
    const onClose = () => end(Effect.fail(Answer.brokenOff))
    const stop = () => {
      request.off("data", onData).off("end", onEnd).off("close", onClose).pause()
      parts.length = 0
    }
    const end = (result: Effect.Effect<Buffer, Answer.Answer>) => {
      stop()
      resume(result)
    }
    // A request that breaks off is closed as well, which is what counts.
    request.on("error", () => undefined)
    if (request.destroyed) return resume(Effect.fail(Answer.brokenOff))
    request.on("data", onData).on("end", onEnd).on("close", onClose)
    return Effect.sync(stop)
  })

export type Unpacked =
  | { readonly _tag: "Unpacked"; readonly bytes: Buffer }
  | { readonly _tag: "TooLarge" }
  | { readonly _tag: "Damaged" }

/** Stops unpacking at the limit: a small body may hold a great many bytes. */
export const unpack = (packed: Buffer, limit: number): Effect.Effect<Unpacked> =>
  Effect.callback((resume) => {
    gunzip(packed, { maxOutputLength: limit }, (error, bytes) => {
      if (error === null) return resume(Effect.succeed({ _tag: "Unpacked", bytes }))
      const isTooLarge = "code" in error && error.code === "ERR_BUFFER_TOO_LARGE"
      resume(Effect.succeed({ _tag: isTooLarge ? "TooLarge" : "Damaged" }))
    })
  })
