/** Finds the way on behind a damaged block: the next block or container, and the bytes before it. */
import { rawLimit } from "@millrace/core/Intake"
import * as Effect from "effect/Effect"
import { blockLimit } from "./avroCodecs.ts"
import { headLimit, magic, parseBlockHead, syncSize } from "./avroFrame.ts"
import * as Header from "./avroHeader.ts"
import { type Input, windowSize } from "./input.ts"

/** A damaged block is kept whole up to this size, else its first MiB. */
const wholeLimit = 8 * 1024 * 1024

/** Blocks in a row whose sync markers may be damaged. */
const chainLimit = 8

export interface Behind {
  /** Whether the input now stands at the next block or container. Otherwise there is none yet. */
  readonly found: boolean
  readonly raw: Buffer
}

/** A damaged block of a size that nobody knows ends with a sync marker, or where the next container begins. */
const scan = (input: Input, sync: Buffer) =>
  Effect.map(
    Header.pass(input, windowSize, wholeLimit, sync),
    ({ found, size, raw }): Behind => ({ found, raw: rawOf(raw, size) })
  )

const rawOf = (bytes: Buffer, total: number): Buffer =>
  Buffer.from(bytes.subarray(0, total > wholeLimit ? rawLimit : total))

/**
 * Goes on behind the block at which the input stands. `length` is the block's own word for its length, if it has one
 * and all of it is there.
 */
export const findNext = Effect.fnUntraced(function* (input: Input, sync: Buffer, length: number | undefined) {
  if (length !== undefined) {
    const block = (yield* input.fill(length)).subarray(0, length)
    const marker = block.indexOf(sync)
    // Joined containers: the next may begin within what this block takes for its own.
    const start = block.indexOf(magic)
    if (start >= 0 && (marker < 0 || start < marker)) return yield* scan(input, sync)
    // Without any marker it is perhaps the marker that is damaged: then another block follows at once.
    if (marker >= 0 || (yield* isFollowed(input, sync, length))) {
      const taken = marker >= 0 ? marker + syncSize : length
      const raw = rawOf(yield* input.fill(taken), taken)
      input.skip(taken)
      return { found: true, raw } satisfies Behind
    }
  }
  return yield* scan(input, sync)
})

/** Whether at `length` the file ends, or a block starts that is whole or is itself followed. */
const isFollowed = Effect.fnUntraced(function* (input: Input, sync: Buffer, length: number) {
  let at = length
  for (let blocks = 0; blocks < chainLimit && at < blockLimit; blocks++) {
    const view = yield* input.fill(at + headLimit)
    if (view.length === at) return input.ending() !== "cut-off"
    const head = parseBlockHead(view.subarray(at))
    if (typeof head === "string" || head.size > blockLimit) return false
    at += head.length + head.size + syncSize
    const block = yield* input.fill(at)
    if (block.length < at) return false
    if (block.subarray(at - syncSize, at).equals(sync)) return true
  }
  return false
})
