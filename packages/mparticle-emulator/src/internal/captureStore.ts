import { closeSync, existsSync, ftruncateSync, openSync, writeSync } from "node:fs"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import type { Entry } from "../Capture.ts"
import type { EmulatorError } from "../EmulatorError.ts"
import { captureError } from "./captureError.ts"
import { scanCapture } from "./scanCapture.ts"

/** Where requests are recorded. `append` throws when it cannot, and has then recorded nothing. */
export interface CaptureStore {
  readonly append: (entry: Entry) => void
  readonly entries: () => ReadonlyArray<Entry>
  readonly clear: () => void
}

const mostEntries = 10_000
const mostCharacters = 64 * 1024 * 1024

/** The latest requests, bounded in number and in the length of their bodies. */
export const memoryCapture = (): CaptureStore => {
  let kept: Array<Entry> = []
  let first = 0
  let characters = 0
  return {
    append: (entry) => {
      kept.push(entry)
      characters += entry.body.length
      while (kept.length - first > mostEntries || characters > mostCharacters) {
        characters -= kept[first]?.body.length ?? 0
        first += 1
      }
      // Cut in steps, so that appending stays cheap: at most twice the bound is held.
      if (first * 2 > kept.length) {
        kept = kept.slice(first)
        first = 0
      }
    },
    entries: () => kept.slice(first),
    clear: () => {
      kept = []
      first = 0
      characters = 0
    }
  }
}

/**
 * A file, read whole at first (`onEntry`), its torn last line cut off. A line is with the operating system when
 * `append` returns, so a kill of this process does not lose it.
 */
export const fileCapture = Effect.fnUntraced(function* (
  path: string,
  onEntry: (entry: Entry) => void
): Effect.fn.Return<CaptureStore, EmulatorError, Scope> {
  const opened = yield* Effect.acquireRelease(
    Effect.try({
      try: () => {
        let size = existsSync(path) ? scanCapture(path, onEntry) : 0
        const descriptor = openSync(path, "a", 0o600)
        ftruncateSync(descriptor, size)
        const write = (line: Buffer): void => {
          for (let done = 0; done < line.length; ) done += writeSync(descriptor, line, done)
          size += line.length
        }
        const store: CaptureStore = {
          append: (entry) => {
            try {
              write(Buffer.from(`${JSON.stringify(entry)}\n`))
            } catch (cause) {
              // A line written in part would make the file unreadable.
              ftruncateSync(descriptor, size)
              throw cause
            }
          },
          entries: () => {
            const entries: Array<Entry> = []
            scanCapture(path, (entry) => entries.push(entry))
            return entries
          },
          clear: () => {
            ftruncateSync(descriptor, 0)
            size = 0
          }
        }
        return { store, close: () => closeSync(descriptor) }
      },
      catch: (cause) => captureError(path, cause)
    }),
    ({ close }) => Effect.sync(close)
  )
  return opened.store
})
