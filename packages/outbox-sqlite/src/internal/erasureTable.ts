/** The table of persons who were erased. */
import type { DatabaseSync } from "node:sqlite"
import type { Erasures } from "@millrace/core/Outbox"
import { query } from "./sql.ts"

/** Who was erased, and whether bytes of what was removed may still stand in the file. */
export interface ErasureTable {
  readonly all: () => Erasures
  readonly add: (digest: string, at: number) => void
  readonly isDue: () => boolean
  readonly setDue: (due: boolean) => void
}

export const make = (db: DatabaseSync): ErasureTable => {
  const select = query<{ user: string; at: number }>(db, "select user, at from erasure")
  const insert = query(
    db,
    "insert into erasure (user, at) values (?, ?) on conflict do update set at = max(at, excluded.at)"
  )
  const state = query<{ key: string; due: number }>(db, "select key, due from scrub")
  const update = query(db, "update scrub set due = ?")
  const setDue = (due: boolean) => void update.run(due ? 1 : 0)
  return {
    all: () => ({
      key: state.get()!.key,
      users: new Map(select.all().map(({ user, at }) => [user, at]))
    }),
    add: (digest, at) => {
      insert.run(digest, at)
      setDue(true)
    },
    isDue: () => state.get()!.due === 1,
    setDue
  }
}
