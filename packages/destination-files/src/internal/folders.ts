/** Folders that outlive a loss of power: each is named durably in the one above it. */
import { mkdir } from "node:fs/promises"
import { dirname } from "node:path"
import * as Effect from "effect/Effect"
import * as Disk from "./disk.ts"

export interface Folders {
  /** Makes the folder, which is the root or below it, and all above it. */
  readonly make: (folder: string) => Effect.Effect<void, unknown>
  /** Something went wrong there: it is made anew the next time. */
  readonly doubt: (folder: string) => void
}

/** Some file systems cannot do this for a folder: they promise nothing more, either. */
const unable: ReadonlySet<unknown> = new Set(["EINVAL", "ENOTSUP", "EISDIR"])

/** Makes durable what was made, renamed or removed in the folder. */
export const sync = (folder: string): Effect.Effect<void, unknown> =>
  Effect.catchIf(
    Disk.opened(folder, "r", (handle) => handle.sync()),
    (cause) => cause instanceof Error && "code" in cause && unable.has(cause.code),
    () => Effect.void
  )

/** Folders remembered at a time: a year of hours. */
const most = 10_000

export const under = (root: string): Folders => {
  const known = new Set<string>()
  return {
    make: Effect.fnUntraced(function* (folder) {
      if (known.has(folder)) return
      const created = yield* Disk.attempt(() => mkdir(folder, { recursive: true }))
      // Also where it was there before: whoever made it may have died before its name was durable.
      const top = created !== undefined && root.startsWith(created) ? dirname(created) : root
      for (let path = folder; path !== top; path = dirname(path)) yield* sync(dirname(path))
      if (known.size >= most) known.clear()
      known.add(folder)
    }),
    doubt: (folder) => {
      known.delete(folder)
    }
  }
}
