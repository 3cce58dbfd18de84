/**
 * Splits read hour by hour: no hour is begun before the one ahead of it is read, so that what happened later is not stored
 * sooner. Within an hour two large ones, or up to 16 small ones, are read side by side.
 *
 * @since 1.0.0
 */
import type { Lag } from "@millrace/core/Intake"
import { limits } from "@millrace/formats/ChunkBuilder"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"

/** Splits of a chunk and more that are read side by side, unless the exporter asks for another number. */
const usual = 2
/** The most splits read side by side, if they are small: together their events make as much as large ones do. */
const most = 16
/** A packed split holds several times its size. */
const packed = 4

/**
 * What is known of a split before it is read.
 *
 * @since 1.0.0
 * @category models
 */
export interface Ahead {
  readonly size: number
  /** When it was stored, in epoch milliseconds. */
  readonly modified: number
}

/**
 * Reads some splits, in the order in which they are given within an hour.
 *
 * @since 1.0.0
 * @category models
 */
export type SideBySide = <S extends Ahead, X>(
  splits: ReadonlyArray<S>,
  options: {
    /** As in a name, such as `2026-11-29-13`; empty where there is none. */
    readonly hourOf: (split: S) => string
    readonly read: (split: S) => Effect.Effect<void, X>
  }
) => Effect.Effect<void, X>

/**
 * For one run of a source. `splits` is how many large ones are read at a time; `lag` is told what is ahead, each time that
 * one of them was read.
 *
 * @since 1.0.0
 * @category constructors
 */
export const make = (
  splits = usual,
  lag: (found: Lag) => Effect.Effect<void> = () => Effect.void
): Effect.Effect<SideBySide> =>
  Effect.map(Semaphore.make(splits * limits.bytes), (side) => {
    /** A split takes as much of what is read side by side as it may hold. */
    const beside = (size: number) => side.withPermits(Math.min(packed * size, limits.bytes))

    return Effect.fnUntraced(function* (found, { hourOf, read }) {
      let count = found.length
      let bytes = found.reduce((sum, { size }) => sum + size, 0)
      const tell = (oldest: number) => lag(count === 0 ? { count } : { count, bytes, oldest })
      if (count === 0) yield* lag({ count })
      for (const [hour, group] of Map.groupBy(found, hourOf)) {
        const oldest = startOf(hour) ?? Math.min(...group.slice(0, most).map(({ modified }) => modified))
        yield* tell(oldest)
        const one = (split: (typeof group)[number]) =>
          Effect.andThen(
            beside(split.size)(read(split)),
            Effect.suspend(() => {
              count--
              bytes -= split.size
              return tell(oldest)
            })
          )
        yield* Effect.forEach(group, one, { concurrency: Math.max(most, splits), discard: true })
      }
    })
  })

// internal

/** The beginning of an hour as it stands in a name, in epoch milliseconds. */
const startOf = (hour: string): number | undefined => {
  const at = Date.parse(`${hour.slice(0, 10)}T${hour.slice(11, 13)}:00:00Z`)
  return Number.isNaN(at) ? undefined : at
}
