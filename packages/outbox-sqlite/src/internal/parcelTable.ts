/** The table of parcels: what waits in the lanes, and which events of a parcel are settled. */
import type { DatabaseSync } from "node:sqlite"
import * as Bitmap from "@millrace/core/Bitmap"
import type { Composition, NewParcel, Origin, Parcel, Sequence, Settlement } from "@millrace/core/Outbox"
import * as OutboxRules from "@millrace/core/OutboxRules"
import * as Checksum from "./checksum.ts"
import type { CompositionTable } from "./compositionTable.ts"
import type { DeadTable } from "./deadTable.ts"
import { Inconsistent } from "./failure.ts"
import type { LedgerTable } from "./ledgerTable.ts"
import type { Names } from "./names.ts"
import { query } from "./sql.ts"

interface Head extends Origin {
  readonly lane: number
  readonly codec: number
  readonly events: number
  readonly size: number
  readonly settled: Uint8Array | null
}

interface Row extends Head {
  readonly id: Sequence
  readonly at: number
  readonly attempts: number | null
  readonly ends: Uint8Array
  readonly body: Uint8Array
  readonly checksum: number | null
}

type Members = Composition["members"]

export interface ParcelTable {
  readonly add: (parcel: NewParcel, origin: Origin, at: number) => Sequence
  /** Returns the bytes of the parcel when that was the last of it. */
  readonly settle: (settlement: Settlement) => number
  readonly take: (lane: number, after: Sequence, bytes: number) => ReadonlyArray<Parcel>
  readonly oldest: (lane: number) => number | undefined
  readonly isOpen: (members: Members) => boolean
  /** Each of these compositions with those of its members that are not settled; without those that have none. */
  readonly open: (compositions: ReadonlyArray<Composition>) => ReadonlyArray<Composition>
}

export const make = (
  db: DatabaseSync,
  names: Names,
  ledger: LedgerTable,
  dead: DeadTable,
  compositions: Pick<CompositionTable, "parcelGone">
): ParcelTable => {
  const insert = query(
    db,
    `insert into parcel (lane, codec, events, at, source, split, position, ends, body, checksum)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
  )
  const head = query<Head>(
    db,
    `select lane, codec, events, length(body) as size, source, split, position, settled
     from parcel left join partly on partly.parcel = parcel.id where parcel.id = ?`
  )
  const content = query<Pick<Row, "ends" | "body" | "checksum">>(
    db,
    "select ends, body, checksum from parcel where id = ?"
  )
  const sizes = query<{ id: Sequence; size: number }>(
    db,
    "select id, length(body) as size from parcel where lane = ? and id > ? order by id"
  )
  const select = query<Row>(
    db,
    `select id, lane, codec, events, length(body) as size, at, source, split, position, ends, body, checksum, settled, attempts
     from parcel left join partly on partly.parcel = parcel.id
     where lane = ? and id > ? and id <= ? order by id`
  )
  const rewrite = query(db, "update parcel set body = ?, checksum = ? where id = ?")
  const first = query<{ at: number }>(db, "select at from parcel where lane = ? order by id limit 1")
  const weigh = query(db, "update lane set bytes = bytes + ? where id = ?")
  const remove = query(db, "delete from parcel where id = ?")
  const removePartly = query(db, "delete from partly where parcel = ?")
  const keepPartly = query(
    db,
    `insert into partly (parcel, settled, attempts) values (?, ?, ?)
     on conflict do update set settled = excluded.settled, attempts = excluded.attempts`
  )

  const bury = (buried: Settlement["dead"], { parcel, attempts, at }: Settlement, found: Head): void => {
    if (buried.length === 0) return
    const { ends, body, checksum } = content.get(parcel)!
    const offsets = offsetsOf(ends)
    // Bytes that are not what was written are kept, and read by nothing.
    const codec = Checksum.holds(checksum, body, ends) ? found.codec : names.codec("", "")
    const { source, split, position: mark } = found
    const origin = { source, split, position: mark }
    const { route, lane } = names.laneOf(found.lane)
    for (const { position, reason, detail } of buried) {
      const record = body.subarray(offsets[position - 1] ?? 0, offsets[position])
      dead.bury({ route, lane, reason, detail, attempts, at, origin, codec, record })
      ledger.add(route, "dead", reason, 1)
    }
  }

  /** Bytes that are not what was written stay so. */
  const blank = (parcel: Sequence, positions: ReadonlyArray<number>): void => {
    const { ends, body, checksum } = content.get(parcel)!
    const isSound = Checksum.holds(checksum, body, ends)
    OutboxRules.blank({ bytes: body, ends: offsetsOf(ends) }, positions)
    rewrite.run(body, isSound ? Checksum.of(body, ends) : checksum, parcel)
  }

  /** For one question: a parcel is looked up once. */
  const isWaiting = () => {
    const bitmaps = new Map<Sequence, Uint8Array | undefined>()
    return ({ parcel, position }: Members[number]): boolean => {
      if (!bitmaps.has(parcel)) {
        const found = head.get(parcel)
        bitmaps.set(parcel, found === undefined ? undefined : (found.settled ?? Bitmap.empty(found.events)))
      }
      const settled = bitmaps.get(parcel)
      return settled !== undefined && !Bitmap.has(settled, position)
    }
  }

  return {
    add: ({ route, lane, records }, { source, split, position }, at) => {
      const { bytes, ends, codec, parameter } = records
      const id = names.lane({ route, lane })
      const offsets = new Uint8Array(ends.buffer, ends.byteOffset, ends.byteLength)
      ledger.add(route, "waiting", lane, ends.length)
      weigh.run(bytes.length, id)
      return insert.run(
        id,
        names.codec(codec, parameter),
        ends.length,
        at,
        source,
        split,
        position,
        offsets,
        bytes,
        Checksum.of(bytes, offsets)
      )
    },

    settle: (settlement) => {
      const { parcel, attempts } = settlement
      const found = head.get(parcel)
      if (found === undefined) return 0
      const before = found.settled ?? Bitmap.empty(found.events)
      const after = Bitmap.settle(before, found.events, settlement)
      bury(after.dead, settlement, found)
      const { route, lane } = names.laneOf(found.lane)
      ledger.add(route, "delivered", lane, after.delivered)
      ledger.add(route, "erased", settlement.erased?.reason ?? "", after.erased)
      ledger.add(route, "waiting", lane, -(after.delivered + after.dead.length + after.erased))
      if (!after.done) {
        if (settlement.erased !== undefined) blank(parcel, settlement.erased.positions)
        keepPartly.run(parcel, after.settled, attempts)
        return 0
      }
      weigh.run(-found.size, found.lane)
      remove.run(parcel)
      if (found.settled !== null) removePartly.run(parcel)
      compositions.parcelGone(parcel)
      return found.size
    },

    take: (lane, after, bytes) => {
      let last = after
      let size = 0
      for (const row of sizes.iterate(lane, after)) {
        size += row.size
        if (last !== after && size > bytes) break
        last = row.id
      }
      return select.all(lane, after, last).map((row) => {
        const { name, parameter } = names.codecOf(row.codec)
        return {
          sequence: row.id,
          records: { codec: name, parameter, bytes: row.body, ends: offsetsOf(row.ends) },
          origin: { source: row.source, split: row.split, position: row.position },
          appendedAt: row.at,
          settled: row.settled ?? Bitmap.empty(row.events),
          attempts: row.attempts ?? 0,
          damaged: !Checksum.holds(row.checksum, row.body, row.ends)
        }
      })
    },

    oldest: (lane) => first.get(lane)?.at,

    isOpen: (members) => members.some(isWaiting()),

    open: (compositions) => {
      const waits = isWaiting()
      return compositions.flatMap(({ id, members }) => {
        const left = members.filter(waits)
        return left.length === 0 ? [] : [{ id, members: left }]
      })
    }
  }
}

// SQLite hands out every blob in a buffer of its own, so the offsets are aligned.
export const offsetsOf = (blob: Uint8Array): Uint32Array => {
  if (blob.byteLength % 4 !== 0) throw new Inconsistent("the offsets of a parcel are cut off")
  return new Uint32Array(blob.buffer as ArrayBuffer, blob.byteOffset, blob.byteLength / 4)
}
