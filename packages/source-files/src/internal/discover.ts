/** What there is to read below a path. */
import { stat } from "node:fs/promises"
import { basename, dirname } from "node:path"
import type { Problem, Split } from "@millrace/core/Intake"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { failure } from "./failure.ts"
import { type Found, foundOf, inOrder } from "./found.ts"
import * as Walk from "./walk.ts"

export interface Survey {
  /** In the order to read them: by the hour in the path, then by path. */
  readonly files: ReadonlyArray<Found>
  /** Other files, without markers and hidden ones. */
  readonly ignored: ReadonlyArray<Split>
  readonly unreadable: ReadonlyArray<Problem>
  /** Every folder that was listed, with when it was last changed before that. */
  readonly folders: ReadonlyMap<Split, Walk.Folder>
  /** Whether a symbolic link stands anywhere below: what it leads to may change unseen. */
  readonly hasLinks: boolean
}

/** What there must be for a run to begin that does not wait for more. */
export const nothingBelow = (root: string): string =>
  `${root}: has no .avro, .ndjson, .jsonl, .json or .parquet file to read, also not below it; check the path`

/** What there is at a path. */
export const status = (path: string) => Effect.tryPromise({ try: () => stat(path), catch: failure(path) })

/**
 * Fails when `root` itself cannot be read. A single file is surveyed whatever its name. Hours before `from` are passed over,
 * written as in a path.
 */
export const survey = Effect.fnUntraced(function* (root: string, from = "") {
  const stats = yield* status(root)
  if (!stats.isDirectory()) {
    const files = [foundOf(dirname(root), basename(root), stats)]
    return { files, ignored: [], unreadable: [], folders: new Map(), hasLinks: false } satisfies Survey
  }
  const now = yield* Clock.currentTimeMillis
  return yield* look(root, { from, now, start: [""], isKnown: () => false })
})

/** Looks at some folders of `root` again, and at those below them that are new; files that are known are passed over. */
export const look = (root: string, options: Walk.Options) =>
  Effect.map(
    Effect.tryPromise({ try: (signal) => Walk.walk(root, options, signal), catch: failure(root) }),
    (walked): Survey => ({ ...walked, files: inOrder(walked.files) })
  )
