/** Which files are there, for those that were not seen for long. */
import type { Stats } from "node:fs"
import { stat } from "node:fs/promises"
import { join } from "node:path"
import type { Split } from "@millrace/core/Intake"
import { SourceError } from "@millrace/core/Source"
import * as Effect from "effect/Effect"
import { isGone } from "./failure.ts"
import { each } from "./walk.ts"

/**
 * Only what the system calls not there is gone: what may not be asked for, or cannot be, is taken to be there. Fails where the
 * folder itself is gone by the end, or another one than it was at the look.
 */
export const among =
  (root: string, { dev, ino }: Stats) =>
  (splits: ReadonlyArray<Split>): Effect.Effect<ReadonlyArray<Split>, SourceError> =>
    Effect.tryPromise({
      try: async () => {
        const gone = new Set<Split>()
        await each(splits, async (split) => {
          if (await isMissing(join(root, split))) gone.add(split)
        })
        const now = await stat(root)
        if (now.dev !== dev || now.ino !== ino) throw new Error("the folder is another one")
        return splits.filter((split) => !gone.has(split))
      },
      catch: () =>
        new SourceError({ reason: "gone", detail: `${root}: went while its files were looked for` })
    })

const isMissing = (path: string): Promise<boolean> => stat(path).then(() => false, isGone)
