/** Calls of the file system as effects, which fail with what the system said. */
import { type FileHandle, open } from "node:fs/promises"
import * as Effect from "effect/Effect"

export const attempt = <A>(run: () => Promise<A>): Effect.Effect<A, unknown> =>
  Effect.tryPromise({ try: run, catch: (cause) => cause })

/** Opens a file or folder for as long as it is used. */
export const opened = (path: string, flags: "r" | "wx", use: (handle: FileHandle) => Promise<void>) =>
  Effect.acquireUseRelease(
    attempt(() => open(path, flags)),
    (handle) => attempt(() => use(handle)),
    (handle) => attempt(() => handle.close())
  )
