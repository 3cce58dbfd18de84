/** A store that is left: all that it holds, page by page. */
import { randomUUID } from "node:crypto"
import type { DatabaseSync } from "node:sqlite"
import * as Bitmap from "@millrace/core/Bitmap"
import * as Ledger from "@millrace/core/Ledger"
import type { Held, HeldParcel, Leaving, OutboxError } from "@millrace/core/Outbox"
import * as Transfer from "@millrace/core/Transfer"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Checksum from "./checksum.ts"
import { membersOf } from "./compositionTable.ts"
import * as Database from "./database.ts"
import * as ErasureTable from "./erasureTable.ts"
import * as Gates from "./gates.ts"
import { attempt, own } from "./held.ts"
import { offsetsOf } from "./parcelTable.ts"
import { idOf, keyOf } from "./seenTable.ts"
import { query } from "./sql.ts"
import * as Tables from "./tables.ts"
import * as TransferTable from "./transferTable.ts"
import * as Verify from "./verify.ts"

interface ParcelRow {
  readonly id: number
  readonly route: string
  readonly lane: string
  readonly codec: string
  readonly parameter: string
  readonly events: number
  readonly at: number
  readonly source: string
  readonly split: string
  readonly position: string
  readonly ends: Uint8Array
  readonly body: Uint8Array
  readonly checksum: number | null
  readonly settled: Uint8Array | null
  readonly attempts: number | null
}

/** Checkpoints, compositions and ids that are read in one go. */
const rows = 1_000

const parcelOf = (row: ParcelRow): HeldParcel => ({
  route: row.route,
  lane: row.lane,
  track: 0,
  sequence: row.id,
  records: { codec: row.codec, parameter: row.parameter, bytes: row.body, ends: offsetsOf(row.ends) },
  origin: { source: row.source, split: row.split, position: row.position },
  appendedAt: row.at,
  settled: row.settled ?? Bitmap.empty(row.events),
  attempts: row.attempts ?? 0,
  damaged: !Checksum.holds(row.checksum, row.body, row.ends)
})

type Read = (
  after: ReadonlyArray<string | number> | undefined,
  bytes: number
) => Effect.Success<ReturnType<Transfer.Part>>

/** Of what is read in one go, all. */
const once =
  (read: () => Partial<Held>): Read =>
  (after) =>
    after === undefined ? { held: read(), last: [1] } : undefined

const partsOf = (db: DatabaseSync): ReadonlyArray<Read> => {
  const { parcels, dead, ledger } = Tables.make(db)
  const sizes = query<{ id: number; size: number }>(
    db,
    "select id, length(body) as size from parcel where id > ? order by id"
  )
  const selectParcels = query<ParcelRow>(
    db,
    `${parcelColumns} where parcel.id > ? and parcel.id <= ? order by 1`
  )
  const selectCompositions = query<{
    id: number
    route: string
    lane: string
    name: string
    members: string
  }>(
    db,
    `select composition.id, route, lane.name as lane, composition.name, members
     from composition join lane on lane.id = composition.lane where composition.id > ? order by 1 limit ${rows}`
  )
  const selectCheckpoints = query<Held["checkpoints"][number]>(
    db,
    `select source, split, position, day from checkpoint where (source, split) > (?, ?) order by 1, 2 limit ${rows}`
  )
  const selectSeen = query<{ age: number; id: string | Uint8Array; at: number }>(
    db,
    `select age, id, at from seen where (age, id) > (?, ?) order by age, id limit ${rows}`
  )
  return [
    ([after = 0] = [], bytes) => {
      let last = Number(after)
      let size = 0
      for (const row of sizes.iterate(after)) {
        size += row.size
        if (last !== after && size > bytes) break
        last = row.id
      }
      return last === after
        ? undefined
        : { held: { parcels: selectParcels.all(after, last).map(parcelOf) }, last: [last] }
    },
    ([after = 0] = []) => {
      const found = selectCompositions.all(after)
      const last = found.at(-1)?.id
      return last === undefined
        ? undefined
        : {
            held: {
              compositions: found.flatMap(({ route, lane, name, members }) =>
                parcels
                  .open([{ id: name, members: membersOf(members) }])
                  .map((composition) => ({ ...composition, route, lane, track: 0 }))
              )
            },
            last: [last]
          }
    },
    ([after = 0] = [], bytes) => {
      const page = dead.letters({}, Number(after), bytes)
      const last = page.letters.at(-1)?.id ?? page.after
      return last === undefined ? undefined : { held: { letters: page.letters }, last: [last] }
    },
    ([source = "", split = ""] = []) => {
      const found = selectCheckpoints.all(source, split)
      const last = found.at(-1)
      return last === undefined
        ? undefined
        : { held: { checkpoints: found.map((row) => ({ ...row })) }, last: [last.source, last.split] }
    },
    once(() => ({
      looks: query<Held["looks"][number]>(db, "select source, days, at from look")
        .all()
        .map((row) => ({ ...row }))
    })),
    once(() => ({
      gates: Gates.selectLanes(db)
        .all()
        .flatMap((row) => {
          const gate = Gates.gateOf(row)
          return gate === undefined ? [] : [{ route: row.route, lane: row.lane, gate }]
        })
    })),
    ([age = 0, id = ""] = []) => {
      const found = selectSeen.all(age, keyOf(String(id)))
      const last = found.at(-1)
      return last === undefined
        ? undefined
        : {
            held: { seen: found.map(({ id, at }) => ({ id: idOf(id), at })) },
            last: [last.age, idOf(last.id)]
          }
    },
    once(() => ({ erasures: [ErasureTable.make(db).all()] })),
    once(() => ({ counts: ledger.counts().filter(({ kind }) => kind !== "waiting" && kind !== "dead") }))
  ]
}

const parcelColumns = `
  select parcel.id, route, lane.name as lane, codec.name as codec, codec.parameter, events, at, source, split, position,
    ends, body, checksum, settled, attempts
  from parcel join lane on lane.id = parcel.lane join codec on codec.id = parcel.codec
    left join partly on partly.parcel = parcel.id`

export const leave = Effect.fnUntraced(function* (
  directory: string
): Effect.fn.Return<Leaving, OutboxError, Scope.Scope> {
  yield* attempt(directory, () => Verify.expectOutbox(directory))
  yield* own(directory)
  const db = yield* Effect.acquireRelease(
    attempt(directory, () => Database.open({ directory })),
    (db) => Effect.sync(() => Database.close(db, directory))
  )
  const mark = yield* attempt(directory, () => {
    const found = TransferTable.read(db)
    if (found?.state === "left" || found?.state === "filling") TransferTable.expectHere(db, directory)
    return found
  })
  const id = mark?.id ?? randomUUID()
  const parts = partsOf(db)
  const one = query<ParcelRow>(db, `${parcelColumns} where parcel.id = ?`)
  const write = (state: TransferTable.Mark["state"], name: string, id: string) =>
    attempt(directory, () => TransferTable.write(db, { id, state, source: "", name, place: null }))
  let name = mark?.name ?? ""
  return {
    id: mark?.id,
    tracks: 1,
    ledger: attempt(directory, () => Ledger.fromCounts(Tables.make(db).ledger.counts())),
    page: Transfer.pages(parts.map((read) => (after, bytes) => attempt(directory, () => read(after, bytes)))),
    parcels: (sequences) =>
      attempt(directory, () =>
        sequences.flatMap((sequence) => {
          const row = one.get(sequence)
          return row === undefined ? [] : [parcelOf(row)]
        })
      ),
    begin: (to) =>
      Effect.as(
        Effect.suspend(() => {
          name = to
          return write("leaving", to, id)
        }),
        id
      ),
    finish: Effect.suspend(() => write("left", name, id)),
    // Under another id, since what was put before is no longer what it holds.
    giveUp: write("none", "", randomUUID())
  }
})
