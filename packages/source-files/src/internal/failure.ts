import type { Problem, Split } from "@millrace/core/Intake"
import { SourceError } from "@millrace/core/Source"

const advice: { readonly [code: string]: string } = {
  ENOENT: "is not there; check the path",
  ENOTDIR: "is not there; check the path",
  EACCES: "may not be read; give the user that runs Millrace permission to read it",
  EPERM: "may not be read; give the user that runs Millrace permission to read it",
  ELOOP: "is a symbolic link that leads back to itself; point it at a file or folder"
}

const goneCodes = new Set(["ENOENT", "ENOTDIR"])

/** What could not be read, for the source's state; of the source as a whole without a split. */
export const problemOf = ({ detail, reason = "unreadable" }: SourceError, split?: Split): Problem => ({
  ...(split === undefined ? {} : { split }),
  reason,
  detail
})

export const codeOf = (cause: unknown): string =>
  cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error"

/** What the file system said, and what to do about it. */
export const failure =
  (path: string) =>
  (cause: unknown): SourceError => {
    const code = codeOf(cause)
    return new SourceError({
      ...(goneCodes.has(code) ? { reason: "gone" } : {}),
      detail: `${path}: ${advice[code] ?? `cannot be read (${code}); check the disk and run again`}`
    })
  }
