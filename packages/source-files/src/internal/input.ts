/** The bytes of one file through a window: as much of it as asked for, and never the whole. */
import type { FileHandle } from "node:fs/promises"
import type { SourceError } from "@millrace/core/Source"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { failure } from "./failure.ts"
import * as Gunzip from "./gunzip.ts"

/** How the bytes ended: at the file's end, cut off (a gzip stream that goes on), or damaged (one that cannot). */
export type Ending = "whole" | "cut-off" | "damaged"

export interface Input {
  /** Whether it is unpacked on the way; positions are those of the unpacked bytes. */
  readonly packed: boolean
  /** Position of the first byte in the window. */
  readonly position: () => number
  /** Bytes of the file on disk that were used up. */
  readonly consumed: () => number
  /** Set once the window holds all that is left. */
  readonly ending: () => Ending | undefined
  /** The window, with at least `wanted` bytes unless fewer are left. Valid until the next call. */
  readonly fill: (wanted: number) => Effect.Effect<Buffer, SourceError>
  /** Moves on by bytes that stand in the window. */
  readonly skip: (bytes: number) => void
  /** Moves on to a position ahead; `false` when the bytes end before. */
  readonly jump: (position: number) => Effect.Effect<boolean, SourceError>
}

/** Bytes of one ordinary read, and of the window unless one block or line needs more. */
export const windowSize = 512 * 1024

interface Feed {
  /** Puts bytes at the start of `into` and tells how many, or how they ended. */
  readonly pull: (into: Buffer) => Effect.Effect<number | Ending, SourceError>
  readonly consumed: (position: number) => number
  readonly seek?: (position: number) => void
}

/** `size` is what the file is said to have: a small one gets a small window. */
export const open = (
  path: string,
  handle: FileHandle,
  size: number
): Effect.Effect<Input, SourceError, Scope.Scope> =>
  Effect.gen(function* () {
    const start = Buffer.alloc(2)
    yield* Effect.tryPromise({ try: () => handle.read(start, 0, 2, 0), catch: failure(path) })
    const packed = start[0] === 0x1f && start[1] === 0x8b
    return packed
      ? window(true, yield* gunzipped(path, handle), windowSize)
      : window(false, plain(path, handle), Math.min(windowSize, size + 1))
  })

const plain = (path: string, handle: FileHandle): Feed => {
  let at = 0
  return {
    pull: (into) =>
      Effect.map(
        Effect.tryPromise({ try: () => handle.read(into, 0, into.length, at), catch: failure(path) }),
        ({ bytesRead }) => {
          at += bytesRead
          return bytesRead === 0 ? "whole" : bytesRead
        }
      ),
    consumed: (position) => position,
    seek: (position) => {
      at = position
    }
  }
}

const gunzipped = Effect.fnUntraced(function* (path: string, handle: FileHandle) {
  const gunzip = yield* Gunzip.make
  const packed = Buffer.allocUnsafeSlow(Gunzip.pieceSize)
  let pieces: ReadonlyArray<Buffer> = []
  let at = 0
  const feed: Feed = {
    pull: Effect.fnUntraced(function* (into: Buffer) {
      while (pieces.length === 0) {
        const ending = gunzip.ending()
        if (ending !== undefined) return ending
        const { bytesRead } = yield* Effect.tryPromise({
          try: () => handle.read(packed, 0, packed.length, at),
          catch: failure(path)
        })
        at += bytesRead
        pieces = yield* gunzip.unpack(packed.subarray(0, bytesRead))
      }
      const [piece, ...rest] = pieces
      const length = piece!.copy(into)
      pieces = length < piece!.length ? [piece!.subarray(length), ...rest] : rest
      return length
    }),
    consumed: () => at
  }
  return feed
})

const window = (packed: boolean, { pull, consumed, seek }: Feed, size: number): Input => {
  let buffer: Buffer = Buffer.allocUnsafeSlow(size)
  let start = 0
  let end = 0
  let position = 0
  let ending: Ending | undefined

  /** Makes room behind what is left in the window, twice as much as before while `wanted` asks for it. */
  const makeRoom = (wanted: number) => {
    const left = end - start
    const needed = Math.max(windowSize, left === buffer.length ? Math.min(wanted, left * 2) : left + 1)
    const fits = buffer.length >= needed && (buffer.length === windowSize || needed > windowSize)
    const next = fits ? buffer : Buffer.allocUnsafeSlow(needed)
    buffer.copy(next, 0, start, end)
    buffer = next
    start = 0
    end = left
  }

  const more = Effect.fnUntraced(function* (wanted: number) {
    while (end - start < wanted && ending === undefined) {
      if (end === buffer.length) makeRoom(wanted)
      const got = yield* pull(buffer.subarray(end))
      if (typeof got === "number") end += got
      else ending = got
    }
    return buffer.subarray(start, end)
  })

  const skip = (bytes: number) => {
    start += bytes
    position += bytes
  }

  return {
    packed,
    position: () => position,
    consumed: () => consumed(position),
    ending: () => ending,
    fill: (wanted) =>
      end - start >= wanted || ending !== undefined
        ? Effect.succeed(buffer.subarray(start, end))
        : more(wanted),
    skip,
    jump: Effect.fnUntraced(function* (target: number) {
      if (seek !== undefined && target > position + end - start) {
        seek(target)
        ending = undefined
        start = end = 0
        position = target
        return true
      }
      while (position < target) {
        const view = yield* more(1)
        if (view.length === 0) return false
        skip(Math.min(view.length, target - position))
      }
      return true
    })
  }
}
