/**
 * The record of every request, one JSON text a line, written before the answer goes out: after a kill of the
 * emulator nothing it answered is missing.
 *
 * @since 1.0.0
 */
import * as Effect from "effect/Effect"
import type { EmulatorError } from "./EmulatorError.ts"
import type { Kind } from "./FailurePlan.ts"
import { captureError } from "./internal/captureError.ts"
import { scanCapture } from "./internal/scanCapture.ts"

/**
 * One request and what came of it.
 *
 * @since 1.0.0
 * @category models
 */
export interface Entry {
  /** Time of the verdict, milliseconds of the epoch. */
  readonly at: number
  readonly method: string
  readonly path: string
  /** As received, but for the Authorization header: `Basic ` and the base64 text of `key:***`. */
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  /** As received; empty when it was not read or was too large. */
  readonly body: string
  /** The status answered; with failure `reset-after` the one that was due; null when there was no verdict. */
  readonly status: number | null
  /** The feed whose credentials the request carried; null when unknown. */
  readonly feed: string | null
  /** The failure on demand that struck. */
  readonly failure?: Kind
  /** Why the request was refused. */
  readonly reason?: string
  /** Positions of the batches that were taken but dropped for another reason than being duplicates. */
  readonly dropped?: ReadonlyArray<number>
  /** Positions of the batches of which names beyond their limit were cut. */
  readonly cut?: ReadonlyArray<number>
}

/**
 * All entries of a capture file. A torn last line, left by a kill, is not among them.
 *
 * @since 1.0.0
 * @category constructors
 */
export const readFile = (path: string): Effect.Effect<ReadonlyArray<Entry>, EmulatorError> =>
  Effect.try({
    try: () => {
      const entries: Array<Entry> = []
      scanCapture(path, (entry) => entries.push(entry))
      return entries
    },
    catch: (cause) => captureError(path, cause)
  })
