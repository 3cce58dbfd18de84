/** The table of dead letters. */
import type { DatabaseSync } from "node:sqlite"
import type {
  DeadLetter,
  DeadLetterCount,
  DeadLetterFilter,
  DeadLetterHead,
  DeadLetterKeys,
  DeadLetterPage,
  Origin
} from "@millrace/core/Outbox"
import * as OutboxRules from "@millrace/core/OutboxRules"
import * as Checksum from "./checksum.ts"
import { asked } from "./deadFilter.ts"
import type { Names } from "./names.ts"
import type { Kept } from "./operations.ts"
import { type Query, query } from "./sql.ts"

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
  readonly count: (filter: DeadLetterFilter, after: number) => DeadLetterCount
  readonly keepKeys: (keys: ReadonlyArray<DeadLetterKeys>) => void
  /** Takes dead letters out; returns those there were. */
  readonly unbury: (ids: ReadonlyArray<number>) => ReadonlyArray<Pick<DeadLetter, "route" | "reason">>
}

/** Letters that are looked at in one go, by indexes alone: some milliseconds, and then it is the turn of others. */
const window = 20_000

/** The most letters of a page. */
const most = 2000

export const make = (db: DatabaseSync, names: Names): DeadTable => {
  const insertRaw = query(db, "insert into raw (record, checksum) values (?, ?)")
  const insert = query(
    db,
    `insert into dead
       (route, lane, reason, detail, attempts, at, source, split, position, codec, length, raw, record, checksum)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
  )
  const selectRecord = query<RecordRow>(
    db,
    `select codec, coalesce(dead.record, raw.record) as record, coalesce(dead.checksum, raw.checksum) as checksum
     from dead left join raw on raw.id = dead.raw where dead.id = ?`
  )
  const selectFirst = query<{ id: number | null }>(db, "select min(id) as id from dead where id > ?")
  const selectLast = query<{ id: number | null }>(db, "select max(id) as id from dead")
  const insertKeys = query(
    db,
    `insert or ignore into letter_key (id, type, keys)
     select ?1, ?2, ?3 where exists (select 1 from dead where id = ?1)`
  )
  const removeKeys = query(db, "delete from letter_key where id = ?")
  const find = query<{ route: string; reason: string; raw: number | null }>(
    db,
    "select route, reason, raw from dead where id = ?"
  )
  const remove = query(db, "delete from dead where id = ?")
  const removeRaw = query(
    db,
    "delete from raw where id = ? and not exists (select 1 from dead where raw = raw.id)"
  )
  const prepared = new Map<string, Query<unknown>>()
  /** Prepares once what is asked in the same words, of which there are few. */
  const asking = <Row>(sql: string): Query<Row> => {
    const known = prepared.get(sql) ?? query<unknown>(db, sql)
    prepared.set(sql, known)
    return known as Query<Row>
  }

  /** Where a look beyond an id ends, and whether more may follow. */
  const endOf = ({ ids }: DeadLetterFilter, after: number) => {
    const end = selectLast.get()!.id ?? 0
    // These are few. What lies behind the last of them is not looked at: it may be a million.
    if (ids !== undefined)
      return {
        last: Math.min(
          end,
          ids.reduce((last, id) => Math.max(last, id), after)
        ),
        isEnd: true
      }
    const first = selectFirst.get(after)!.id ?? after
    const last = Math.min(end, first + window - 1)
    return { last, isEnd: last >= end }
  }

  const page = <Letter extends DeadLetterHead>(
    filter: DeadLetterFilter,
    after: number,
    bytes: number,
    weight: (head: DeadLetterHead) => number,
    letterOf: (head: DeadLetterHead) => Letter
  ): DeadLetterPage<Letter> => {
    const { last, isEnd } = endOf(filter, after)
    const { from, where, parameters } = asked(filter, after, last)
    // The records stand behind all else, in pages of their own where they are large: their length is known without these.
    const select = asking<HeadRow>(
      `select dead.id, route, lane, reason, detail, attempts, at, source, split, position, length,
         coalesce(length(dead.record), length(raw.record)) as kept
       from (select dead.id from ${from} where ${where} order by dead.id limit ${most}) as found
         cross join dead on dead.id = found.id left join raw on raw.id = dead.raw order by found.id`
    )
    const letters: Array<Letter> = []
    let size = 0
    for (const { source, split, position, ...row } of select.iterate(...parameters)) {
      const head = { ...row, origin: { source, split, position } }
      size += OutboxRules.sizeOfHead(head) + weight(head)
      const before = letters.at(-1)
      if (before !== undefined && size > bytes) return { letters, after: before.id }
      letters.push(letterOf(head))
    }
    const end = letters.at(-1)
    if (letters.length === most && end !== undefined) return { letters, after: end.id }
    return isEnd ? { letters } : { letters, after: last }
  }

  const count = (filter: DeadLetterFilter, after: number): DeadLetterCount => {
    const { last, isEnd } = endOf(filter, after)
    const { from, where, parameters } = asked(filter, after, last)
    const unread = OutboxRules.asksForKeys(filter) ? "count(*) - count(letter_key.id)" : "0"
    const found = asking<{ all: number; unread: number }>(
      `select count(*) as "all", ${unread} as unread from ${from} where ${where}`
    ).get(...parameters)!
    return {
      letters: found.all - found.unread,
      unread: found.unread,
      last: last > after ? last : undefined,
      ...(isEnd ? {} : { after: last })
    }
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
        removeKeys.run(id)
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
    letters: (filter, after, bytes) => page(filter, after, bytes, ({ kept }) => kept, whole),
    count,
    keepKeys: (keys) => {
      for (const { id, type, ...ids } of keys) insertKeys.run(id, type, OutboxRules.keysOf(ids))
    }
  }
}
