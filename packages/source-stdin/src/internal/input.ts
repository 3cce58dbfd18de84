/** A stream of bytes, read when there is room for what it has. */
import type { Readable } from "node:stream"
import { SourceError } from "@millrace/core/Source"
import { codeOf } from "@millrace/core/Thrown"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

export interface Input {
  /** What there is now. */
  readonly read: () => Buffer | undefined
  /** Completes when there is something to read, or nothing more will come. Interrupted, it has taken nothing. */
  readonly ready: Effect.Effect<void>
  readonly isOver: () => boolean
  /** Why nothing more will come, unless the stream has ended as it should. */
  readonly failure: () => SourceError | undefined
  /** Whether a person is typing. */
  readonly isTerminal: boolean
}

/** The stream is closed with the scope. */
export const open = (make: () => Readable): Effect.Effect<Input, SourceError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({
      try: () => listen(make()),
      catch: (cause) => unreadable(codeOf(cause))
    }),
    ({ stream }) =>
      Effect.sync(() => {
        stream.destroy()
      })
  )

const listen = (stream: Readable): Input & { readonly stream: Readable } => {
  let broken: SourceError | undefined
  let wake = () => {}
  const ring = () => wake()
  stream
    .on("readable", ring)
    .on("end", ring)
    .on("close", ring)
    .on("error", (cause) => {
      broken = unreadable(codeOf(cause))
      ring()
    })
  const isOver = () => stream.readableEnded || stream.destroyed || broken !== undefined
  return {
    stream,
    isTerminal: "isTTY" in stream && stream.isTTY === true,
    read: () => {
      const found: Buffer | string | null = stream.read()
      if (found === null) return undefined
      return typeof found === "string" ? Buffer.from(found) : found
    },
    ready: Effect.callback<void>((resume) => {
      wake = () => resume(Effect.void)
      if (stream.readableLength > 0 || isOver()) wake()
      return Effect.sync(() => {
        wake = () => {}
      })
    }),
    isOver,
    failure: () => broken ?? (stream.readableEnded ? undefined : unreadable("closed before its end"))
  }
}

const unreadable = (why: string): SourceError =>
  new SourceError({
    // What was not read of it is gone: it cannot be opened again.
    kind: "fatal",
    detail: `standard input: cannot be read any further (${why}); what was read before it is taken; look at what it comes from`
  })
