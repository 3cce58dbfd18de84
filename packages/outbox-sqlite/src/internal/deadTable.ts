import type { DatabaseSync } from "node:sqlite"
import type { DeadLetter, Origin } from "@millrace/core/Outbox"
import * as Checksum from "./checksum.ts"
import type { Names } from "./names.ts"
import type { Kept } from "./operations.ts"
import { query } from "./sql.ts"

interface Row extends Omit<DeadLetter, "origin" | "codec" | "parameter">, Origin {
  readonly codec: number
  readonly checksum: number | null
}

/** A dead event, with the number of its codec. */
export interface DeadEvent extends Omit<Row, "id" | "source" | "split" | "position" | "length" | "checksum"> {
  readonly origin: Origin
}

export interface DeadTable {
  readonly bury: (event: DeadEvent) => void
  /** One dead letter for each of the routes, the bytes stored once. */
  readonly buryRaw: (kept: Kept, origin: Origin, at: number) => void
  readonly read: (after: number, limit: number) => ReadonlyArray<DeadLetter>
  /** Takes dead letters out; returns those there were. */
  readonly unbury: (ids: ReadonlyArray<number>) => ReadonlyArray<Pick<DeadLetter, "route" | "reason">>
}

/** Bytes of records that are read in one go: each may hold a megabyte. */
const readBytes = 8 * 1024 * 1024

export const make = (db: DatabaseSync, names: Names): DeadTable => {
  const insertRaw = query(db, "insert into raw (record, checksum) values (?, ?)")
  const insert = query(
    db,
    `insert into dead
       (route, lane, reason, detail, attempts, at, source, split, position, codec, length, raw, record, checksum)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
  )
  const select = query<Row>(
    db,
    `select dead.id, route, lane, reason, detail, attempts, at, source, split, position, codec, length,
       coalesce(dead.record, raw.record) as record, coalesce(dead.checksum, raw.checksum) as checksum
     from dead left join raw on raw.id = dead.raw where dead.id > ? order by dead.id limit ?`
  )
  const find = query<{ route: string; reason: string; raw: number | null }>(
    db,
    "select route, reason, raw from dead where id = ?"
  )
  const remove = query(db, "delete from dead where id = ?")
  const removeRaw = query(
    db,
    "delete from raw where id = ? and not exists (select 1 from dead where raw = raw.id)"
  )
  return {
    unbury: (ids) =>
      ids.flatMap((id) => {
        const found = find.get(id)
        if (found === undefined) return []
        remove.run(id)
        if (found.raw !== null) removeRaw.run(found.raw)
        return [found]
      }),
    bury: ({ route, lane, reason, detail, attempts, at, origin, codec, record }) => {
      const { source, split, position } = origin
      const { length } = record
      insert.run(
        route,
        lane,
        reason,
        detail,
        attempts,
        at,
        source,
        split,
        position,
        codec,
        length,
        null,
        record,
        Checksum.of(record)
      )
    },
    buryRaw: (
      { routes, reason, detail, record, length, codec, parameter },
      { source, split, position },
      at
    ) => {
      const raw = insertRaw.run(record, Checksum.of(record))
      const id = names.codec(codec, parameter)
      for (const route of routes) {
        insert.run(route, "", reason, detail, 0, at, source, split, position, id, length, raw, null, null)
      }
    },
    read: (after, limit) => {
      const letters: Array<DeadLetter> = []
      let bytes = 0
      for (const { source, split, position, codec, checksum, ...letter } of select.iterate(after, limit)) {
        bytes += letter.record.length
        if (letters.length > 0 && bytes > readBytes) break
        // Bytes that are not what was written are shown, and read by nothing.
        const { name, parameter } = Checksum.holds(checksum, letter.record)
          ? names.codecOf(codec)
          : { name: "", parameter: "" }
        letters.push({ ...letter, origin: { source, split, position }, codec: name, parameter })
      }
      return letters
    }
  }
}
