/** A store in memory that counts what it is asked, and fails as it is told to. */
import type { SourceError } from "@millrace/core/Source"
import { type ObjectStore, StoreFault } from "@millrace/objects"
import * as Effect from "effect/Effect"

export interface MemoryStore extends ObjectStore.ObjectStore {
  /** Puts an object there; one that is there is replaced and gets another tag. */
  readonly put: (key: string, bytes: Uint8Array | string, modified?: number) => void
  readonly remove: (key: string) => void
  readonly calls: { list: number; folders: number; read: number }
  /** Every range that was read: key and offset. */
  readonly reads: Array<readonly [string, number]>
  /** Asked before every request; what it yields is what the request fails with. */
  fault: (request: "list" | "folders" | "read", what: string) => StoreFault.Kind | undefined
}

export const make = (pageSize = 1000): MemoryStore => {
  const objects = new Map<
    string,
    { readonly bytes: Buffer; readonly tag: string; readonly modified: number }
  >()
  let writes = 0
  let sorted: ReadonlyArray<string> | undefined
  const keys = () => (sorted ??= [...objects.keys()].sort())

  const refuse = (fault: StoreFault.Kind, what: string): Effect.Effect<never, SourceError> =>
    Effect.fail(StoreFault.make(fault, { what: `memory://m/${what}`, said: "told to" }))

  const asked = <A>(
    request: "list" | "folders" | "read",
    what: string,
    answer: () => Effect.Effect<A, SourceError>
  ) =>
    Effect.suspend(() => {
      store.calls[request]++
      const fault = store.fault(request, what)
      return fault === undefined ? answer() : refuse(fault, what)
    })

  const pageOf = <A>(all: ReadonlyArray<A>, page = "0"): Effect.Effect<ObjectStore.Page<A>> => {
    const start = Number(page)
    const end = start + pageSize
    return Effect.succeed({
      items: all.slice(start, end),
      ...(end < all.length ? { next: String(end) } : {})
    })
  }

  const store: MemoryStore = {
    label: "memory://m",
    calls: { list: 0, folders: 0, read: 0 },
    reads: [],
    fault: () => undefined,
    put: (key, bytes, modified = 0) => {
      if (!objects.has(key)) sorted = undefined
      objects.set(key, { bytes: Buffer.from(bytes), tag: `"${++writes}"`, modified })
    },
    remove: (key) => {
      objects.delete(key)
      sorted = undefined
    },
    folders: (prefix, page) =>
      asked("folders", prefix, () => {
        const found = new Set<string>()
        for (const key of keys()) {
          const end = key.startsWith(prefix) ? key.indexOf("/", prefix.length) : -1
          if (end >= 0) found.add(key.slice(0, end + 1))
        }
        return pageOf([...found], page)
      }),
    list: ({ after = "", prefix }, page) =>
      asked("list", prefix, () => {
        const found = keys().filter((key) => key.startsWith(prefix) && key > after)
        return Effect.map(pageOf(found, page), ({ items, ...rest }) => ({
          ...rest,
          items: items.map((key) => {
            const { bytes, modified, tag } = objects.get(key)!
            return { key, size: bytes.length, tag, modified }
          })
        }))
      }),
    read: ({ key, tag }, offset, length) =>
      asked("read", key, () => {
        store.reads.push([key, offset])
        const found = objects.get(key)
        if (found === undefined) return refuse("gone", key)
        return found.tag === tag
          ? Effect.succeed(found.bytes.subarray(offset, offset + length))
          : refuse("replaced", key)
      })
  }
  return store
}
