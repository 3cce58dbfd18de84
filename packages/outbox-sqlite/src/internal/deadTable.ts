/** The table of dead letters. */
import type { DatabaseSync } from "node:sqlite"
import type {
  DeadLetter,
  DeadLetterFilter,
  DeadLetterHead,
  DeadLetterPage,
  Origin
} from "@millrace/core/Outbox"
import * as OutboxRules from "@millrace/core/OutboxRules"
import * as Checksum from "./checksum.ts"
import type { Names } from "./names.ts"
import type { Kept } from "./operations.ts"
import { query } from "./sql.ts"

interface HeadRow extends Omit<DeadLetterHead, "origin">, Origin {}

interface RecordRow {
  readonly codec: number
  readonly record: Uint8Array
  readonly checksum: number | null
}

/** A dead event, with the number of its codec. */
export interface DeadEvent extends Omit<DeadLetterHead, "id" | "length" | "kept"> {
  readonly codec: number
  readonly record: Uint8Array
}

export interface DeadTable {
  readonly bury: (event: DeadEvent) => void
  /** One dead letter for each of the routes, the bytes stored once. */
  readonly buryRaw: (kept: Kept, origin: Origin, at: number) => void
  readonly heads: (filter: DeadLetterFilter, after: number, bytes: number) => DeadLetterPage<DeadLetterHead>
  readonly letters: (filter: DeadLetterFilter, after: number, bytes: number) => DeadLetterPage<DeadLetter>
  /** Takes dead letters out; returns those there were. */
  readonly unbury: (ids: ReadonlyArray<number>) => ReadonlyArray<Pick<DeadLetter, "route" | "reason">>
}

/** Letters that are looked at in one go: some milliseconds, and then it is the turn of others. */
const window = 2000

/** What a filter finds, as SQLite is asked: `null` for what does not matter. */
const found = `dead.id > ?1 and dead.id <= ?2 and (?3 is null or dead.id in (select value from json_each(?3)))
  and (?4 is null or route = ?4) and (?5 is null or lane = ?5)
  and (?6 is null or reason = ?6) and (?7 is null or at >= ?7) and (?8 is null or at < ?8)`

export const make = (db: DatabaseSync, names: Names): DeadTable => {
  const insertRaw = query(db, "insert into raw (record, checksum) values (?, ?)")
  const insert = query(
    db,
    `insert into dead
       (route, lane, reason, detail, attempts, at, source, split, position, codec, length, raw, record, checksum)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
  )
  // The records stand behind all else, in pages of their own where they are large: their length is known without these.
  const select = query<HeadRow>(
    db,
    `select dead.id, route, lane, reason, detail, attempts, at, source, split, position, length,
       coalesce(length(dead.record), length(raw.record)) as kept
     from dead left join raw on raw.id = dead.raw where ${found} order by dead.id`
  )
  const selectRecord = query<RecordRow>(
    db,
    `select codec, coalesce(dead.record, raw.record) as record, coalesce(dead.checksum, raw.checksum) as checksum
     from dead left join raw on raw.id = dead.raw where dead.id = ?`
  )
  const selectWindow = query<{ last: number | null; count: number }>(
    db,
    "select max(id) as last, count(*) as count from (select id from dead where id > ? order by id limit ?)"
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
  /** Where a look beyond an id ends, and whether more may follow. */
  const endOf = ({ ids }: DeadLetterFilter, after: number) => {
    // These are few. What lies behind the last of them is not looked at: it may be a million.
    if (ids !== undefined) return { last: ids.reduce((last, id) => Math.max(last, id), after), isEnd: true }
    const { last, count } = selectWindow.get(after, window)!
    return { last: last ?? after, isEnd: count < window }
  }

  const page = <Letter extends DeadLetterHead>(
    filter: DeadLetterFilter,
    after: number,
    bytes: number,
    weight: (head: DeadLetterHead) => number,
    letterOf: (head: DeadLetterHead) => Letter
  ): DeadLetterPage<Letter> => {
    const { last, isEnd } = endOf(filter, after)
    const { ids, route = null, lane = null, reason = null, from = null, to = null } = filter
    const among = ids === undefined ? null : JSON.stringify(ids)
    const letters: Array<Letter> = []
    let size = 0
    for (const { source, split, position, ...row } of select.iterate(
      after,
      last,
      among,
      route,
      lane,
      reason,
      from,
      to
    )) {
      const head = { ...row, origin: { source, split, position } }
      size += OutboxRules.sizeOfHead(head) + weight(head)
      const before = letters.at(-1)
      if (before !== undefined && size > bytes) return { letters, after: before.id }
      letters.push(letterOf(head))
    }
    return isEnd ? { letters } : { letters, after: last }
  }

  const whole = (head: DeadLetterHead): DeadLetter => {
    const { codec, record, checksum } = selectRecord.get(head.id)!
    // Bytes that are not what was written are shown, and read by nothing.
    const { name, parameter } = Checksum.holds(checksum, record)
      ? names.codecOf(codec)
      : { name: "", parameter: "" }
    return { ...head, record, codec: name, parameter }
  }

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
    heads: (filter, after, bytes) =>
      page(
        filter,
        after,
        bytes,
        () => 0,
        (head) => head
      ),
    letters: (filter, after, bytes) => page(filter, after, bytes, ({ kept }) => kept, whole)
  }
}
