/** Something to measure: it yields rows of figures, which become a table in the README and stand in the stored results. */
import type { Ground } from "./ground.ts"

export interface Column {
  readonly name: string
  readonly head: string
  /** Digits behind the point. */
  readonly digits: number
}

export interface Row {
  readonly name: string
  readonly title: string
  /** By the names of columns; what is not there is left empty. */
  readonly figures: { readonly [column: string]: number }
}

/** How many events, and how often. */
export interface Extent {
  readonly events: number
  readonly rounds: number
}

export interface Measured extends Extent {
  readonly rows: ReadonlyArray<Row>
  /** Names of rows that could not be measured; what is not whole is not stored. */
  readonly missing?: ReadonlyArray<string>
}

export interface Measurement {
  readonly name: string
  readonly title: string
  /** Head of the first column. */
  readonly of: string
  readonly columns: ReadonlyArray<Column>
  /** Not part of the standard run. */
  readonly isLong: boolean
  /**
   * Columns that must not grow, whatever the machine: a row has grown when all columns of one of these lists have.
   */
  readonly guarded: ReadonlyArray<ReadonlyArray<string>>
  /** Rows that may grow: no change of Millrace's touches them. */
  readonly unguarded?: ReadonlySet<string>
  /** Unless the command line says otherwise. */
  readonly usual: Extent
  readonly run: (ground: Ground, extent: Extent) => Promise<Pick<Measured, "rows" | "missing">>
}

export const mebibytes = (bytes: number): number => bytes / 1024 / 1024
