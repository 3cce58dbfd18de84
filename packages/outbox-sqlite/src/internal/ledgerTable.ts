/** The table of counts that must balance. */
import type { DatabaseSync } from "node:sqlite"
import type { Count } from "@millrace/core/Ledger"
import { query } from "./sql.ts"

/** The counts, changed only inside a transaction. */
export interface LedgerTable {
  readonly add: (route: string, kind: Count["kind"], key: string, events: number) => void
  readonly counts: () => ReadonlyArray<Count>
  readonly waiting: (route: string, lane: string) => number
}

export const make = (db: DatabaseSync): LedgerTable => {
  const upsert = query(
    db,
    `insert into ledger (route, kind, key, events) values (?, ?, ?, ?)
     on conflict do update set events = events + excluded.events`
  )
  const select = query<Count>(db, "select route, kind, key, events from ledger")
  const selectWaiting = query<{ events: number }>(
    db,
    "select events from ledger where route = ? and kind = 'waiting' and key = ?"
  )
  return {
    add: (route, kind, key, events) => {
      if (events !== 0) upsert.run(route, kind, key, events)
    },
    counts: () => select.all().map((row) => ({ ...row })),
    waiting: (route, lane) => selectWaiting.get(route, lane)?.events ?? 0
  }
}
