/**
 * How much room the disk of the outbox has.
 */
import { statfs } from "node:fs/promises"
import * as Effect from "effect/Effect"
import type { Disk } from "../Status.ts"

/** A disk that cannot be asked is no reason to tell nothing else. */
export const diskOf = (directory: string | undefined): Effect.Effect<{ readonly disk?: Disk }> =>
  directory === undefined
    ? Effect.succeed({})
    : Effect.match(
        Effect.tryPromise(() => statfs(directory)),
        {
          onSuccess: ({ bavail, blocks, bsize }) => ({
            disk: { bytes: blocks * bsize, free: bavail * bsize }
          }),
          onFailure: () => ({})
        }
      )
