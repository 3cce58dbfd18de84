/**
 * The record of every request, one JSON text a line, written before the answer goes out: after a kill of the
 * emulator nothing it answered is missing.
 *
 * @since 1.0.0
 */
import * as Effect from "effect/Effect"
import type { EmulatorError } from "./EmulatorError.ts"
import { captureError } from "./internal/captureError.ts"
import type { Entry } from "./internal/entry.ts"
import { scanCapture } from "./internal/scanCapture.ts"

export type { Entry } from "./internal/entry.ts"

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
