/**
 * Where the socket of a running exporter is, and what both ends say of themselves: a command may be of another version.
 */
import { closeSync, existsSync, openSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { ControlError } from "../ControlError.ts"

/** Systems take about 100 bytes of socket path. */
const longestPath = 100

const socketName = "control.sock"

interface Place {
  readonly path: string
  /** To be called when the path is no longer needed. */
  readonly leave: () => void
}

/**
 * Where the socket is reached: always in the state directory, which is its owner's alone. A folder that all may write to
 * would let others block it, or command the exporter. The directory of a long path is reached through a descriptor.
 */
const placeOf = (directory: string): Place => {
  const path = join(directory, socketName)
  if (Buffer.byteLength(path) <= longestPath) return { path, leave: () => {} }
  if (!existsSync(descriptors)) {
    throw new ControlError({
      message: `the path of the state directory ${directory} is too long for a socket on this system: give the outbox one of at most ${longestPath - socketName.length - 1} bytes`
    })
  }
  const folder = openSync(directory, "r")
  return { path: `${descriptors}/${folder}/${socketName}`, leave: () => closeSync(folder) }
}

/** Linux has the open files of a process here, each a link to where it is. */
const descriptors = "/proc/self/fd"

/** The version of Millrace, for people: all of its packages have the same. */
export const version = (): string => {
  const manifest: { readonly version: string } = createRequire(import.meta.url)(
    "@millrace/operations/package.json"
  )
  return manifest.version
}

/** Grows whenever questions or answers change: the ends must agree on it. */
export const protocol = "4"

/** The headers by which each end tells which it is. */
export const ends = { protocol: "millrace-protocol", version: "millrace-version" } as const

/** Milliseconds between two signs that a question is being worked on. */
export const beat = 1000

export const notOpened = (directory: string, cause: unknown): ControlError =>
  cause instanceof ControlError
    ? cause
    : new ControlError({
        message: `the control socket in ${directory} could not be opened (${cause instanceof Error ? cause.message : "unknown error"})`
      })

export const place = (directory: string) =>
  Effect.acquireRelease(
    Effect.try({ try: () => placeOf(directory), catch: (cause) => notOpened(directory, cause) }),
    ({ leave }) => Effect.sync(leave)
  )
