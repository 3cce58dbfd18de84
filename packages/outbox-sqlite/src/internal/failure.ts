import { statfsSync } from "node:fs"
import type { OutboxError } from "@millrace/core/Outbox"

/** Why the store refused, in a form that crosses a thread. `Defect` is no answer of the port but a fault of ours. */
export interface Failure {
  readonly reason: OutboxError["reason"] | "Defect"
  readonly detail: string
}

/** A failure, thrown inside the store. */
export class StoreFailure extends Error implements Failure {
  readonly reason: Failure["reason"]
  readonly detail: string
  constructor(reason: Failure["reason"], detail: string) {
    super(detail)
    this.reason = reason
    this.detail = detail
  }
}

/** What SQLite or the operating system said, as a failure of the store in `place`. */
export const fromCause = (place: string, cause: unknown): Failure => {
  if (cause instanceof StoreFailure) return { reason: cause.reason, detail: cause.detail }
  if (!(cause instanceof Error)) return { reason: "Defect", detail: String(cause) }
  if ("errcode" in cause && typeof cause.errcode === "number")
    return fromSqlite(place, cause.errcode, cause.message)
  if ("syscall" in cause && "code" in cause) return fromSystem(place, String(cause.code))
  return { reason: "Defect", detail: cause.stack ?? cause.message }
}

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
    case 11:
    case 26:
      return {
        reason: "Damaged",
        detail: `the outbox in ${place} is damaged (${message}); restore a backup, or move it away and start anew`
      }
    case 10:
      if (hasNoRoom(place)) return full(place)
      return {
        reason: "Unavailable",
        detail: `the disk that holds ${place} failed (${message}, code ${code})`
      }
    case 3:
    case 5:
    case 6:
    case 8:
    case 14:
      return {
        reason: "Unavailable",
        detail: `the outbox in ${place} cannot be used (${message}); check its permissions and that no other program has it open`
      }
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
      return unavailable(`the state directory ${place} is on a read-only file system; give another path`)
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
