/** What the readers of both kinds of split share: how one begins, is refused, and ends. */
import type { Event } from "@millrace/core/Event"
import type { Intake, Malformed, Unread } from "@millrace/core/Intake"
import { SourceError } from "@millrace/core/Source"
import * as Effect from "effect/Effect"
import type * as Semaphore from "effect/Semaphore"
import type { ByteSplit } from "../Bytes.ts"
import type { Place, Stand } from "../Checkpoint.ts"
import { type Encoding, type Limits, limits } from "../ChunkBuilder.ts"
import type { Format } from "../Format.ts"
import * as Gather from "./gather.ts"
import type { Input } from "./input.ts"

export interface Reading<in out E extends Event> {
  readonly split: ByteSplit
  readonly input: Input
  readonly intake: Pick<Intake<E>, "append">
  readonly format: Format<E>
  readonly from: Stand | undefined
  /** Held by whoever has a large block in memory, of all splits that are read side by side. */
  readonly large: Semaphore.Semaphore
  /** Gaps before the first byte. */
  readonly early: ReadonlyArray<Malformed>
}

/** The split is not the one that was read before: going on in it could lose events, starting anew repeat them. */
export const replaced = ({ label }: ByteSplit): SourceError =>
  new SourceError({
    reason: "replaced",
    detail: `${label}: is not the file that was read before under this name; put that file back, or give this one another name`
  })

/** Bytes of a refused split that are kept. */
const headSize = 64 * 1024

/** Makes one bad record of the whole split, once. */
export const refuse = Effect.fnUntraced(function* <E extends Event>(
  reading: Reading<E>,
  reason: string,
  detail: string
) {
  const { split, input, format, from } = reading
  if (from !== undefined && from.mark !== 0) return yield* replaced(split)
  const gather = gatherOf(reading, { codec: format.lines.codec.name, parameter: "" })
  const view = yield* input.fill(headSize)
  if (from === undefined) {
    gather.bury({ reason, detail, position: "byte 0", raw: Buffer.from(view.subarray(0, headSize)) })
  }
  yield* gather.finish({ at: split.size, count: 0, mark: 0 })
})

/** Goes on behind the gap at which the input stands, and tells what of it was not there at the checkpoint. */
export const gapAt = (input: Input, from: Stand | undefined): Malformed | undefined => {
  const { reason, detail, start, end, raw } = input.gap()!
  input.proceed()
  const known = from !== undefined && input.gaps() <= from.gaps ? from.size : 0
  if (known > 0 && end <= known) return undefined
  const first = Math.max(start, known)
  const said =
    first === start ? detail : `what was added there is no gzip data (length in bytes: ${end - first})`
  return {
    reason,
    detail: said,
    position: `byte ${first} of the file on disk`,
    raw: raw.subarray(first - start)
  }
}

/** The same into `gather`. */
export const passGap = <E extends Event>({ input, from }: Reading<E>, gather: Gather.Gather<E>): void => {
  const bad = gapAt(input, from)
  if (bad !== undefined) gather.bury(bad)
}

/** A gather for the split, with what stood before its first byte. */
export const gatherOf = <E extends Event>(
  reading: Reading<E>,
  encoding: Encoding,
  most: Limits = limits
): Gather.Gather<E> => {
  const gather = Gather.make(reading.split, reading.input, reading.intake, reading.from, encoding, most)
  for (const bad of reading.early) gather.bury(bad)
  return gather
}

/** Appends what is gathered up to `place`, behind which nothing more can be read, and tells what is left there. */
export const end = Effect.fnUntraced(function* <E extends Event>(
  { input }: Reading<E>,
  gather: Gather.Gather<E>,
  place: Place,
  left?: string
) {
  yield* gather.flush(place)
  return left === undefined && input.ending() !== "cut-off" ? undefined : unreadAt(input, place.at, left)
})

/** What is left of a split; of packed data that is cut off, this is said. */
export const unreadAt = (input: Input, byte: number, what = ""): Unread => ({
  byte,
  what: input.ending() === "cut-off" ? "the gzip data is cut off" : what
})
