/** What SQLite or the operating system refused, as a failure of the outbox: full, damaged, not writable. */
import { statfsSync } from "node:fs"
import type { OutboxError } from "@millrace/core/Outbox"

/** Why the store refused, in a form that crosses a thread. `Defect` is no answer of the port but a fault of ours. */
export interface Failure {
  readonly reason: OutboxError["reason"] | "Defect"
  readonly detail: string
  /** As of `OutboxError`. */
  readonly seen?: ReadonlyArray<string>
}

/** A failure, thrown inside the store. */
export class StoreFailure extends Error implements Failure {
  readonly reason: Failure["reason"]
  readonly detail: string
  readonly seen?: ReadonlyArray<string>
  constructor(reason: Failure["reason"], detail: string, seen?: ReadonlyArray<string>) {
    super(detail)
    this.reason = reason
    this.detail = detail
    if (seen !== undefined) this.seen = seen
  }
}

/** Content that does not fit together, though SQLite could read it. */
export class Inconsistent extends Error {}

/** Whether the content of the database is at fault, as it is read. */
export const isDamage = (cause: unknown): cause is Error =>
  cause instanceof Inconsistent ||
  (cause instanceof Error && "errcode" in cause && isDamageCode(Number(cause.errcode) & 0xff))

// SQLITE_CORRUPT and SQLITE_NOTADB.
const isDamageCode = (code: number) => code === 11 || code === 26

/** What SQLite or the operating system said, as a failure of the store in `place`. */
export const fromCause = (place: string, cause: unknown): Failure => {
  if (cause instanceof StoreFailure) {
    const { reason, detail, seen } = cause
    return seen === undefined ? { reason, detail } : { reason, detail, seen }
  }
  if (isDamage(cause)) return damaged(place, cause.message)
  if (!(cause instanceof Error)) return { reason: "Defect", detail: String(cause) }
  if ("errcode" in cause && typeof cause.errcode === "number")
    return fromSqlite(place, cause.errcode, cause.message)
  if ("syscall" in cause && "code" in cause) return fromSystem(place, String(cause.code))
  return { reason: "Defect", detail: cause.stack ?? cause.message }
}

const damaged = (place: string, message: string): Failure => ({
  reason: "Damaged",
  detail: `the outbox in ${place} is damaged (${message}); stop the exporter and verify the outbox, then restore a backup, or move it away and start anew`
})

/** The failure of a disk without room. */
const full = (place: string): Failure => ({
  reason: "Full",
  detail: `the disk that holds ${place} is full; nothing was lost; free space and run again`
})

// Primary result codes, https://www.sqlite.org/rescode.html
const fromSqlite = (place: string, code: number, message: string): Failure => {
  switch (code & 0xff) {
    case 13:
      return full(place)
    case 10:
      if (hasNoRoom(place)) return full(place)
      return unavailable(
        `the disk that holds ${place} failed (${message}, code ${code}); nothing was changed; check the disk and its mount, then run again`
      )
    case 5:
    case 6:
    case 15:
      return unavailable(
        `another program keeps the outbox in ${place} locked (${message}); nothing was lost; close it, a database shell or a backup perhaps, and run again`
      )
    case 8:
      return unavailable(
        `the outbox in ${place} cannot be written (${message}); nothing was lost; see whether its file system is mounted read-only and whose its files are, then run again`
      )
    case 3:
    case 14:
      return unavailable(
        `the outbox in ${place} cannot be opened (${message}); check the permissions of its files and folders`
      )
    default:
      return { reason: "Defect", detail: `${message} (SQLite code ${code})` }
  }
}

const fromSystem = (place: string, code: string): Failure => {
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return full(place)
    case "ENOTDIR":
    case "EEXIST":
      return unavailable(`the state directory ${place} is a file, or lies below one; give another path`)
    case "EACCES":
    case "EPERM":
      return unavailable(
        `the state directory ${place} may not be written by this user; change its owner or give another path`
      )
    case "EROFS":
      return unavailable(
        `the state directory ${place} is on a read-only file system; see why and mount it to be written, or give another path`
      )
    default:
      return unavailable(`the state directory ${place} cannot be used (${code})`)
  }
}

const unavailable = (detail: string): Failure => ({ reason: "Unavailable", detail })

// A sync or a shared-memory file that finds no room is reported as an input/output error.
const hasNoRoom = (place: string): boolean => {
  try {
    const { bavail, bsize } = statfsSync(place)
    return bavail * bsize < 1024 * 1024
  } catch {
    return false
  }
}
