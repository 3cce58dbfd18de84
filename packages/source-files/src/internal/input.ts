/** The bytes of one file, unpacked on the way where it is gzipped. */
import type { FileHandle } from "node:fs/promises"
import type { SourceError } from "@millrace/core/Source"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { failure } from "./failure.ts"
import * as Members from "./members.ts"
import * as Window from "./window.ts"

export interface Input extends Window.Bytes {
  /** Whether it is unpacked on the way; positions are those of the unpacked bytes. */
  readonly packed: boolean
  /** Bytes of the file on disk that were used up. */
  readonly consumed: () => number
}

/** Bytes of one ordinary read, and of the window unless one block or line needs more. */
export const windowSize = 512 * 1024
/** The same of packed bytes, which are several times as many once unpacked. */
const packedSize = 64 * 1024

/** `size` is what the file is said to have: a small one gets a small window. */
export const open = (
  path: string,
  handle: FileHandle,
  size: number
): Effect.Effect<Input, SourceError, Scope.Scope> =>
  Effect.gen(function* () {
    const start = Buffer.alloc(2)
    yield* Effect.tryPromise({ try: () => handle.read(start, 0, 2, 0), catch: failure(path) })
    if (start[0] === 0x1f && start[1] === 0x8b) {
      const file = Window.make(plain(path, handle), packedSize, Math.min(packedSize, size + 1))
      const bytes = Window.make(unpacked(yield* Members.make(file)), windowSize)
      return { ...bytes, packed: true, consumed: file.position }
    }
    const bytes = Window.make(plain(path, handle), windowSize, Math.min(windowSize, size + 1))
    return { ...bytes, packed: false, consumed: bytes.position }
  })

const plain = (path: string, handle: FileHandle): Window.Feed => {
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
    seek: (position) => {
      at = position
    }
  }
}

const unpacked = (next: () => Effect.Effect<Members.Next, SourceError>): Window.Feed => {
  let pieces: ReadonlyArray<Buffer> = []
  return {
    pull: Effect.fnUntraced(function* (into: Buffer) {
      while (pieces.length === 0) {
        const got = yield* next()
        if (typeof got === "string" || "reason" in got) return got
        pieces = got
      }
      const [piece, ...rest] = pieces
      const length = piece!.copy(into)
      pieces = length < piece!.length ? [piece!.subarray(length), ...rest] : rest
      return length
    })
  }
}
