/** Whether there is anything to read below a path, without looking at all of it. */
import { opendir, stat } from "node:fs/promises"
import { relative } from "node:path"
import { SourceError } from "@millrace/core/Source"
import { isMarker, isReadable } from "@millrace/objects/Names"
import * as Effect from "effect/Effect"
import { nothingBelow } from "./discover.ts"
import { failure } from "./failure.ts"
import { hourIn } from "./found.ts"

/** Fails where a run would not begin: the path cannot be read, or nothing is below it and the run does not wait for more. */
export const expectFile = (root: string, follow: boolean, from: string): Effect.Effect<void, SourceError> =>
  Effect.flatMap(Effect.tryPromise({ try: () => hasFile(root, from), catch: failure(root) }), (found) =>
    found || follow ? Effect.void : Effect.fail(new SourceError({ detail: nothingBelow(root) }))
  )

const hasFile = async (root: string, from: string): Promise<boolean> => {
  if (!(await stat(root)).isDirectory()) return true
  for await (const entry of await opendir(root, { recursive: true })) {
    const hour = hourIn(relative(root, entry.parentPath))
    if (hour !== "" && hour < from) continue
    // What a link leads to is for the run to find out.
    if (entry.isSymbolicLink()) return true
    if (entry.isFile() && isReadable(entry.name) && !isMarker(entry.name)) return true
  }
  return false
}
