/** The tables of a database that depend on each other. */
import type { DatabaseSync } from "node:sqlite"
import * as CompositionTable from "./compositionTable.ts"
import * as DeadTable from "./deadTable.ts"
import * as LedgerTable from "./ledgerTable.ts"
import * as Names from "./names.ts"
import * as ParcelTable from "./parcelTable.ts"

export interface Tables {
  readonly names: Names.Names
  readonly ledger: LedgerTable.LedgerTable
  readonly dead: DeadTable.DeadTable
  readonly compositions: CompositionTable.CompositionTable
  readonly parcels: ParcelTable.ParcelTable
}

export const make = (db: DatabaseSync): Tables => {
  const names = Names.make(db)
  const ledger = LedgerTable.make(db)
  const dead = DeadTable.make(db, names)
  const compositions = CompositionTable.make(db)
  const parcels = ParcelTable.make(db, names, ledger, dead, compositions)
  return { names, ledger, dead, compositions, parcels }
}
