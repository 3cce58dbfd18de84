/**
 * Whether the system tells of every change below a folder, so that to look without being told is a precaution. It does where
 * the disk is this machine's own; a share of another tells of nothing that others write. One change that a look finds and
 * nothing told of ends the trust.
 */
import { statfs } from "node:fs/promises"
import { dirname } from "node:path"
import type { Split } from "@millrace/core/Intake"
import type { Hints } from "./standing.ts"

/** ext, xfs, btrfs, tmpfs, overlayfs, zfs, f2fs: as Linux numbers them. */
const local = new Set([0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630, 0x2fc12fc1, 0xf2f52010])

/** Whether the disk of a folder is known as one of this machine. */
export const isLocal = (folder: string): Promise<boolean> =>
  statfs(folder).then(
    ({ type }) => process.platform === "linux" && local.has(type),
    () => false
  )

export interface Trust {
  readonly holds: () => boolean
  /** A look has found these changed. What told of them may come a moment later, and must have come by the next look. */
  readonly onFound: (changed: ReadonlyArray<Split>) => void
  /** What the system has told of since the last look. */
  readonly onTold: (hints: Hints) => void
}

export const make = (isTrusted: boolean): Trust => {
  let holds = isTrusted
  let told: Hints = { folders: new Set(), files: new Set() }
  let untold: ReadonlyArray<Split> = []

  const isTold = ({ files, folders }: Hints, split: Split): boolean => {
    if (files.has(split)) return true
    // A folder that is new is told of with what stands above it.
    for (let folder = dirname(split); ; folder = dirname(folder)) {
      if (folders.has(folder === "." ? "" : folder)) return true
      if (folder === "." || folder === "/") return false
    }
  }

  return {
    holds: () => holds,
    onFound: (changed) => {
      if (holds) untold = changed.filter((split) => !isTold(told, split))
    },
    onTold: (hints) => {
      if (untold.some((split) => !isTold(hints, split))) holds = false
      untold = []
      told = hints
    }
  }
}
