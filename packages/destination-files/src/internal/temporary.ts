/** Files that are being written: in a folder of their own within the destination's, so that one may be renamed. */
import { readdir, rm, stat } from "node:fs/promises"
import { join } from "node:path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Disk from "./disk.ts"

export interface Temporary {
  readonly folder: string
  /** A path that no other process uses. */
  readonly next: () => string
  /**
   * Removes what dead processes left, unless it was done in the last hour. Whether another process lives cannot be told
   * across containers and machines, but no living one leaves a file untouched for an hour. Were it to, its rename would
   * fail and be tried again: nothing is lost.
   */
  readonly sweep: Effect.Effect<void>
}

const hour = 3_600_000

const own = /^\d+-[0-9a-f]+-\d+\.tmp$/

export const under = Effect.fnUntraced(function* (root: string): Effect.fn.Return<Temporary> {
  const folder = join(root, ".tmp")
  const run = (yield* Random.nextIntBetween(0, Number.MAX_SAFE_INTEGER)).toString(16)
  let files = 0
  let sweptAt = -Infinity
  return {
    folder,
    next: () => join(folder, `${process.pid}-${run}-${files++}.tmp`),
    sweep: Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      if (now - sweptAt < hour) return
      sweptAt = now
      const names = yield* Disk.attempt(() => readdir(folder))
      yield* Effect.forEach(
        names.filter((name) => own.test(name)),
        (name) => removeOld(join(folder, name), now - hour)
      )
      // What cannot be removed harms nobody, and trouble with the disk shows in the next write.
    }).pipe(Effect.ignore)
  }
})

const removeOld = Effect.fnUntraced(
  function* (path: string, before: number) {
    const { mtimeMs } = yield* Disk.attempt(() => stat(path))
    if (mtimeMs < before) yield* remove(path)
  },
  (effect) => Effect.ignore(effect)
)

export const remove = (path: string): Effect.Effect<void, unknown> =>
  Disk.attempt(() => rm(path, { force: true }))

/** Writes a new file, durable but for its name. */
export const write = (path: string, contents: Uint8Array): Effect.Effect<void, unknown> =>
  Disk.opened(path, "wx", async (handle) => {
    await handle.writeFile(contents)
    await handle.sync()
  })
