/** Unpacks a gzip stream piece by piece, and keeps what stands before damage, but for its last 64 KiB at most. */
import { createGunzip } from "node:zlib"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { codeOf } from "./failure.ts"

export interface Gunzip {
  /** What a packed piece unpacks to, as far as it can be told yet. An empty piece ends the stream. */
  readonly unpack: (piece: Uint8Array) => Effect.Effect<ReadonlyArray<Buffer>>
  /** How it ended, if it has: gzip data may also end before the file does. */
  readonly ending: () => "whole" | "cut-off" | "damaged" | undefined
}

/** Packed bytes at a time: they may unpack to a thousand times as many. */
export const pieceSize = 8 * 1024

export const make: Effect.Effect<Gunzip, never, Scope.Scope> = Effect.gen(function* () {
  const stream = yield* Effect.acquireRelease(
    Effect.sync(() => createGunzip({ chunkSize: 64 * 1024 })),
    (stream) => Effect.sync(() => stream.destroy())
  )
  let unpacked: Array<Buffer> = []
  let ending: ReturnType<Gunzip["ending"]>
  // Flowing, so that a failure finds nothing in the stream's own buffer, which it would drop.
  stream.on("data", (piece: Buffer) => unpacked.push(piece))
  stream.on("end", () => {
    ending = "whole"
  })
  stream.on("error", (cause) => {
    ending = codeOf(cause) === "Z_BUF_ERROR" ? "cut-off" : "damaged"
  })
  return {
    ending: () => ending,
    unpack: (piece) =>
      Effect.callback<ReadonlyArray<Buffer>>((resume) => {
        const done = () => {
          stream.off("close", done)
          const pieces = unpacked
          unpacked = []
          resume(Effect.succeed(pieces))
        }
        stream.once("close", done)
        if (piece.length === 0) stream.end()
        else stream.write(piece, done)
      })
  }
})
