/** A run of bytes through a window: as much of it as asked for, and never the whole. */
import type { SourceError } from "@millrace/core/Source"
import * as Effect from "effect/Effect"
import type { Bytes } from "../Bytes.ts"
import type { Gap } from "./gap.ts"

/**
 * How the bytes ended: at the file's end, cut off (a gzip stream that goes on), or broken off by a gap behind which there
 * may be more.
 */
export type Ending = "whole" | "cut-off" | "broken"

export interface Window {
  /** Position of the first byte in the window. */
  readonly position: () => number
  /** Set once the window holds all that is left, or all before a gap. */
  readonly ending: () => Ending | undefined
  /** The gap that stands behind the window, when it is broken off. */
  readonly gap: () => Gap | undefined
  /** How many gaps lie before the window. */
  readonly gaps: () => number
  /** Goes on behind the gap. */
  readonly proceed: () => void
  /** The window, with at least `wanted` bytes unless fewer are left. Valid until the next call. */
  readonly fill: (wanted: number) => Effect.Effect<Buffer, SourceError>
  /** Moves on by bytes that stand in the window. */
  readonly skip: (bytes: number) => void
  /** Moves on to a position ahead, in a file that is not packed also back; `false` when the bytes end before. */
  readonly jump: (position: number) => Effect.Effect<boolean, SourceError>
}

export interface Feed {
  /** Puts bytes at the start of `into` and tells how many, or how they ended. */
  readonly pull: (into: Buffer) => Effect.Effect<number | Gap | "whole" | "cut-off", SourceError>
  readonly seek?: (position: number) => void
}

/** The bytes of a source as they are. */
export const plain = ({ read, seek }: Bytes): Feed => ({
  pull: (into) => Effect.map(read(into), (length) => (length === 0 ? "whole" : length)),
  ...(seek === undefined ? {} : { seek })
})

/** A window over a feed. `usual` is its size unless one block or line needs more; a small file gets a smaller one. */
export const make = ({ pull, seek }: Feed, usual: number, size = usual): Window => {
  let buffer: Buffer = Buffer.allocUnsafeSlow(size)
  let start = 0
  let end = 0
  let position = 0
  let ending: Ending | undefined
  let gap: Gap | undefined
  let gaps = 0

  /** Makes room behind what is left in the window, twice as much as before while `wanted` asks for it. */
  const makeRoom = (wanted: number) => {
    const left = end - start
    const needed = Math.max(usual, left === buffer.length ? Math.min(wanted, left * 2) : left + 1)
    const fits = buffer.length >= needed && (buffer.length === usual || needed > usual)
    const next = fits ? buffer : Buffer.allocUnsafeSlow(needed)
    buffer.copy(next, 0, start, end)
    buffer = next
    start = 0
    end = left
  }

  const more = Effect.fnUntraced(function* (wanted: number) {
    // One large block must not leave its room to all that follow.
    if (buffer.length > usual && wanted <= usual && end - start < usual) {
      const smaller = Buffer.allocUnsafeSlow(usual)
      end = buffer.copy(smaller, 0, start, end)
      start = 0
      buffer = smaller
    }
    while (end - start < wanted && ending === undefined) {
      if (end === buffer.length) makeRoom(wanted)
      const got = yield* pull(buffer.subarray(end))
      if (typeof got === "number") end += got
      else if (typeof got === "string") ending = got
      else {
        ending = "broken"
        gap = got
      }
    }
    return buffer.subarray(start, end)
  })

  const skip = (bytes: number) => {
    start += bytes
    position += bytes
  }

  const proceed = () => {
    ending = undefined
    gap = undefined
    gaps++
  }

  return {
    position: () => position,
    ending: () => ending,
    gap: () => gap,
    gaps: () => gaps,
    proceed,
    fill: (wanted) =>
      end - start >= wanted || ending !== undefined
        ? Effect.succeed(buffer.subarray(start, end))
        : more(wanted),
    skip,
    jump: Effect.fnUntraced(function* (target: number) {
      if (seek !== undefined && (target < position || target > position + end - start)) {
        seek(target)
        ending = undefined
        start = end = 0
        position = target
        return true
      }
      while (position < target) {
        const view = yield* more(1)
        if (view.length === 0 && ending !== "broken") return false
        // What lies before a checkpoint was told of before it.
        if (view.length === 0) proceed()
        skip(Math.min(view.length, target - position))
      }
      return true
    })
  }
}
