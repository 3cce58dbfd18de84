/** Whether the outbox has reached the size that its settings allow. A full disk is another matter: see `failure.ts`. */
import type { DatabaseSync } from "node:sqlite"
import type { Usage } from "@millrace/core/Outbox"
import { query } from "./sql.ts"

/** How much of the database is used, and whether that leaves room. */
export interface Room {
  readonly usage: () => Usage
  readonly isFull: () => boolean
  /** Tells at first, and when it has become full, or no longer is. To be called after every change, outside of a transaction. */
  readonly tell: () => void
}

export const make = (db: DatabaseSync, limit: number | undefined, onFull: (full: boolean) => void): Room => {
  const selectPages = query<{ page_count: number }>(db, "pragma page_count")
  const selectFree = query<{ freelist_count: number }>(db, "pragma freelist_count")
  const selectAny = query(db, "select 1 from parcel union all select 1 from dead limit 1")
  const pageSize = Number(db.prepare("pragma page_size").get()!["page_size"])
  const bytes = () => (selectPages.get()!.page_count - selectFree.get()!.freelist_count) * pageSize

  // Where nothing is left to settle or to purge nobody could make room, so whoever waited would wait for ever.
  const isFull = () => limit !== undefined && bytes() >= limit && selectAny.get() !== undefined

  let told: boolean | undefined
  const tell = (): void => {
    const full = isFull()
    if (full !== told) onFull(full)
    told = full
  }
  tell()
  return { usage: () => ({ bytes: bytes(), limit }), isFull, tell }
}
