/** Whether there is anything to read below a prefix, and whether it may be read, without looking at all of it. */
import { SourceError } from "@millrace/core/Source"
import * as Effect from "effect/Effect"
import * as Names from "../Names.ts"
import type { ObjectStore, StoredObject } from "../ObjectStore.ts"
import * as Listing from "./listing.ts"

/** What there must be for a run to begin that does not wait for more. */
export const nothingBelow = ({ label }: ObjectStore, prefix: string): string =>
  `${label}/${prefix}: has no object to read whose name ends in ${Names.readableNames}; check the prefix`

/** Looks at so many pages. */
const most = 10

/** Asks for a byte of the first object, which takes another permission than to list it. */
export const expectObject = Effect.fnUntraced(function* (
  store: ObjectStore,
  prefix: string,
  follow: boolean
) {
  let next: string | undefined
  let first: StoredObject | undefined
  for (let page = 0; page < most && first === undefined; page++) {
    const listed = yield* store.list({ prefix }, next)
    first = listed.items.find(({ key, size }) => size > 0 && Listing.kindOf(key) === "read")
    next = listed.next
    if (next === undefined) break
  }
  if (first !== undefined) yield* Effect.asVoid(store.read(first, 0, 1))
  else if (!follow && next === undefined) {
    return yield* new SourceError({ kind: "fatal", detail: nothingBelow(store, prefix) })
  }
})
