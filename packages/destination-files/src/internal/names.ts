/** Names of files: a part that was written and comes again is other events, if ones that are alike to the byte. */
import { nameOf, type Part } from "./parts.ts"

export interface Names {
  /** The name for a part, the same until it is written. */
  readonly next: (part: Part) => string
  /** Its events are told to be delivered: they will not come again in this process. */
  readonly written: (part: Part) => void
}

/** Names remembered at a time. */
const most = 10_000

export const make = (): Names => {
  const copies = new Map<string, number>()
  const keyOf = (part: Part) => `${part.folder}/${nameOf(part)}`
  return {
    next: (part) => {
      const copy = copies.get(keyOf(part)) ?? 0
      return copy === 0 ? nameOf(part) : `${nameOf(part)}-${copy + 1}`
    },
    written: (part) => {
      const key = keyOf(part)
      const copy = copies.get(key) ?? 0
      // The latest stand last.
      copies.delete(key)
      copies.set(key, copy + 1)
      for (const oldest of copies.keys()) {
        if (copies.size <= most) break
        copies.delete(oldest)
      }
    }
  }
}
