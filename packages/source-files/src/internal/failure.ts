import { SourceError } from "@millrace/core/Source"
import { codeOf } from "@millrace/core/Thrown"

const advice: { readonly [code: string]: string } = {
  ENOENT: "is not there; check the path",
  ENOTDIR: "is not there; check the path",
  EACCES: "may not be read; give the user that runs Millrace permission to read it",
  EPERM: "may not be read; give the user that runs Millrace permission to read it",
  ELOOP: "is a symbolic link that leads back to itself; point it at a file or folder"
}

const goneCodes = new Set(["ENOENT", "ENOTDIR"])

/** Whether the system says that something is not there, rather than that it cannot tell. */
export const isGone = (cause: unknown): boolean => goneCodes.has(codeOf(cause))

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
