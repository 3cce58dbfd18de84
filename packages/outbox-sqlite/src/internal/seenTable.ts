/** The table of event ids that were taken, by which a repeated event is known. */
import type { DatabaseSync } from "node:sqlite"
import { query } from "./sql.ts"

/** Event ids with the time of the append that remembered them. */
export interface SeenTable {
  /** `forget` as told with the same append: where an age began before it, the next one begins. */
  readonly remember: (ids: ReadonlyArray<string>, at: number, forget: number) => void
  /** Forgets at most so many of the ids remembered before a time, age by age. */
  readonly forget: (before: number, most: number) => void
  readonly among: (ids: ReadonlyArray<string>, since: number) => ReadonlySet<string>
}

interface Age {
  readonly id: number
  /** When it began, and the latest append of it. */
  readonly since: number
  readonly until: number
}

/**
 * Ids are kept by age, an age being about as long as they are remembered: so there are two, and one that goes. Ids come
 * in no order, and each one written or removed in a large table costs a page of its own; in a young age many share one,
 * and an old age is removed from end to end.
 */
export const make = (db: DatabaseSync): SeenTable => {
  const selectAges = query<Age>(db, "select id, since, until from age order by id")
  const insertAge = query(db, "insert into age (since, until) values (?, ?)")
  const prolong = query(db, "update age set until = max(until, ?) where id = ?")
  const removeAge = query(db, "delete from age where id = ?")
  const keep = query(
    db,
    "insert into seen (age, id, at) values (?, ?, ?) on conflict do update set at = max(at, excluded.at)"
  )
  const drop = query(
    db,
    "delete from seen where age = ? and id in (select id from seen where age = ? order by id limit ?)"
  )
  const any = query(db, "select 1 from seen where age = ? limit 1")
  const find = query<{ at: number }>(db, "select at from seen where age = ? and id = ?")

  return {
    remember: (ids, at, forget) => {
      if (ids.length === 0) return
      const latest = selectAges.all().at(-1)
      const age = latest === undefined || latest.since < forget ? insertAge.run(at, at) : latest.id
      prolong.run(at, age)
      // In the order of the table, so that neighbours are found on one page.
      for (const key of ids.map(keyOf).sort(compare)) keep.run(age, key, at)
    },
    forget: (before, most) => {
      const [oldest] = selectAges.all()
      if (oldest === undefined || oldest.until >= before) return
      drop.run(oldest.id, oldest.id, most)
      if (any.get(oldest.id) === undefined) removeAge.run(oldest.id)
    },
    among: (ids, since) => {
      const ages = selectAges.all().filter(({ until }) => until >= since)
      return new Set(
        ids.filter((id) => {
          const key = keyOf(id)
          return ages.some((age) => (find.get(age.id, key)?.at ?? Number.NEGATIVE_INFINITY) >= since)
        })
      )
    }
  }
}

type Key = string | Buffer

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** A UUID as its 16 bytes, which is less than half; anything else as it is. No two ids share a key. */
export const keyOf = (id: string): Key => (uuid.test(id) ? Buffer.from(id.replaceAll("-", ""), "hex") : id)

/** The id of a key. */
export const idOf = (key: string | Uint8Array): string =>
  typeof key === "string"
    ? key
    : Buffer.from(key)
        .toString("hex")
        .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")

/** As SQLite orders keys: texts before bytes. Only speed depends on it. */
const compare = (left: Key, right: Key): number => {
  if (typeof left === "string") return typeof right === "string" && left > right ? 1 : -1
  return typeof right === "string" ? 1 : left.compare(right)
}
