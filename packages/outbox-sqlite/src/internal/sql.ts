/** Prepared statements. */
import type { DatabaseSync, SQLInputValue } from "node:sqlite"

/** A prepared statement whose rows have a known shape. */
export interface Query<Row> {
  readonly run: (...parameters: ReadonlyArray<SQLInputValue>) => number
  readonly get: (...parameters: ReadonlyArray<SQLInputValue>) => Row | undefined
  readonly all: (...parameters: ReadonlyArray<SQLInputValue>) => ReadonlyArray<Row>
  readonly iterate: (...parameters: ReadonlyArray<SQLInputValue>) => Iterable<Row>
}

/** Prepares a statement. `Row` is what its columns hold: the tables are strict, so the caller knows. */
export const query = <Row>(db: DatabaseSync, sql: string): Query<Row> => {
  const statement = db.prepare(sql)
  return {
    /** The id of the row it inserted. */
    run: (...parameters) => Number(statement.run(...parameters).lastInsertRowid),
    get: (...parameters) => statement.get(...parameters) as Row | undefined,
    all: (...parameters) => statement.all(...parameters) as unknown as ReadonlyArray<Row>,
    iterate: (...parameters) => statement.iterate(...parameters) as unknown as Iterable<Row>
  }
}
