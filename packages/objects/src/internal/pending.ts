/** Objects to be read, the earliest hours first, and no more of them than memory should hold. */
import type { StoredObject } from "../ObjectStore.ts"

export interface Found extends StoredObject {
  /** Empty where the key has none. */
  readonly hour: string
}

export interface Pending {
  readonly add: (object: StoredObject, hour: string) => void
  /** In the order to read them: by hour, then by key. */
  readonly inOrder: () => ReadonlyArray<Found>
  /** Whether later ones were left out: they are to be listed again. */
  readonly isCut: () => boolean
}

const compare = (left: string, right: string) => (left < right ? -1 : left > right ? 1 : 0)

export const make = (most = 25_000): Pending => {
  let found: Array<Found> = []
  let isCut = false
  const sort = () =>
    found.sort((left, right) => compare(left.hour, right.hour) || compare(left.key, right.key))
  return {
    add: ({ key, modified, size, tag }, hour) => {
      found.push({ key, modified, size, tag, hour })
      if (found.length < 2 * most) return
      sort()
      found = found.slice(0, most)
      isCut = true
    },
    inOrder: () => {
      sort()
      return found.filter(({ key }, index) => index === 0 || found[index - 1]!.key !== key)
    },
    isCut: () => isCut
  }
}
