/**
 * What an error of the file system means for the events that were to be written.
 *
 * @since 1.0.0
 */
import { type Retry, retry } from "@millrace/core/Outcome"

/**
 * Always Retry: a disk says nothing about events, which can wait until it is mended.
 *
 * - `disk-full`: ENOSPC, EDQUOT, EFBIG
 * - `read-only`: EROFS
 * - `no-permission`: EACCES, EPERM
 * - `not-a-folder`: EEXIST, ENOTDIR; a file stands where a folder is to be
 * - `disk-error`: everything else
 *
 * `path` is that of the settings, for the text of the outcome.
 *
 * @since 1.0.0
 * @category conversions
 */
export const outcome = (path: string, cause: unknown): Retry => {
  const code = text(cause, "code") ?? "unknown error"
  const call = text(cause, "syscall")
  const [reason, advice] = meanings.get(code) ?? disk
  return retry(reason, { detail: `${path} ${advice} (${call === undefined ? code : `${code}, ${call}`})` })
}

// internal

type Meaning = readonly [reason: string, advice: string]

const full: Meaning = ["disk-full", "has no room; free some, or raise the quota or the limit of file sizes"]
const refused: Meaning = ["no-permission", "may not be written; let the user that runs Millrace write there"]
const blocked: Meaning = ["not-a-folder", "or a folder in it is a file; move it away, or give another path"]
const disk: Meaning = ["disk-error", "cannot be written; check the disk"]

const meanings: ReadonlyMap<string, Meaning> = new Map([
  ["ENOSPC", full],
  ["EDQUOT", full],
  ["EFBIG", full],
  ["EROFS", ["read-only", "is on a file system that is mounted read-only; mount it for writing"]],
  ["EACCES", refused],
  ["EPERM", refused],
  ["EEXIST", blocked],
  ["ENOTDIR", blocked]
])

/** What Node.js adds to an error of the system. */
const text = (cause: unknown, field: "code" | "syscall"): string | undefined => {
  if (!(cause instanceof Error)) return undefined
  const value: unknown = Object.getOwnPropertyDescriptor(cause, field)?.value
  return typeof value === "string" ? value : undefined
}
