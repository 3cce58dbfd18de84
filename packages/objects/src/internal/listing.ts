/** Listings, page by page: each object that may have to be read is handed on. */
import type { SourceError } from "@millrace/core/Source"
import * as Effect from "effect/Effect"
import * as Names from "../Names.ts"
import type { Listing, ObjectStore, Page, StoredObject } from "../ObjectStore.ts"

/** Every page, one after the other; yields how many there were. */
const pages = Effect.fnUntraced(function* <A>(
  ask: (page: string | undefined) => Effect.Effect<Page<A>, SourceError>,
  use: (item: A) => void
) {
  let next: string | undefined
  let calls = 0
  do {
    const page = yield* ask(next)
    for (const item of page.items) use(item)
    next = page.next
    calls++
  } while (next !== undefined)
  return calls
})

export const objects = (store: ObjectStore, listing: Listing, use: (object: StoredObject) => void) =>
  pages((page) => store.list(listing, page), use)

export const folders = (store: ObjectStore, prefix: string, use: (folder: string) => void) =>
  pages((page) => store.folders(prefix, page), use)

/** What is to be done with an object, by its name: `skip` what stands beside objects, such as a folder or a marker. */
export const kindOf = (key: string): "read" | "skip" | "ignore" => {
  const name = key.slice(key.lastIndexOf("/") + 1)
  if (name === "" || Names.isMarker(name)) return "skip"
  if (Names.isReadable(name)) return "read"
  return Names.isTemporary(name) ? "skip" : "ignore"
}
