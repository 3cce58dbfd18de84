/** A file as a split that is bytes. */
import { open } from "node:fs/promises"
import type { ByteSplit, Bytes } from "@millrace/formats/Bytes"
import * as Effect from "effect/Effect"
import { failure } from "./failure.ts"
import { type Found, pathOf } from "./found.ts"

export const splitOf = (file: Found): ByteSplit => {
  const path = pathOf(file)
  return {
    split: file.split,
    size: file.size,
    label: path,
    open: Effect.map(
      Effect.acquireRelease(Effect.tryPromise({ try: () => open(path), catch: failure(path) }), (handle) =>
        Effect.promise(() => handle.close())
      ),
      (handle): Bytes => {
        let at = 0
        return {
          read: (into) =>
            Effect.map(
              Effect.tryPromise({ try: () => handle.read(into, 0, into.length, at), catch: failure(path) }),
              ({ bytesRead }) => {
                at += bytesRead
                return bytesRead
              }
            ),
          seek: (position) => {
            at = position
          }
        }
      }
    )
  }
}
