/** Unpacks the data of one gzip member piece by piece, and knows at which byte it ends. */
import { createInflateRaw, inflateRawSync } from "node:zlib"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"

export interface Unpacked {
  readonly pieces: ReadonlyArray<Buffer>
  /** Bytes of the packed piece that belong to the data. */
  readonly used: number
  /** `ended` once bytes follow that are not part of the data. */
  readonly state: "open" | "ended" | "damaged"
}

export interface Inflate {
  readonly unpack: (packed: Uint8Array) => Effect.Effect<Unpacked>
  readonly close: Effect.Effect<void>
}

/** For a member that is unpacked. */
export const none: Inflate = { unpack: () => Effect.succeed(over), close: Effect.void }

/** What comes of data whose file is over. */
export const over: Unpacked = { pieces: [], used: 0, state: "damaged" }

/** The most that a small member unpacks to. */
const smallLimit = 1024 * 1024

/** What `info` asks for, which its types do not tell. */
const isInformed = (
  found: unknown
): found is { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } } =>
  typeof found === "object" && found !== null && "engine" in found

/** The data of a member all of which stands in `packed`; `undefined` when it does not, or is damaged. */
export const whole = (packed: Uint8Array): { readonly plain: Buffer; readonly used: number } | undefined => {
  try {
    const found: unknown = inflateRawSync(packed, { info: true, maxOutputLength: smallLimit })
    return isInformed(found) ? { plain: found.buffer, used: found.engine.bytesWritten } : undefined
  } catch {
    return undefined
  }
}

/** It is closed with the scope at the latest. */
export const make = Effect.fnUntraced(function* (scope: Scope.Scope): Effect.fn.Return<Inflate> {
  const inner = yield* Scope.fork(scope)
  const stream = yield* Scope.provide(
    Effect.acquireRelease(
      Effect.sync(() => createInflateRaw({ chunkSize: 64 * 1024 })),
      (stream) => Effect.sync(() => stream.destroy())
    ),
    inner
  )
  let unpacked: Array<Buffer> = []
  let isDamaged = false
  // Flowing, so that a failure finds nothing in the stream's own buffer, which it would drop.
  stream.on("data", (piece: Buffer) => unpacked.push(piece))
  stream.on("error", () => {
    isDamaged = true
  })
  return {
    close: Scope.close(inner, Exit.void),
    unpack: (packed) =>
      Effect.callback((resume) => {
        const before = stream.bytesWritten
        const done = () => {
          stream.off("close", done)
          const used = stream.bytesWritten - before
          const pieces = unpacked
          unpacked = []
          const state = isDamaged ? "damaged" : used < packed.length ? "ended" : "open"
          resume(Effect.succeed({ pieces, used, state }))
        }
        stream.once("close", done)
        stream.write(packed, done)
      })
  }
})
