/** The table of compositions: which events leave together as one message. */
import type { DatabaseSync } from "node:sqlite"
import type { Composition, Sequence } from "@millrace/core/Outbox"
import { query } from "./sql.ts"

type Members = Composition["members"]

/** Compositions by the number of their lane. */
export interface CompositionTable {
  readonly keep: (lane: number, composition: Composition, isOpen: (members: Members) => boolean) => void
  readonly drop: (lane: number, id: string) => void
  readonly read: (lane: number) => ReadonlyArray<Composition>
  /** To be called when a parcel is gone: compositions without another parcel go with it. */
  readonly parcelGone: (parcel: Sequence) => void
}

export const make = (db: DatabaseSync): CompositionTable => {
  const insert = query(db, "insert into composition (lane, name, parcels, members) values (?, ?, ?, ?)")
  const link = query(db, "insert into composed (parcel, composition) values (?, ?)")
  const find = query<{ id: number; members: string }>(
    db,
    "select id, members from composition where lane = ? and name = ?"
  )
  const remove = query(db, "delete from composition where id = ?")
  const unlink = query(db, "delete from composed where parcel = ? and composition = ?")
  const select = query<{ name: string; members: string }>(
    db,
    "select name, members from composition where lane = ? order by id"
  )
  const selectComposed = query<{ composition: number }>(
    db,
    "select composition from composed where parcel = ?"
  )
  const unlinkParcel = query(db, "delete from composed where parcel = ?")
  const lessen = query<{ parcels: number }>(
    db,
    "update composition set parcels = parcels - 1 where id = ? returning parcels"
  )

  const selectParcel = query<{ id: number }>(db, "select id from parcel where id = ?")

  const drop = (lane: number, id: string): void => {
    const found = find.get(lane, id)
    if (found === undefined) return
    for (const parcel of parcelsOf(membersOf(found.members))) unlink.run(parcel, found.id)
    remove.run(found.id)
  }

  return {
    keep: (lane, { id, members }, isOpen) => {
      drop(lane, id)
      if (!isOpen(members)) return
      const parcels = parcelsOf(members).filter((parcel) => selectParcel.get(parcel) !== undefined)
      const composition = insert.run(lane, id, parcels.length, encode(members))
      for (const parcel of parcels) link.run(parcel, composition)
    },
    drop,
    read: (lane) => select.all(lane).map(({ name, members }) => ({ id: name, members: membersOf(members) })),
    parcelGone: (parcel) => {
      const composed = selectComposed.all(parcel)
      if (composed.length === 0) return
      for (const { composition } of composed) {
        if (lessen.get(composition)!.parcels === 0) remove.run(composition)
      }
      unlinkParcel.run(parcel)
    }
  }
}

const parcelsOf = (members: Members): ReadonlyArray<Sequence> => [
  ...new Set(members.map(({ parcel }) => parcel))
]

const encode = (members: Members): string =>
  JSON.stringify(members.flatMap(({ parcel, position }) => [parcel, position]))

/** The members as their row holds them. */
export const membersOf = (text: string): Members => {
  const numbers = JSON.parse(text) as ReadonlyArray<number>
  return Array.from({ length: numbers.length / 2 }, (_, i) => ({
    parcel: numbers[2 * i]!,
    position: numbers[2 * i + 1]!
  }))
}
