/**
 * Notices of the operating system that something changed in a folder. They are hints, no more: some file systems give
 * none, a system gives them for a number of folders only, and what is told is looked at.
 */
import { type FSWatcher, watch } from "node:fs"
import { join } from "node:path"
import type { Split } from "@millrace/core/Intake"
import { isReadable } from "@millrace/objects/Names"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type * as Scope from "effect/Scope"
import type { Hints } from "./standing.ts"

/** Asking for a folder blocks for a moment: so many each time. */
const mostAtOnce = 250
/** So many in a row are not to be had because the system tells of no more. */
const mostFailures = 10

export interface Notices {
  /**
   * Of these folders, and no others, a part of them each time. Yields whether all of them were watched before this; else whether
   * some are from now on, in which something may have changed since they were looked at; else the system tells of fewer.
   */
  readonly follow: (folders: ReadonlyArray<Split>) => "all" | "more" | "fewer"
  /** Resolves when there is one that was not taken. */
  readonly any: Effect.Effect<void>
  readonly take: () => Hints
}

/** Closed with the scope. */
export const make = Effect.fnUntraced(function* (
  root: string
): Effect.fn.Return<Notices, never, Scope.Scope> {
  const latch = yield* Latch.make(false)
  const watchers = new Map<Split, FSWatcher>()
  let folders = new Set<Split>()
  let files = new Set<Split>()

  const close = (split: Split) => {
    watchers.get(split)?.close()
    watchers.delete(split)
  }
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const split of [...watchers.keys()]) close(split)
    })
  )

  const tell = (split: Split, kind: string, name: string | null) => {
    // Others may write all the time beside what is read, such as an outbox that stands there.
    if (kind === "change" && name !== null && name.includes(".") && !isReadable(name)) return
    folders.add(split)
    if (name !== null) files.add(split === "" ? name : `${split}/${name}`)
    // The folder itself may be another one now.
    if (kind === "rename" && name !== null && split.endsWith(name)) close(split)
    latch.openUnsafe()
  }

  const open = (split: Split): boolean => {
    try {
      const watcher = watch(join(root, split), { persistent: false }, (kind, name) => tell(split, kind, name))
      watcher.on("error", () => close(split))
      watchers.set(split, watcher)
      return true
    } catch {
      // The system tells of no more folders, or this one is gone.
      return false
    }
  }

  return {
    follow: (wanted) => {
      const kept = new Set(wanted)
      for (const split of [...watchers.keys()]) if (!kept.has(split)) close(split)
      let [asked, failures] = [0, 0]
      for (const split of wanted) {
        if (watchers.has(split)) continue
        if (failures > mostFailures || asked === mostAtOnce) break
        asked++
        if (!open(split)) failures++
      }
      return asked === 0 ? "all" : asked > failures ? "more" : "fewer"
    },
    any: latch.await,
    take: () => {
      const taken = { folders, files }
      folders = new Set()
      files = new Set()
      latch.closeUnsafe()
      return taken
    }
  }
})
