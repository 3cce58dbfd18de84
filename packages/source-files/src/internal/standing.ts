/**
 * What the last looks have left: enough to see by a few questions whether anything changed, where to look through all
 * there is would cost too much. A new file changes its folder's time, and a new folder that of the folder above it.
 */
import type { Stats } from "node:fs"
import { stat } from "node:fs/promises"
import { dirname, join } from "node:path"
import type { Problem, Split } from "@millrace/core/Intake"
import type { Survey } from "./discover.ts"
import { compare, type Found, foundOf, hourIn } from "./found.ts"
import { each, type Folder } from "./walk.ts"

/** The most folders, and files, that are asked for each time: those in which most is to be expected. */
const mostFolders = 256
const mostFiles = 100
/** The most of the folders that stand for no hour. */
const mostOthers = 200
/** The most folders of which the system is asked to tell changes. */
const mostWatched = 4000

/** Where something may have changed. */
export interface Hints {
  readonly folders: ReadonlySet<Split>
  readonly files: ReadonlySet<Split>
}

export interface Changes {
  /** Folders to be listed again. */
  readonly folders: ReadonlyArray<Split>
  /** Files that were read and are others now. */
  readonly files: ReadonlyArray<Found>
  /** A folder is gone: only a look at all there is tells what that means. */
  readonly isLess: boolean
}

export interface Standing {
  /** All there is. */
  readonly replace: (survey: Survey, root: Stats) => void
  /** Some folders, and what is below them that is new; `true` when less is there than before. */
  readonly update: (survey: Survey) => boolean
  readonly isKnownFolder: (split: Split) => boolean
  /** Folders of which to be told, the most promising first. */
  readonly watched: () => ReadonlyArray<Split>
  /** Whether these are all there are. */
  readonly isWatchedWhole: () => boolean
  /**
   * Asks, of the most promising folders or of all of them; throws what the system says of the root, `undefined` when that is
   * another one than before.
   */
  readonly ask: (
    hints: Hints,
    problems: ReadonlyArray<Problem>,
    folders?: "promising" | "all"
  ) => Promise<Changes | undefined>
}

const folderOf = (split: Split): Split => {
  const folder = dirname(split)
  return folder === "." ? "" : folder
}

const attempt = (path: string): Promise<Stats | undefined> => stat(path).catch(() => undefined)

/** Folders without an hour by when they changed, then hours, newest first. */
const promising = (folders: ReadonlyMap<Split, Folder>): ReadonlyArray<Split> => {
  const others: Array<readonly [Split, number]> = []
  const hours: Array<readonly [Split, string]> = []
  for (const [split, { modified }] of folders) {
    const hour = hourIn(split)
    if (hour !== "") hours.push([split, hour])
    else if (split !== "") others.push([split, Number.isNaN(modified) ? Infinity : modified])
  }
  others.sort((left, right) => right[1] - left[1])
  hours.sort((left, right) => compare(right[1], left[1]))
  return [
    "",
    ...[...others.slice(0, mostOthers), ...hours, ...others.slice(mostOthers)]
      .slice(0, mostWatched)
      .map(([split]) => split)
  ]
}

export const make = (root: string): Standing => {
  let folders = new Map<Split, Folder>()
  let first: readonly Split[] = []
  let recent: ReadonlyArray<Found> = []
  let identity = ""

  const folderAt = (split: Split) => [split, folders.get(split)!] as const
  const identityOf = ({ dev, ino }: Stats) => `${dev}:${ino}`
  const keepRecent = (files: ReadonlyArray<Found>) => {
    const latest = new Map([...recent, ...files].map((file) => [file.split, file]))
    recent = [...latest.values()].sort((left, right) => right.modified - left.modified).slice(0, mostFiles)
  }

  const changedFiles = async (hinted: ReadonlySet<Split>, problems: ReadonlyArray<Problem>) => {
    const splits = new Set([...recent.map(({ split }) => split), ...hinted])
    for (const { split } of problems.slice(0, mostFiles)) {
      if (split !== undefined && !folders.has(split)) splits.add(split)
    }
    const found = await Promise.all(
      [...splits].map(async (split) => {
        const stats = await attempt(join(root, split))
        return stats?.isFile() === true ? [foundOf(root, split, stats)] : []
      })
    )
    return found.flat()
  }

  return {
    replace: (survey, stats) => {
      folders = new Map(survey.folders)
      first = promising(folders)
      recent = []
      keepRecent(survey.files)
      identity = identityOf(stats)
    },
    update: (survey) => {
      let isLess = false
      const more = new Map<Split, Folder>()
      for (const [split, folder] of survey.folders) {
        const before = folders.get(split)
        if (before === undefined) more.set(split, folder)
        else if (folder.files < before.files || folder.folders < before.folders) isLess = true
        folders.set(split, folder)
      }
      if (more.size > 0) first = promising(new Map([...first.map(folderAt), ...more]))
      keepRecent(survey.files)
      return isLess
    },
    isKnownFolder: (split) => folders.has(split),
    watched: () => first,
    isWatchedWhole: () => first.length === folders.size,
    ask: async (hints, problems, which = "promising") => {
      if (identityOf(await stat(root)) !== identity) return undefined
      const asked = new Set(
        which === "all" ? folders.keys() : [...first.slice(0, mostFolders), ...hints.folders]
      )
      for (const { split } of problems.slice(0, mostFiles)) {
        if (split !== undefined) asked.add(folders.has(split) ? split : folderOf(split))
      }
      const known = [...asked].filter((split) => folders.has(split))
      const changed: Array<Split> = []
      let isLess = false
      const lookAtFolder = async (split: Split) => {
        const stats = await attempt(join(root, split))
        if (stats === undefined) isLess = true
        else if (folders.get(split)?.modified !== stats.mtimeMs) changed.push(split)
      }
      const [, files] = await Promise.all([each(known, lookAtFolder), changedFiles(hints.files, problems)])
      return { folders: changed, files, isLess }
    }
  }
}
