/**
 * Folders listed one below the other. In promises rather than effects: of tens of thousands of files each is asked for, and
 * an exporter that has nothing to do should cost next to nothing.
 */
import type { Dirent, Stats } from "node:fs"
import { readdir, realpath, stat } from "node:fs/promises"
import { join, sep } from "node:path"
import type { Problem, Split } from "@millrace/core/Intake"
import { SourceError } from "@millrace/core/Source"
import { isMarker, isReadable, isTemporary } from "@millrace/objects/Names"
import { problemOf } from "@millrace/objects/Problems"
import { failure } from "./failure.ts"
import { compare, type Found, foundOf, hourIn } from "./found.ts"

/** A folder as it was listed. */
export interface Folder {
  /** When it was last changed, in epoch milliseconds; `NaN` where that was too short ago to tell by it. */
  readonly modified: number
  readonly files: number
  readonly folders: number
}

export interface Options {
  /** The first hour that is read, as in a path; empty for all. */
  readonly from: string
  /** When the look begins, in epoch milliseconds. */
  readonly now: number
  readonly start: ReadonlyArray<Split>
  /** Whether a file or folder need not be asked for. */
  readonly isKnown: (split: Split) => boolean
}

export interface Walked {
  readonly files: ReadonlyArray<Found>
  readonly ignored: ReadonlyArray<Split>
  readonly unreadable: ReadonlyArray<Problem>
  readonly folders: ReadonlyMap<Split, Folder>
  readonly hasLinks: boolean
}

/** What is asked for at a time. */
const concurrency = 16

/** Within so many milliseconds a folder may change without its time telling; some file systems count whole seconds. */
const coarse = 2500

/** Whether a path is the folder itself or below it. */
const isWithin = (folder: string, path: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)

/** Whoever may write below the root must not make us read, and send, what stands elsewhere. */
const leadsOut = (path: string) =>
  new SourceError({
    reason: "leads-out",
    detail: `${path}: is a symbolic link that leads out of the folder, and is not followed; put what it leads to there itself, or read that by a source of its own`
  })

const identity = ({ dev, ino }: Stats) => `${dev}:${ino}`

/** Asks for some at a time. */
export const each = async <A>(items: ReadonlyArray<A>, use: (item: A) => Promise<void>): Promise<void> => {
  let next = 0
  const work = async () => {
    while (next < items.length) await use(items[next++]!)
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, work))
}

/** Throws what the system says of `root` itself. */
export const walk = async (root: string, options: Options, signal: AbortSignal): Promise<Walked> => {
  const { from, now, start, isKnown } = options
  const files: Array<Found> = []
  const own = new Set<string>()
  // What a link leads to counts only when it is not there without the link: no loop, and nothing is read twice.
  const linked: Array<{ readonly key: string; readonly file: Found }> = []
  const ignored: Array<Split> = []
  const unreadable: Array<Problem> = []
  const visited = new Set<string>()
  const listed = new Map<Split, Folder>()
  const linkedFolders: Array<Split> = []
  let folders: Array<Split> = [...start]
  let hasLinks = false
  const home = await realpath(root)

  const lookAtLink = async (split: Split) => {
    const path = join(root, split)
    hasLinks = true
    try {
      const [stats, target] = await Promise.all([stat(path), realpath(path)])
      if (!isWithin(home, target)) {
        if (stats.isDirectory() || isReadable(split)) unreadable.push(problemOf(leadsOut(path), split))
      } else if (stats.isDirectory()) linkedFolders.push(split)
      else if (!isReadable(split)) {
        if (!isTemporary(split)) ignored.push(split)
      } else if (stats.isFile()) linked.push({ key: identity(stats), file: foundOf(root, split, stats) })
    } catch (cause) {
      if (isReadable(split)) unreadable.push(problemOf(failure(path)(cause), split))
    }
  }

  const lookAtFile = async (split: Split) => {
    const path = join(root, split)
    try {
      const stats = await stat(path)
      if (!stats.isFile()) return
      files.push(foundOf(root, split, stats))
      own.add(identity(stats))
    } catch (cause) {
      const error = failure(path)(cause)
      if (error.reason !== "gone") unreadable.push(problemOf(error, split))
    }
  }

  /** Lists a folder; what has to be asked for goes to `ask`. */
  const list = (
    folder: Split,
    entries: ReadonlyArray<Dirent>,
    modified: number,
    ask: Array<() => Promise<void>>
  ) => {
    let [fileCount, folderCount] = [0, 0]
    for (const entry of entries) {
      const { name } = entry
      const split = folder === "" ? name : `${folder}/${name}`
      if (entry.isDirectory()) {
        if (name.startsWith(".")) continue
        folderCount++
        const hour = hourIn(split)
        if (!isKnown(split) && (hour === "" || hour >= from)) folders.push(split)
      } else if (isMarker(name)) continue
      else if (entry.isSymbolicLink()) ask.push(() => lookAtLink(split))
      else if (entry.isFile() && isReadable(name)) {
        fileCount++
        if (!isKnown(split)) ask.push(() => lookAtFile(split))
      } else if (!isTemporary(name)) ignored.push(split)
    }
    listed.set(folder, { modified, files: fileCount, folders: folderCount })
  }

  const open = async (folder: Split) => {
    if (signal.aborted) return
    const path = join(root, folder)
    try {
      // The time first: what comes between the two is seen again.
      const stats = await stat(path)
      if (visited.has(identity(stats))) return
      visited.add(identity(stats))
      const entries = await readdir(path, { withFileTypes: true })
      const ask: Array<() => Promise<void>> = []
      list(folder, entries, now - stats.mtimeMs < coarse ? Number.NaN : stats.mtimeMs, ask)
      await each(ask, (one) => one())
    } catch (cause) {
      if (folder === "") throw cause
      const error = failure(path)(cause)
      // A folder may go while it is looked for: what was read below it is read.
      if (error.reason !== "gone") unreadable.push(problemOf(error, folder))
    }
  }

  while (folders.length + linkedFolders.length > 0) {
    const level = folders.length > 0 ? folders : linkedFolders.sort(compare).splice(0, 1)
    folders = []
    await each(level, open)
  }
  for (const { key, file } of linked.sort((left, right) => compare(left.file.split, right.file.split))) {
    if (own.has(key)) continue
    own.add(key)
    files.push(file)
  }
  return { files, ignored: ignored.sort(compare), unreadable, folders: listed, hasLinks }
}
