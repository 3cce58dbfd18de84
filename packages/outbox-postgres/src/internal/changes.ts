/** What a transaction changes, gathered and then written with one statement for each table. */
import type { Kind } from "@millrace/core/Ledger"
import type { NewParcel, Origin } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"
import * as Checksum from "./checksum.ts"
import type { Run } from "./client.ts"
import type { SqlFailure } from "./failure.ts"
import { bytes, floats, integers, longs, texts } from "./parameters.ts"
import type { Statements } from "./statements.ts"

/** Kinds of counts that are ours alone: bytes of what waits, of dead letters, and of remembered ids. */
export type OwnKind = "+bytes" | "+dead" | "+seen"

/** What a remembered id takes, with its place in two indexes. */
export const seenBytes = 150

export interface AddedParcel extends Origin {
  readonly head: number
  readonly codec: number
  readonly at: number
  readonly records: NewParcel["records"]
  /** Given when the heads are locked. */
  sequence: number
}

export interface AddedDead extends Origin {
  readonly route: string
  readonly lane: string
  readonly reason: string
  readonly detail: string
  readonly attempts: number
  readonly at: number
  readonly codec: number
  readonly length: number
  readonly kept: number
  /** The record; or which of the added raw records it is. */
  readonly record: Uint8Array | number
}

/** The sum of all counts of a kind that a transaction changes. */
export interface Weight {
  bytes: number
  /** Waiting events and dead letters. */
  entries: number
}

export interface Changes {
  readonly parcels: Array<AddedParcel>
  readonly raw: Array<Uint8Array>
  readonly dead: Array<AddedDead>
  readonly weight: Weight
  readonly count: (route: string, kind: Kind | OwnKind, key: string, events: number) => void
  readonly counts: ReadonlyMap<string, { route: string; kind: string; key: string; events: number }>
}

export const make = (): Changes => {
  const counts = new Map<string, { route: string; kind: string; key: string; events: number }>()
  const weight = { bytes: 0, entries: 0 }
  return {
    parcels: [],
    raw: [],
    dead: [],
    weight,
    counts,
    count: (route, kind, key, events) => {
      if (events === 0) return
      if (kind[0] === "+") weight.bytes += events
      else if (kind === "waiting" || kind === "dead") weight.entries += events
      const name = JSON.stringify([route, kind, key])
      const found = counts.get(name)
      if (found === undefined) counts.set(name, { route, kind, key, events })
      else found.events += events
    }
  }
}

const column = <Row, Value>(rows: ReadonlyArray<Row>, of: (row: Row) => Value): ReadonlyArray<Value> =>
  rows.map(of)

/** Numbers for so many parcels and dead letters, and for other rows, each growing. */
export const takeNumbers = (run: Run, sql: Statements, parcels: number, dead: number, other: number) =>
  Effect.map(
    run<{ kind: "parcel" | "dead" | "other"; number: number }>(sql.numbers, [parcels, dead, other]),
    (rows) => {
      const of = (kind: "parcel" | "dead" | "other") =>
        rows
          .filter((row) => row.kind === kind)
          .map(({ number }) => number)
          .sort((left, right) => left - right)
      return { parcel: of("parcel"), dead: of("dead"), other: of("other") }
    }
  )

const writeParcels = (run: Run, sql: Statements, rows: ReadonlyArray<AddedParcel>) =>
  run(sql.addParcels, [
    longs(column(rows, ({ sequence }) => sequence)),
    longs(column(rows, ({ head }) => head)),
    longs(column(rows, ({ codec }) => codec)),
    integers(column(rows, ({ records }) => records.ends.length)),
    integers(column(rows, ({ records }) => records.bytes.length)),
    floats(column(rows, ({ at }) => at)),
    texts(column(rows, ({ source }) => source)),
    texts(column(rows, ({ split }) => split)),
    texts(column(rows, ({ position }) => position)),
    bytes(column(rows, ({ records }) => endsOf(records.ends))),
    bytes(column(rows, ({ records }) => records.bytes)),
    longs(column(rows, ({ records }) => Checksum.of(records.bytes, endsOf(records.ends))))
  ])

const endsOf = (ends: Uint32Array): Uint8Array =>
  new Uint8Array(ends.buffer, ends.byteOffset, ends.byteLength)

const writeDead = (
  run: Run,
  sql: Statements,
  rows: ReadonlyArray<AddedDead>,
  ids: ReadonlyArray<number>,
  raw: ReadonlyArray<number>
) =>
  run(sql.addDead, [
    longs(ids),
    texts(column(rows, ({ route }) => route)),
    texts(column(rows, ({ lane }) => lane)),
    texts(column(rows, ({ reason }) => reason)),
    texts(column(rows, ({ detail }) => detail)),
    integers(column(rows, ({ attempts }) => attempts)),
    floats(column(rows, ({ at }) => at)),
    texts(column(rows, ({ source }) => source)),
    texts(column(rows, ({ split }) => split)),
    texts(column(rows, ({ position }) => position)),
    longs(column(rows, ({ codec }) => codec)),
    integers(column(rows, ({ length }) => length)),
    integers(column(rows, ({ kept }) => kept)),
    longs(column(rows, ({ record }) => (typeof record === "number" ? raw[record]! : null))),
    bytes(column(rows, ({ record }) => (typeof record === "number" ? null : record))),
    longs(column(rows, ({ record }) => (typeof record === "number" ? null : Checksum.of(record))))
  ])

/** Adds the counts to those of the session. */
export const writeCounts = (run: Run, sql: Statements, session: number, { counts }: Changes) => {
  const rows = [...counts.values()].filter(({ events }) => events !== 0)
  return rows.length === 0
    ? Effect.void
    : run(sql.count, [
        session,
        texts(column(rows, ({ route }) => route)),
        texts(column(rows, ({ kind }) => kind)),
        texts(column(rows, ({ key }) => key)),
        longs(column(rows, ({ events }) => events))
      ])
}

/** Writes all of it; the parcels have their sequences by now. */
export const write = Effect.fnUntraced(function* (
  run: Run,
  sql: Statements,
  session: number,
  changes: Changes,
  numbers: { readonly dead: ReadonlyArray<number>; readonly other: ReadonlyArray<number> }
): Effect.fn.Return<void, SqlFailure> {
  const { parcels, raw, dead } = changes
  if (parcels.length > 0) yield* writeParcels(run, sql, parcels)
  if (raw.length > 0) {
    const checksums = raw.map((record) => Checksum.of(record))
    yield* run(sql.addRaw, [longs(numbers.other), bytes(raw), longs(checksums)])
  }
  if (dead.length > 0) yield* writeDead(run, sql, dead, numbers.dead, numbers.other)
  yield* writeCounts(run, sql, session, changes)
})
