/** A store that is filled with what another holds. */

import { randomUUID } from "node:crypto"
import { existsSync } from "node:fs"
import { join } from "node:path"
import type { DatabaseSync } from "node:sqlite"
import * as Bitmap from "@millrace/core/Bitmap"
import * as Ledger from "@millrace/core/Ledger"
import type { Arriving, Held, HeldParcel, OutboxError, Standing } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import * as Checksum from "./checksum.ts"
import * as Database from "./database.ts"
import { StoreFailure } from "./failure.ts"
import * as Gates from "./gates.ts"
import { attempt, own } from "./held.ts"
import * as SeenTable from "./seenTable.ts"
import { query } from "./sql.ts"
import * as Tables from "./tables.ts"
import * as TransferTable from "./transferTable.ts"

/** Puts what a page holds into the tables, within a transaction. */
const putting = (db: DatabaseSync): ((held: Held) => void) => {
  const { names, ledger, compositions, parcels } = Tables.make(db)
  const seen = SeenTable.make(db)
  const keepGate = Gates.keep(db)
  const addParcel = query(
    db,
    `insert into parcel (id, lane, codec, events, at, source, split, position, ends, body, checksum)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
  )
  const addPartly = query(db, "insert into partly (parcel, settled, attempts) values (?, ?, ?)")
  const weigh = query(db, "update lane set bytes = bytes + ? where id = ?")
  const addLetter = query(
    db,
    `insert into dead
       (id, route, lane, reason, detail, attempts, at, source, split, position, codec, length, raw, record, checksum)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, null, ?, ?)`
  )
  const addCheckpoint = query(db, "insert into checkpoint (source, split, position, day) values (?, ?, ?, ?)")
  const addLook = query(db, "insert into look (source, days, at) values (?, ?, ?)")
  const addErasure = query(db, "insert into erasure (user, at) values (?, ?)")
  const keepKey = query(db, "update scrub set key = ?")

  const putParcel = (parcel: HeldParcel): void => {
    const { route, lane: name, records, origin, settled, attempts, sequence } = parcel
    const lane = names.lane({ route, lane: name })
    const ends = new Uint8Array(records.ends.buffer, records.ends.byteOffset, records.ends.byteLength)
    // What was damaged before is so here, too.
    const checksum = Checksum.of(records.bytes, ends) + (parcel.damaged ? 1 : 0)
    const codec = names.codec(records.codec, records.parameter)
    const { source, split, position } = origin
    const events = records.ends.length
    addParcel.run(
      sequence,
      lane,
      codec,
      events,
      parcel.appendedAt,
      source,
      split,
      position,
      ends,
      records.bytes,
      checksum
    )
    const done = Bitmap.count(settled)
    if (done > 0 || attempts > 0) addPartly.run(sequence, settled, attempts)
    weigh.run(records.bytes.length, lane)
    ledger.add(route, "waiting", name, events - done)
  }

  return (held) => {
    held.parcels.forEach(putParcel)
    for (const { route, lane, id, members } of held.compositions) {
      compositions.keep(names.lane({ route, lane }), { id, members }, parcels.isOpen)
    }
    for (const letter of held.letters) {
      const { source, split, position } = letter.origin
      addLetter.run(
        letter.id,
        letter.route,
        letter.lane,
        letter.reason,
        letter.detail,
        letter.attempts,
        letter.at,
        source,
        split,
        position,
        names.codec(letter.codec, letter.parameter),
        letter.length,
        letter.record,
        Checksum.of(letter.record)
      )
      ledger.add(letter.route, "dead", letter.reason, 1)
    }
    for (const { source, split, position, day } of held.checkpoints) {
      addCheckpoint.run(source, split, position, day)
    }
    for (const { source, days, at } of held.looks) addLook.run(source, days, at)
    for (const { route, lane, gate } of held.gates) keepGate(names.lane({ route, lane }), gate)
    for (const [at, ids] of Map.groupBy(held.seen, ({ at }) => at)) {
      seen.remember(
        ids.map(({ id }) => id),
        at,
        Number.NEGATIVE_INFINITY
      )
    }
    for (const { key, users } of held.erasures) {
      keepKey.run(key)
      for (const [user, at] of users) addErasure.run(user, at)
    }
    for (const { route, kind, key, events } of held.counts) ledger.add(route, kind, key, events)
  }
}

const holdsAny = (db: DatabaseSync): boolean =>
  ["parcel", "dead", "checkpoint", "ledger", "seen", "erasure"].some(
    (table) => query(db, `select 1 from ${table} limit 1`).get() !== undefined
  ) ||
  Gates.selectLanes(db)
    .all()
    .some((row) => Gates.gateOf(row) !== undefined)

/** How far it is filled; refuses one that holds something of its own. */
const standingOf = (db: DatabaseSync, directory: string): Standing | undefined => {
  const mark = TransferTable.read(db)
  if (mark?.state === "leaving" || mark?.state === "left") TransferTable.expectHere(db, directory)
  if (mark?.state === "filling" || mark?.state === "filled") {
    return { from: mark.source, place: mark.place ?? undefined, isDone: mark.state === "filled" }
  }
  if (!holdsAny(db)) return undefined
  throw TransferTable.unavailable(
    `the outbox in ${directory} holds something already; give the path of an empty one`
  )
}

const inTransaction = (db: DatabaseSync, body: () => void): void => {
  db.exec("begin immediate")
  try {
    body()
    db.exec("commit")
  } catch (cause) {
    if (db.isTransaction) db.exec("rollback")
    throw cause
  }
}

export const arrive = Effect.fnUntraced(function* (
  directory: string
): Effect.fn.Return<Arriving, OutboxError, Scope.Scope> {
  const scope = yield* Scope.Scope
  const opening = Effect.andThen(
    own(directory),
    Effect.acquireRelease(
      attempt(directory, () => Database.open({ directory })),
      (db) => Effect.sync(() => Database.close(db, directory))
    )
  )
  let db = existsSync(join(directory, "outbox.db")) ? yield* opening : undefined
  const standing = db === undefined ? undefined : yield* attempt(directory, () => standingOf(db!, directory))
  const missing = () => new StoreFailure("Defect", "a store was filled before it was made")
  const use = <A>(body: (db: DatabaseSync) => A): Effect.Effect<A, OutboxError> =>
    attempt(directory, () => {
      if (db === undefined) throw missing()
      return body(db)
    })
  const markOf = (db: DatabaseSync): TransferTable.Mark => {
    const mark = TransferTable.read(db)
    if (mark === undefined) throw missing()
    return mark
  }
  return {
    tracks: 1,
    standing,
    begin: Effect.fnUntraced(function* (source, name) {
      db ??= yield* Scope.provide(opening, scope)
      yield* use((db) => {
        const mark = TransferTable.read(db)
        const place = mark?.state === "filling" ? mark.place : null
        TransferTable.write(db, { id: mark?.id ?? randomUUID(), state: "filling", source, name, place })
      })
    }),
    put: (held, after, to) =>
      use((db) => {
        // Made anew for each page: what a page that was undone remembered is no longer good.
        const put = putting(db)
        inTransaction(db, () => {
          const mark = markOf(db)
          if ((mark.place ?? undefined) !== after) {
            throw new StoreFailure("Overtaken", `another move fills the outbox in ${directory}`)
          }
          put(held)
          TransferTable.write(db, { ...mark, place: to })
        })
      }),
    ledger: use((db) => Ledger.fromCounts(Tables.make(db).ledger.counts())),
    finish: use((db) => TransferTable.write(db, { ...markOf(db), state: "filled" }))
  }
})
