/** Whether the outbox is being moved away, was moved, or is being filled from another. */
import type { DatabaseSync } from "node:sqlite"
import { StoreFailure } from "./failure.ts"
import { query } from "./sql.ts"

/** `leaving` and `left`: its content goes, or went, to another. `filling` and `filled`: it comes, or came, from another. */
export interface Mark {
  /** Its own id. */
  readonly id: string
  readonly state: "leaving" | "left" | "filling" | "filled" | "none"
  /** The id of the store that it is filled from. */
  readonly source: string
  /** Where the other is, for people. */
  readonly name: string
  /** The last page that was put. */
  readonly place: string | null
}

export const read = (db: DatabaseSync): Mark | undefined => {
  // Of a database of an earlier format nothing was ever moved.
  if (query(db, "select 1 from sqlite_schema where name = 'transfer'").get() === undefined) return undefined
  return query<Mark>(db, "select id, state, source, name, place from transfer").get()
}

export const write = (db: DatabaseSync, { id, state, source, name, place }: Mark): void => {
  query(
    db,
    "insert or replace into transfer (one, id, state, source, name, place) values (1, ?, ?, ?, ?, ?)"
  ).run(id, state, source, name, place)
}

/** Throws unless what the outbox holds is here, and all of it. */
export const expectHere = (db: DatabaseSync, directory: string): void => {
  const mark = read(db)
  const outbox = `the outbox in ${directory}`
  switch (mark?.state) {
    case "leaving":
      throw unavailable(
        `${outbox} is being moved to ${mark.name}; run the same millrace outbox migrate again to end that, or with --give-up to keep this one`
      )
    case "left":
      throw unavailable(
        `all that ${outbox} held was moved to ${mark.name}; run the exporter with that outbox, or give another path`
      )
    case "filling":
      throw unavailable(
        `${outbox} is being filled from ${mark.name}; run the same millrace outbox migrate again to end that`
      )
  }
}

export const unavailable = (detail: string) => new StoreFailure("Unavailable", detail)
