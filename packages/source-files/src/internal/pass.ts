/** Looks at what there is, reads what is new, and does so again while it follows. */
import { join } from "node:path"
import type { Intake, Problem, Split, Unread } from "@millrace/core/Intake"
import { type RunOptions, SourceError } from "@millrace/core/Source"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Semaphore from "effect/Semaphore"
import { look as lookAt, nothingBelow, type Survey, status, survey } from "./discover.ts"
import { failure, problemOf } from "./failure.ts"
import { type Found, hourOf, inOrder } from "./found.ts"
import { type CurrentsEvent, chunkSize } from "./gather.ts"
import * as Notices from "./notices.ts"
import { readFile } from "./readFile.ts"
import type { Reading } from "./reading.ts"
import * as Standing from "./standing.ts"

/** Files of a chunk and more that are read side by side, unless the exporter asks for another number. */
const usual = 2
/** The most files read side by side, if they are small: together their events make as much as large ones do. */
const most = 16
/** A packed file holds several times its size. */
const packed = 4
/** How many times as long as looking took there is none: through all there is again, and at what may have changed. */
const rests = { whole: 150, lessThanBefore: 20, linked: 30, changes: 9 }
/** To look through all there is costs little where it takes less than this part of the time between two looks. */
const little = 1 / 50
/** Milliseconds in which changes that come together are waited for. */
const gathering = 100

/** What to read, and how often to look. */
export interface Place {
  readonly root: string
  /** The first hour that is read, as in a path; empty for all. */
  readonly from: string
  /** Milliseconds between two looks; more where looking takes long. */
  readonly interval: number
}

/** What a pass made of a file. */
interface Seen {
  readonly size: number
  readonly modified: number
  readonly unread: Unread | undefined
}

/** Reads the files below a root; `readerOf` is asked once for each file. */
export const run = Effect.fnUntraced(function* (
  { root, from, interval }: Place,
  intake: Intake<CurrentsEvent>,
  { follow, splits = usual }: RunOptions,
  readerOf: Reading["readerOf"]
) {
  const seen = new Map<string, Seen>()
  const told = new Set<string>()
  const tellOnce = (about: string, message: string) =>
    Effect.suspend(() => {
      if (told.has(about)) return Effect.void
      told.add(about)
      return Effect.logWarning(message)
    })
  const tell = (message: string) => tellOnce(message, message)

  const large = yield* Semaphore.make(1)
  const side = yield* Semaphore.make(splits * chunkSize)
  /** A file takes as much of what is read side by side as it may hold. */
  const beside = ({ size }: Found) => side.withPermits(Math.min(packed * size, chunkSize))

  const read = Effect.fnUntraced(function* (file: Found) {
    const claimed = yield* intake.claim(file.split, (after) =>
      Effect.tap(readFile(file, after, intake, { large, readerOf }), (left) =>
        left === undefined ? Effect.void : intake.unread(file.split, left)
      )
    )
    // What was lost under way is looked at again with the next look.
    if (claimed._tag !== "Finished") return
    const unread = claimed.value
    seen.set(file.path, { size: file.size, modified: file.modified, unread })
    if (unread !== undefined && !follow) yield* tell(unreadMessage(file, unread))
  })

  /**
   * Files that went between the look and the reading. Of one that went alone, what was not read is left unread; those of a
   * folder that is gone are read when it is back.
   */
  const missing = Effect.fnUntraced(function* (files: ReadonlyArray<Found>) {
    if (files.length === 0) return []
    const there = yield* Effect.result(status(root))
    if (Result.isFailure(there)) return [problemOf(there.failure)]
    const left: Unread = { byte: 0, what: "the file went before it was read; put it back" }
    for (const { split } of files) yield* intake.unread(split, left)
    for (const { path } of files.slice(0, named)) yield* tell(`${path}: ${left.what}`)
    if (files.length > named) yield* tell(`and ${files.length - named} more files went before they were read`)
    return []
  })

  /** Reads what changed, one bad file not keeping it from the next. */
  const pass = Effect.fnUntraced(function* ({ files, unreadable }: Pick<Survey, "files" | "unreadable">) {
    const changed: Array<Found> = []
    for (const file of files) {
      const before = seen.get(file.path)
      if (before?.size !== file.size || before.modified !== file.modified) changed.push(file)
      // A file that is being written ends too early at any time; one that has come to rest should not.
      else if (before.unread !== undefined) yield* tell(unreadMessage(file, before.unread))
    }
    yield* intake.expect(changed.reduce((sum, { size }) => sum + size, 0))
    const problems: Array<Problem> = [...unreadable]
    const gone: Array<Found> = []
    // No hour is begun before the one ahead of it is read, so that what happened later is not stored sooner.
    for (const hour of Map.groupBy(changed, hourOf).values()) {
      const results = yield* Effect.forEach(
        hour,
        (file) => Effect.map(Effect.result(beside(file)(read(file))), (result) => ({ file, result })),
        { concurrency: Math.max(most, splits) }
      )
      for (const { file, result } of results) {
        if (Result.isSuccess(result)) continue
        if (result.failure.reason === "gone") gone.push(file)
        else problems.push(problemOf(result.failure, file.split))
      }
    }
    return [...problems, ...(yield* missing(gone))]
  })

  /** Of files that are gone nothing is kept here; one that comes back is opened again, and its checkpoint says what is new. */
  const forget = (files: ReadonlyArray<Found>): void => {
    if (seen.size <= files.length) return
    const there = new Set(files.map(({ path }) => path))
    for (const path of seen.keys()) if (!there.has(path)) seen.delete(path)
  }

  const standing = Standing.make(root)
  let [took, tookChanges, wholeAt] = [0, 0, 0]
  let hasLinks = false

  /** Through all there is. */
  const look = Effect.gen(function* () {
    const start = yield* Clock.currentTimeMillis
    const stats = yield* status(root)
    const found = yield* survey(root, from)
    const now = yield* Clock.currentTimeMillis
    took = now - start
    wholeAt = now + rests.whole * took
    hasLinks = found.hasLinks
    if (found.ignored.length > 0) {
      yield* tellOnce(
        "ignored",
        `${found.ignored.length} files below ${root} are not read, such as ${found.ignored[0]}: names must end in .avro, .ndjson, .jsonl or .json, or in one of these and .gz`
      )
    }
    if (found.files.length === 0 && found.unreadable.length === 0) {
      const empty = nothingBelow(root)
      if (!follow) return yield* new SourceError({ detail: empty })
      // A folder that had files and has none is an empty place where a disk or a share is to be.
      if (seen.size > 0) return [{ reason: "gone", detail: lost(root) }]
      yield* tell(empty)
    }
    standing.replace(found, stats)
    if (found.unreadable.length === 0) forget(found.files)
    return yield* pass(found)
  })

  let problems: ReadonlyArray<Problem> = yield* look
  yield* intake.problems(problems)
  if (!follow) {
    if (problems.length > 0) return yield* together(problems)
    return
  }

  const notices = yield* Notices.make(root)
  /** Whether to look through all there is costs too much to be done each time, and need not be. */
  const isLarge = () => !hasLinks && took > little * interval

  /** At what may have changed. */
  const lookAgain = Effect.gen(function* () {
    const start = yield* Clock.currentTimeMillis
    if (!isLarge() || start >= wholeAt) return yield* look
    const changes = yield* Effect.tryPromise({
      try: () => standing.ask(notices.take(), problems),
      catch: failure(root)
    })
    if (changes === undefined) return yield* look
    const isKnown = (split: Split) => standing.isKnownFolder(split) || seen.has(join(root, split))
    const found = yield* lookAt(root, { from, now: start, start: changes.folders, isKnown })
    if (found.hasLinks) return yield* look
    const isLess = standing.update(found)
    if (isLess || changes.isLess) wholeAt = Math.min(wholeAt, start + rests.lessThanBefore * took)
    tookChanges = (yield* Clock.currentTimeMillis) - start
    const files = new Map([...changes.files, ...found.files].map((file) => [file.split, file]))
    return yield* pass({ files: inOrder(files.values()), unreadable: found.unreadable })
  })

  const rested = Effect.suspend(() => {
    if (!isLarge()) return Effect.sleep(Math.max(interval, hasLinks ? rests.linked * took : 0))
    notices.follow(standing.watched())
    const rest = Math.max(interval, rests.changes * tookChanges)
    return Effect.raceFirst(
      Effect.sleep(rest),
      Effect.andThen(
        notices.any,
        Effect.sleep(Math.min(rest, gathering + rests.lessThanBefore * tookChanges))
      )
    )
  })

  for (;;) {
    yield* rested
    // What could not be read of a folder that is gone cannot be read now either.
    const before = problems.filter(({ split }) => split !== undefined)
    problems = yield* Effect.catch(lookAgain, (error) => Effect.succeed([problemOf(error), ...before]))
    yield* intake.problems(problems)
  }
}, Effect.scoped)

const lost = (root: string): string =>
  `${root}: has no file to read any more, also not below it; put the files back, or the disk or share that holds them`

const unreadMessage = ({ path }: Found, { byte, what }: Unread): string =>
  `${path}: is not read from byte ${byte} on: ${what}; upload it again as a whole, or wait until it has grown, and it is read on from there`

/** The most files that an error names. */
const named = 5

const together = (problems: ReadonlyArray<Problem>): SourceError => {
  const details = problems.slice(0, named).map(({ detail }) => detail)
  const more = problems.length > named ? [`and ${problems.length - named} more files`] : []
  return new SourceError({ detail: [...details, ...more].join("\n") })
}
