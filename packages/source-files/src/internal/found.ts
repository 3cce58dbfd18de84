/** A file to read, and the order of files. */
import type { Stats } from "node:fs"
import { join } from "node:path"
import type { Split } from "@millrace/core/Intake"

export interface Found {
  /** The root; of a single file its folder. The path is not kept: there may be a million files. */
  readonly root: string
  /** The path relative to the root, with `/` between folders. */
  readonly split: Split
  readonly size: number
  /** Epoch milliseconds. */
  readonly modified: number
}

export const foundOf = (root: string, split: Split, { size, mtimeMs }: Stats): Found => ({
  root,
  split,
  size,
  modified: mtimeMs
})

export const pathOf = ({ root, split }: Pick<Found, "root" | "split">): string => join(root, split)

const hour = /(?:^|\/)date=(\d{4}-\d\d-\d\d-\d\d)(?:\/|$)/
/** The hour in a path, as Currents writes it; empty where there is none. */
export const hourIn = (split: Split): string => hour.exec(split)?.[1] ?? ""
export const hourOf = ({ split }: Found): string => hourIn(split)

export const compare = (left: string, right: string) => (left < right ? -1 : left > right ? 1 : 0)

export const inOrder = (files: Iterable<Found>): ReadonlyArray<Found> =>
  [...files]
    .map((file) => ({ file, hour: hourOf(file) }))
    .sort((left, right) => compare(left.hour, right.hour) || compare(left.file.split, right.file.split))
    .map(({ file }) => file)
