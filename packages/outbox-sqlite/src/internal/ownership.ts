/** One process owns a state directory: the lock that refuses a second exporter. */
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { dirname, join, resolve } from "node:path"
import { DatabaseSync } from "node:sqlite"
import * as Database from "./database.ts"
import { StoreFailure } from "./failure.ts"
import * as Identity from "./identity.ts"

/**
 * Makes this process the owner of a state directory, which it creates when missing, and returns how to let go of it.
 * The lock is SQLite's on a file of its own: the operating system frees it however the process ends.
 * `since` is told to others, in epoch milliseconds.
 */
export const own = (directory: string, since: number): (() => void) => {
  create(resolve(directory))
  const path = join(directory, "lock.db")
  Database.reserve(path)
  const lock = new DatabaseSync(path, { timeout: 0 })
  try {
    lock.exec("pragma journal_mode = memory; begin exclusive")
  } catch (cause) {
    lock.close()
    throw isBusy(cause) ? owned(directory) : cause
  }
  const note = join(directory, "owner.json")
  try {
    writeFileSync(`${note}.new`, JSON.stringify({ pid: process.pid, since }), { mode: 0o600 })
    chmodSync(`${note}.new`, 0o600)
    renameSync(`${note}.new`, note)
  } catch (cause) {
    lock.close()
    throw cause
  }
  const before = timesOpened(directory)
  // When the process ends in order, however early, Node closes the database, and SQLite moves the log into it.
  const onExit = () => ignoring(() => Identity.times(directory) > before && Identity.close(directory))
  process.on("exit", onExit)
  return () => {
    process.off("exit", onExit)
    // The same where the thread of the store ended early.
    ignoring(() => Identity.closeWithoutLog(directory, before))
    // On a disk that can no longer be written the note stays behind: it is the lock that counts.
    ignoring(() => rmSync(note, { force: true }))
    lock.close()
  }
}

/** A note that cannot be read is told when the database is opened. */
const timesOpened = (directory: string): number => {
  try {
    return Identity.times(directory)
  } catch {
    return Infinity
  }
}

const ignoring = (attempt: () => unknown): void => {
  try {
    attempt()
  } catch {}
}

/** Keeps a state directory from being owned while it is looked at, and writes nothing. Returns how to let go of it. */
export const watch = (directory: string): (() => void) => {
  const path = join(directory, "lock.db")
  if (!existsSync(path)) return () => {}
  const lock = new DatabaseSync(path, { timeout: 0, readOnly: true })
  try {
    lock.exec("begin; select 1 from sqlite_schema")
  } catch (cause) {
    lock.close()
    throw isBusy(cause) ? owned(directory) : cause
  }
  return () => {
    ignoring(() => Identity.closeWithoutLog(directory, 0))
    lock.close()
  }
}

const isBusy = (cause: unknown) =>
  cause instanceof Error && "errcode" in cause && (Number(cause.errcode) & 0xff) === 5

const owned = (directory: string) =>
  new StoreFailure(
    "Owned",
    `the state directory ${directory} is in use by ${ownerOf(directory)}; stop it, or give this exporter another path`
  )

const ownerOf = (directory: string): string => {
  try {
    const { pid } = JSON.parse(readFileSync(join(directory, "owner.json"), "utf8")) as {
      readonly pid: number
    }
    return `process ${pid}`
  } catch {
    return "another process"
  }
}

/** Creates the directory for its owner alone, whatever the umask, and makes its name durable. */
const create = (directory: string): void => {
  const missing: Array<string> = []
  for (let path = directory; !existsSync(path); path = dirname(path)) missing.unshift(path)
  // One by one: asked for all of them, Node tries for ever in a file system that has no room for such names, as /proc.
  for (const path of missing) make(path)
  if (missing.length > 0) chmodSync(directory, 0o700)
  for (const path of missing) {
    const parent = openSync(dirname(path), "r")
    fsyncSync(parent)
    closeSync(parent)
  }
}

const make = (path: string): void => {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (cause) {
    // Another process was quicker.
    if (!existsSync(path)) throw cause
  }
}
