/** What there is to read below a path. */
import type { Dirent, Stats } from "node:fs"
import { readdir, realpath, stat } from "node:fs/promises"
import { basename, join, sep } from "node:path"
import type { Problem, Split } from "@millrace/core/Intake"
import { SourceError } from "@millrace/core/Source"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { failure, problemOf } from "./failure.ts"

export interface Found {
  readonly path: string
  /** The path relative to the root, with `/` between folders. */
  readonly split: Split
  readonly size: number
  /** Epoch milliseconds. */
  readonly modified: number
}

export interface Survey {
  /** In the order to read them: by the hour in the path, then by path. */
  readonly files: ReadonlyArray<Found>
  /** Other files, without markers and hidden ones. */
  readonly ignored: ReadonlyArray<Split>
  readonly unreadable: ReadonlyArray<Problem>
}

/** Fails when `root` itself cannot be read. A single file is surveyed whatever its name. */
export const survey = Effect.fnUntraced(function* (root: string) {
  const stats = yield* status(root)
  if (stats.isDirectory()) return yield* walk(root)
  return { files: [foundOf(root, basename(root), stats)], ignored: [], unreadable: [] } satisfies Survey
})

/** Folders, and entries of each, that are asked for at a time. */
const concurrency = 8

/** What there must be for a run to begin that does not wait for more. */
export const nothingBelow = (root: string): string =>
  `${root}: has no .avro, .ndjson, .jsonl or .json file to read, also not below it; check the path`

export const readable = /\.(?:avro|ndjson|jsonl|json)(?:\.gz)?$/i
export const marker = /^[._]|\.crc$/
/** What sync tools and browsers call a file until it is whole; the eight hexadecimal digits are those of the AWS CLI. */
const temporary =
  /(?:~|\.(?:tmp|temp|part|partial|filepart|crdownload|download|gstmp|swp)|\.(?:avro|ndjson|jsonl|json|gz)\.[\da-f]{8})$/i

/** What there is at a path. */
export const status = (path: string) => Effect.tryPromise({ try: () => stat(path), catch: failure(path) })
const real = (path: string) => Effect.tryPromise({ try: () => realpath(path), catch: failure(path) })
/** Whether a path is the folder itself or below it. */
const isWithin = (folder: string, path: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)

/** Whoever may write below the root must not make us read, and send, what stands elsewhere. */
const leadsOut = (path: string) =>
  new SourceError({
    reason: "leads-out",
    detail: `${path}: is a symbolic link that leads out of the folder, and is not followed; put what it leads to there itself, or read that by a source of its own`
  })

const list = (path: string) =>
  Effect.tryPromise({ try: () => readdir(path, { withFileTypes: true }), catch: failure(path) })
const identity = ({ dev, ino }: Stats) => `${dev}:${ino}`
const foundOf = (path: string, split: Split, { size, mtimeMs }: Stats): Found => ({
  path,
  split,
  size,
  modified: mtimeMs
})

const hour = /(?:^|\/)date=(\d{4}-\d\d-\d\d-\d\d)(?:\/|$)/
/** The hour in a path, as Currents writes it; empty where there is none. */
export const hourOf = ({ split }: Found): string => hour.exec(split)?.[1] ?? ""
const compare = (left: string, right: string) => (left < right ? -1 : left > right ? 1 : 0)
const inOrder = (files: Iterable<Found>): ReadonlyArray<Found> =>
  [...files]
    .map((file) => ({ file, hour: hourOf(file) }))
    .sort((left, right) => compare(left.hour, right.hour) || compare(left.file.split, right.file.split))
    .map(({ file }) => file)

const walk = Effect.fnUntraced(function* (root: string) {
  const files: Array<Found> = []
  const own = new Set<string>()
  // What a link leads to counts only when it is not there without the link: no loop, and nothing is read twice.
  const linked: Array<{ readonly key: string; readonly file: Found }> = []
  const ignored: Array<Split> = []
  const unreadable: Array<Problem> = []
  const visited = new Set<string>()
  const folders: Array<Split> = [""]
  const linkedFolders: Array<Split> = []

  const home = yield* real(root)

  const look = Effect.fnUntraced(function* (entry: Dirent, split: Split) {
    const isLink = entry.isSymbolicLink()
    const path = join(root, split)
    const result = yield* Effect.result(
      Effect.all([status(path), isLink ? real(path) : Effect.succeed(undefined)])
    )
    if (Result.isFailure(result)) {
      const isLost = isLink || result.failure.reason !== "gone"
      if (isLost && readable.test(split)) unreadable.push(problemOf(result.failure, split))
      return
    }
    const [stats, target] = result.success
    if (target !== undefined && !isWithin(home, target)) {
      if (stats.isDirectory() || readable.test(split)) unreadable.push(problemOf(leadsOut(path), split))
      return
    }
    if (stats.isDirectory()) linkedFolders.push(split)
    else if (!readable.test(split)) {
      if (!temporary.test(split)) ignored.push(split)
    } else if (stats.isFile()) {
      const file = foundOf(join(root, split), split, stats)
      if (isLink) linked.push({ key: identity(stats), file })
      else {
        files.push(file)
        own.add(identity(stats))
      }
    }
  })

  const visit = (folder: Split) => (entry: Dirent) => {
    const { name } = entry
    const split = folder === "" ? name : `${folder}/${name}`
    if (marker.test(name) && !entry.isDirectory()) return Effect.void
    if (entry.isSymbolicLink() || (entry.isFile() && readable.test(name))) return look(entry, split)
    if (entry.isDirectory()) {
      if (!name.startsWith(".")) folders.push(split)
    } else if (!temporary.test(name)) ignored.push(split)
    return Effect.void
  }

  const open = Effect.fnUntraced(function* (folder: Split) {
    const path = join(root, folder)
    const result = yield* Effect.result(Effect.all([status(path), list(path)], { concurrency: 2 }))
    if (Result.isFailure(result)) {
      if (folder === "") return yield* result.failure
      // A folder may go while it is looked for: what was read below it is read.
      if (result.failure.reason !== "gone") unreadable.push(problemOf(result.failure, folder))
      return
    }
    const [stats, entries] = result.success
    if (visited.has(identity(stats))) return
    visited.add(identity(stats))
    yield* Effect.forEach(entries, visit(folder), { concurrency, discard: true })
  })

  while (folders.length + linkedFolders.length > 0) {
    const level = folders.length > 0 ? folders.splice(0) : linkedFolders.sort(compare).splice(0, 1)
    yield* Effect.forEach(level, open, { concurrency, discard: true })
  }
  for (const { key, file } of linked.sort((left, right) => compare(left.file.split, right.file.split))) {
    if (own.has(key)) continue
    own.add(key)
    files.push(file)
  }
  return { files: inOrder(files), ignored: ignored.sort(compare), unreadable } satisfies Survey
})
