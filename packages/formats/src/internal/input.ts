/** The bytes of one split, unpacked on the way where they are gzipped. */
import type { SourceError } from "@millrace/core/Source"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Bytes } from "../Bytes.ts"
import * as Members from "./gzipMembers.ts"
import * as Window from "./window.ts"

export interface Input extends Window.Window {
  /** Whether it is unpacked on the way; positions are those of the unpacked bytes. */
  readonly packed: boolean
  /** Whether it may jump back. */
  readonly seekable: boolean
  /** Bytes that were used up, packed as they are. */
  readonly consumed: () => number
}

/** Bytes of one ordinary read, and of the window unless one block or line needs more. */
export const windowSize = 512 * 1024
/** The same of packed bytes, which are several times as many once unpacked. */
const packedSize = 64 * 1024

/** `size` is how many there are said to be: few get a small window. */
export const open = Effect.fnUntraced(function* (
  bytes: Bytes,
  size: number
): Effect.fn.Return<Input, SourceError, Scope.Scope> {
  const start = yield* firstOf(bytes)
  const all = Window.plain(behind(start, bytes))
  if (start[0] === 0x1f && start[1] === 0x8b) {
    const packed = Window.make(all, packedSize, Math.min(packedSize, size + 1))
    const window = Window.make(unpacked(yield* Members.make(packed)), windowSize)
    return { ...window, packed: true, seekable: false, consumed: packed.position }
  }
  const window = Window.make(all, windowSize, Math.min(windowSize, size + 1))
  return { ...window, packed: false, seekable: bytes.seek !== undefined, consumed: window.position }
})

/** The two by which gzip is known, or fewer where there are no more. */
const firstOf = Effect.fnUntraced(function* ({ read }: Bytes) {
  const start = Buffer.alloc(2)
  for (let length = 0; ; ) {
    const more = length < start.length ? yield* read(start.subarray(length)) : 0
    length += more
    if (more === 0) return start.subarray(0, length)
  }
})

/** The same bytes from the first on, of which `start` was read. */
const behind = (start: Buffer, { read, seek }: Bytes): Bytes => {
  let left = start
  return {
    read: (into) =>
      left.length === 0
        ? read(into)
        : Effect.sync(() => {
            const length = left.copy(into)
            left = left.subarray(length)
            return length
          }),
    ...(seek === undefined
      ? {}
      : {
          seek: (position) => {
            left = start.subarray(0, 0)
            seek(position)
          }
        })
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
