/** The file of the database: opened to write, opened to read, closed, and made smaller. */
import { chmodSync, closeSync, existsSync, openSync, rmSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { pathToFileURL } from "node:url"
import * as Format from "./format.ts"
import * as Identity from "./identity.ts"

/** Where a store lives, and how. */
export interface Place {
  /** The state directory, or `:memory:`. */
  readonly directory: string
  /** Appends wait while so many bytes are used; no limit without it. */
  readonly size?: number | undefined
  /** Only to be read, where nothing can be written. */
  readonly toRead?: boolean
  /** For tests: the most pages that the database may have. */
  readonly maxPages?: number
  /** For tests: how long another program may hold the database locked, in milliseconds; 5 seconds without it. */
  readonly patience?: number
}

/** For a store that ends with the process. */
export const memory: Place = { directory: ":memory:" }

/** Where a compaction of a state directory writes. */
export const copyOf = (directory: string): string => join(directory, "outbox.db-compact")

/** Opens the database of a state directory that this process owns. */
export const open = ({ directory, maxPages, patience = 5_000 }: Place): DatabaseSync => {
  const isKept = directory !== memory.directory
  const path = isKept ? join(directory, "outbox.db") : directory
  if (isKept) {
    Identity.expectFiles(directory)
    reserve(path)
    // What a killed compaction left, which may be as large as the outbox.
    for (const suffix of ["", "-journal"]) rmSync(copyOf(directory) + suffix, { force: true })
  }
  const db = new DatabaseSync(path, { timeout: patience })
  try {
    // The first two must precede the first table. The sizes are those that were measured as best.
    db.exec(`
      pragma page_size = 16384; pragma auto_vacuum = incremental;
      pragma journal_mode = wal; pragma synchronous = full;
      pragma wal_autocheckpoint = 1024; pragma journal_size_limit = 16777216; pragma cache_size = -4000;
    `)
    Format.migrate(db, directory)
    if (isKept) {
      Identity.expectSame(db, directory)
      Identity.open(db, directory)
    }
    if (maxPages !== undefined) db.exec(`pragma max_page_count = ${maxPages}`)
  } catch (cause) {
    db.close()
    throw cause
  }
  return db
}

/**
 * Opens the database of a state directory that nobody owns, to read it where nothing can be written. On a full disk the
 * index of the log is kept in memory, as there is no room for its file. Where the file system is read-only SQLite cannot
 * make one either: it reads the log by the index that stands beside it, or, without a log, a file that cannot change.
 */
export const openToRead = (
  directory: string,
  expectFormat: (db: DatabaseSync, directory: string) => void = Format.expectCurrent
): DatabaseSync => {
  const path = join(directory, "outbox.db")
  const options = { timeout: 5_000, readOnly: !isWritable(path) }
  const isFixed = options.readOnly && !existsSync(`${path}-wal`)
  const db = new DatabaseSync(isFixed ? new URL("?immutable=1", pathToFileURL(path)) : path, options)
  try {
    if (!options.readOnly) db.exec("pragma locking_mode = exclusive")
    db.exec("pragma query_only = on")
    expectFormat(db, directory)
    Identity.expectSame(db, directory)
  } catch (cause) {
    db.close()
    throw cause
  }
  return db
}

/** Closes the database of a state directory: SQLite moves its log into it, which may then be missing. */
export const close = (db: DatabaseSync, directory: string): void => {
  try {
    if (directory !== memory.directory) Identity.close(directory)
  } catch {
    // Without room or right to write it down. Whoever lets go of the directory does, if the log is gone then.
  } finally {
    db.close()
  }
}

/** Opens it to know: of a file system that became read-only by itself the system says that it may be written. */
const isWritable = (path: string): boolean => {
  try {
    closeSync(openSync(path, "r+"))
    return true
  } catch {
    return false
  }
}

/**
 * Makes the file readable by its owner alone, whatever the umask; SQLite gives its side files the same mode.
 * An existing file is not opened: closing it would drop the locks that SQLite holds on it in this process.
 */
export const reserve = (path: string): void => {
  if (!existsSync(path)) closeSync(openSync(path, "wx", 0o600))
  for (const name of [path, `${path}-wal`, `${path}-shm`]) if (existsSync(name)) chmodSync(name, 0o600)
}

/** Gives up to `pages` free pages back to the file system; `true` when more are free. */
export const shrink = (db: DatabaseSync, pages: number): boolean => {
  const free = Number(db.prepare("pragma freelist_count").get()!["freelist_count"])
  if (free > 0) db.exec(`pragma incremental_vacuum(${pages})`)
  if (free > 0 && free <= pages) db.exec("pragma wal_checkpoint(truncate)")
  return free > pages
}
