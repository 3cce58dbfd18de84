/** Writes the database anew without the room that is free in it. */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import type { Compaction } from "@millrace/core/Outbox"
import * as Database from "./database.ts"
import { StoreFailure } from "./failure.ts"
import * as Identity from "./identity.ts"

/**
 * Writes the database of a directory that this process owns anew, without gaps, and puts it in place of the old one.
 * Needs room for both beside each other. Killed at any moment it leaves one of the two, whole.
 */
export const compact = (directory: string): Compaction => {
  const path = join(directory, "outbox.db")
  const copy = Database.copyOf(directory)
  const before = sizeOf(path) + sizeOf(`${path}-wal`)
  try {
    const db = Database.open({ directory })
    try {
      Database.reserve(copy)
      Identity.close(directory)
      // Ends the write-ahead log: one that outlived its database would be taken for the log of the new one.
      const mode = db.prepare("pragma journal_mode = delete").get()!["journal_mode"]
      if (mode !== "delete") throw new StoreFailure("Unavailable", inUse(directory))
      db.prepare("vacuum into ?").run(copy)
    } finally {
      db.close()
    }
    sync(copy)
    renameSync(copy, path)
    sync(directory)
  } finally {
    rmSync(copy, { force: true })
  }
  return { before, after: sizeOf(path) }
}

const inUse = (directory: string) =>
  `another program has the outbox in ${directory} open; close it and run again; nothing was changed`

const sizeOf = (path: string): number => (existsSync(path) ? statSync(path).size : 0)

const sync = (path: string): void => {
  const file = openSync(path, "r")
  fsyncSync(file)
  closeSync(file)
}
