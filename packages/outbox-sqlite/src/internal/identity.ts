/**
 * Whether the database of a state directory is the one that was used last. A note beside it remembers which that was: an
 * outbox that is gone, or an older copy, would let a source believe that what it was told is stored.
 */
import { randomUUID } from "node:crypto"
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import type { DatabaseSync } from "node:sqlite"
import { StoreFailure } from "./failure.ts"
import { query } from "./sql.ts"

/** What the note tells. */
interface Note {
  /** Of the database, given once. */
  readonly id: string
  /** How often the database was opened. */
  readonly opened: number
  /** All of it stands in the database's own file: its log may go. */
  readonly closed: boolean
}

const noteOf = (directory: string): string => join(directory, "identity.json")
const databaseOf = (directory: string): string => join(directory, "outbox.db")

/** Throws unless the files are there that the note remembers. To be called before the database is opened. */
export const expectFiles = (directory: string): void => {
  const note = read(directory)
  if (note === undefined) return
  const path = databaseOf(directory)
  if (!existsSync(path)) throw changed(directory, "outbox.db is missing")
  if (statSync(path).size === 0) throw changed(directory, "outbox.db is empty")
  if (!note.closed && !existsSync(`${path}-wal`)) {
    throw changed(
      directory,
      "its log, outbox.db-wal, is missing, though the exporter was killed while it held events; if another program such as sqlite3 opened outbox.db since, that program moved the log into it and nothing is lost"
    )
  }
}

/** Throws unless the database that was opened is the one of the note, at least as new. */
export const expectSame = (db: DatabaseSync, directory: string): void => {
  const note = read(directory)
  if (note === undefined) return
  const found = identityOf(db)
  if (found?.id !== note.id) throw changed(directory, "outbox.db is another database")
  if (found.opened < note.opened) throw changed(directory, "outbox.db is an older copy")
}

/** Takes down that the database is open, and gives it an identity at the first time. */
export const open = (db: DatabaseSync, directory: string): void => {
  const { id, opened } = identityOf(db) ?? { id: randomUUID(), opened: 0 }
  // Within a transaction the write-ahead log begins, if it had not: from now on it belongs to the database.
  query(db, "insert or replace into identity (one, id, opened) values (1, ?, ?)").run(id, opened + 1)
  write(directory, { id, opened: opened + 1, closed: false })
}

/** Takes down that the log may go. To be called before the database is closed, when nothing more is written. */
export const close = (directory: string): void => {
  const note = read(directory)
  if (note !== undefined && !note.closed) write(directory, { ...note, closed: true })
}

/**
 * The same after the database was closed by others, if its log is gone: SQLite removes the log once it is moved. `before` is
 * what `times` told when this process had not opened the database: one that was refused keeps its note.
 */
export const closeWithoutLog = (directory: string, before: number): void => {
  if (times(directory) > before && !existsSync(`${databaseOf(directory)}-wal`)) close(directory)
}

/** How often the database was opened, as far as the note knows. */
export const times = (directory: string): number => read(directory)?.opened ?? 0

/** An operator's word that the outbox is good as it is: what the note remembers is forgotten. */
export const accept = (directory: string): void => rmSync(noteOf(directory), { force: true })

const identityOf = (db: DatabaseSync): Pick<Note, "id" | "opened"> | undefined =>
  query<{ id: string; opened: number }>(db, "select id, opened from identity").get()

const read = (directory: string): Note | undefined => {
  if (!existsSync(noteOf(directory))) return undefined
  try {
    const { id, opened, closed }: Record<keyof Note, unknown> = JSON.parse(
      readFileSync(noteOf(directory), "utf8")
    )
    if (typeof id === "string" && typeof opened === "number" && typeof closed === "boolean")
      return { id, opened, closed }
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
  }
  // It is put in place whole, so somebody changed it.
  throw changed(directory, "identity.json cannot be read")
}

/** Durable, and whole or not at all. */
const write = (directory: string, note: Note): void => {
  const path = noteOf(directory)
  writeFileSync(`${path}.new`, JSON.stringify(note), { mode: 0o600, flush: true })
  chmodSync(`${path}.new`, 0o600)
  renameSync(`${path}.new`, path)
  const folder = openSync(directory, "r")
  fsyncSync(folder)
  closeSync(folder)
}

const changed = (directory: string, what: string) =>
  new StoreFailure(
    "Damaged",
    `the outbox in ${directory} is not as it was left: ${what}. It held what sources were told is safe. Put it back as it was; or, to go on with what is there and lose the rest, run: millrace outbox accept CONFIG`
  )
