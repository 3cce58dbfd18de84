import { chmodSync, closeSync, existsSync, openSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import * as Format from "./format.ts"

/** Where a store lives, and how. */
export interface Place {
  /** The state directory, or `:memory:`. */
  readonly directory: string
  /** Appends wait while so many bytes are used; no limit without it. */
  readonly size?: number | undefined
  /** For tests: the most pages that the database may have. */
  readonly maxPages?: number
  /** For tests: how long another program may hold the database locked, in milliseconds; 5 seconds without it. */
  readonly patience?: number
}

/** For a store that ends with the process. */
export const memory: Place = { directory: ":memory:" }

/** Opens the database of a state directory that this process owns. */
export const open = ({ directory, maxPages, patience = 5_000 }: Place): DatabaseSync => {
  const path = directory === memory.directory ? directory : join(directory, "outbox.db")
  if (path !== directory) reserve(path)
  const db = new DatabaseSync(path, { timeout: patience })
  try {
    // The first two must precede the first table. The sizes are those that were measured as best.
    db.exec(`
      pragma page_size = 16384; pragma auto_vacuum = incremental;
      pragma journal_mode = wal; pragma synchronous = full;
      pragma wal_autocheckpoint = 1024; pragma journal_size_limit = 16777216; pragma cache_size = -4000;
    `)
    Format.migrate(db, directory)
    if (maxPages !== undefined) db.exec(`pragma max_page_count = ${maxPages}`)
  } catch (cause) {
    db.close()
    throw cause
  }
  return db
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
