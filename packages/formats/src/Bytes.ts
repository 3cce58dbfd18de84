/**
 * Bytes as a source has them: a file, an object that is asked for by ranges, the body of an answer.
 *
 * @since 1.0.0
 */
import type { Split } from "@millrace/core/Intake"
import type { SourceError } from "@millrace/core/Source"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/**
 * Bytes from the first to the last. What is read of them is never held as a whole.
 *
 * @since 1.0.0
 * @category models
 */
export interface Bytes {
  /** Puts the next bytes at the start of `into` and tells how many: none at the end, and only there. */
  readonly read: (into: Buffer) => Effect.Effect<number, SourceError>
  /** The next `read` begins at this byte. Left out where bytes come in order alone: then those before it are read and dropped. */
  readonly seek?: (position: number) => void
}

/**
 * Bytes that are in memory.
 *
 * @since 1.0.0
 * @category constructors
 */
export const fromBuffer = (bytes: Uint8Array): Bytes => {
  let at = 0
  return {
    read: (into) =>
      Effect.sync(() => {
        const some = bytes.subarray(at, at + into.length)
        into.set(some)
        at += some.length
        return some.length
      }),
    seek: (position) => {
      at = position
    }
  }
}

/**
 * A split that is bytes.
 *
 * @since 1.0.0
 * @category models
 */
export interface ByteSplit {
  readonly split: Split
  /** What errors call it, such as a path. */
  readonly label: string
  /** How many bytes it is said to have. It may have grown by now. */
  readonly size: number
  /**
   * Changes whenever the split is written, where its store keeps such a tag. It goes into the checkpoint; with another tag the
   * split is another one under the same name and is read from its first byte, unless its Avro header tells that the same
   * was written again. Without line breaks.
   */
  readonly tag?: string
  /** Its bytes from the first on. Asked for when something of it is to be read; the scope ends with the reading. */
  readonly open: Effect.Effect<Bytes, SourceError, Scope.Scope>
}
