import type { DatabaseSync } from "node:sqlite"
import { query } from "./sql.ts"

/** Event ids with the time of the append that remembered them. */
export interface SeenTable {
  readonly remember: (ids: ReadonlyArray<string>, at: number) => void
  /** Forgets at most so many of the ids remembered before a time, oldest first. */
  readonly forget: (before: number, most: number) => void
  readonly among: (ids: ReadonlyArray<string>, since: number) => ReadonlySet<string>
}

export const make = (db: DatabaseSync): SeenTable => {
  const keep = query(
    db,
    "insert into seen (id, at) values (?, ?) on conflict do update set at = max(at, excluded.at)"
  )
  const drop = query(
    db,
    "delete from seen where id in (select id from seen where at < ? order by at limit ?)"
  )
  const find = query<{ at: number }>(db, "select at from seen where id = ?")
  return {
    remember: (ids, at) => {
      // In the order of the table, so that neighbours are found on one page.
      const keys = ids.map(keyOf).sort(compare)
      for (const key of keys) keep.run(key, at)
    },
    forget: (before, most) => {
      drop.run(before, most)
    },
    among: (ids, since) =>
      new Set(ids.filter((id) => (find.get(keyOf(id))?.at ?? Number.NEGATIVE_INFINITY) >= since))
  }
}

type Key = string | Buffer

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** A UUID as its 16 bytes, which is less than half; anything else as it is. No two ids share a key. */
const keyOf = (id: string): Key => (uuid.test(id) ? Buffer.from(id.replaceAll("-", ""), "hex") : id)

/** As SQLite orders keys: texts before bytes. Only speed depends on it. */
const compare = (left: Key, right: Key): number => {
  if (typeof left === "string") return typeof right === "string" && left > right ? 1 : -1
  return typeof right === "string" ? 1 : left.compare(right)
}
