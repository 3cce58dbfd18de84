/** The chunks of one split, each with the checkpoint behind it. */
import type { Event } from "@millrace/core/Event"
import type { Intake, Malformed } from "@millrace/core/Intake"
import type { SourceError } from "@millrace/core/Source"
import * as Effect from "effect/Effect"
import type { ByteSplit } from "../Bytes.ts"
import * as Checkpoint from "../Checkpoint.ts"
import * as ChunkBuilder from "../ChunkBuilder.ts"
import type { Input } from "./input.ts"

export interface Gather<in E extends Event> {
  /** The record at `bytes[start, end)`, which is copied. */
  readonly add: (event: E, bytes: Buffer, start: number, end: number) => void
  readonly bury: (record: Malformed) => void
  /** What is added from here on is of this encoding; nothing of another may be gathered. */
  readonly encode: (encoding: ChunkBuilder.Encoding) => void
  readonly isFull: () => boolean
  /** The state as it is, to come back to before the next flush. */
  readonly save: () => () => void
  /** Appends what is gathered, with `place` as the checkpoint. */
  readonly flush: (place: Checkpoint.Place) => Effect.Effect<void, SourceError>
  /** The same, and nothing more is to be read of the split as it is. */
  readonly finish: (place: Checkpoint.Place) => Effect.Effect<void>
}

/** Room for the record that fills a chunk, too: most chunks need no second buffer. */
const room = ChunkBuilder.limits.bytes + 64 * 1024

export const make = <E extends Event>(
  { size, split, tag }: ByteSplit,
  input: Input,
  intake: Pick<Intake<E>, "append">,
  from: Checkpoint.Stand | undefined,
  encoding: ChunkBuilder.Encoding,
  most: ChunkBuilder.Limits
): Gather<E> => {
  const builder = ChunkBuilder.make<E>(encoding, most, Math.min(room, size))
  let latest = from
  let consumed = input.packed ? 0 : (from?.at ?? 0)

  const append = (place: Checkpoint.Place, complete: boolean): Effect.Effect<void> =>
    Effect.suspend(() => {
      const used = complete ? Math.max(size, input.consumed()) : input.packed ? input.consumed() : place.at
      const stand: Checkpoint.Stand = {
        ...place,
        size: Math.max(size, used),
        complete,
        gaps: input.gaps(),
        ...(tag === undefined ? {} : { tag })
      }
      const isNews =
        complete &&
        !(latest?.complete && latest.at === stand.at && latest.size === stand.size && latest.tag === tag)
      if (builder.count() === 0 && !isNews) return Effect.void
      const chunk = {
        ...builder.build(),
        split,
        checkpoint: Checkpoint.format(stand),
        consumed: Math.max(0, used - consumed)
      }
      latest = stand
      consumed = used
      return intake.append(chunk)
    })

  return {
    add: builder.add,
    bury: builder.bury,
    encode: builder.encode,
    isFull: builder.isFull,
    save: builder.save,
    flush: (place) =>
      Effect.flatMap(input.fill(1), (view) =>
        append(place, view.length === 0 && input.ending() === "whole" && input.position() === place.at)
      ),
    finish: (place) => append(place, true)
  }
}
