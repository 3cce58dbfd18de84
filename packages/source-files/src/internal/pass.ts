/** Looks at what there is, reads what is new, and does so again while it follows. */
import type { Intake, Problem, Split, Unread } from "@millrace/core/Intake"
import * as Log from "@millrace/core/Log"
import { type RunOptions, SourceError } from "@millrace/core/Source"
import type { SplitReader } from "@millrace/formats/SplitReader"
import * as Names from "@millrace/objects/Names"
import * as ObjectKey from "@millrace/objects/ObjectKey"
import { named, problemOf, together, unreadMessage } from "@millrace/objects/Problems"
import * as Range from "@millrace/objects/Range"
import * as SideBySide from "@millrace/objects/SideBySide"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { look as lookAt, nothingBelow, type Survey, status, survey } from "./discover.ts"
import { failure } from "./failure.ts"
import { splitOf } from "./fileBytes.ts"
import { type Found, hourIn, hourOf, inOrder, pathOf } from "./found.ts"
import * as Notices from "./notices.ts"
import * as Present from "./present.ts"
import * as Standing from "./standing.ts"
import * as Trust from "./trust.ts"

/**
 * How many times as long as looking took there is none: through all there is again, at the times of all folders, and at what
 * may have changed.
 */
const rests = { whole: 300, folders: 300, lessThanBefore: 20, linked: 30, changes: 9 }
/** To look through all there is costs little where it takes less than this part of the time between two looks. */
const little = 1 / 50
/** Milliseconds in which changes that come together are waited for. */
const gathering = 100
/** How many times as long as reading took nothing is read again of what grows meanwhile. */
const restsOfReading = 3
/** Intervals between two looks where the system tells of every change, and the most milliseconds. */
const quiet = { intervals: 15, most: 30_000 }

/**
 * Begins to measure what this process uses of processors, in milliseconds: a folder far away takes long to look through, and
 * costs little.
 */
const processorTime = (): (() => number) => {
  const before = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  }
}

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

/** Reads the files below a root, each with `reader`. */
export const run = Effect.fnUntraced(function* (
  { root, from, interval }: Place,
  intake: Omit<Intake, "append">,
  { follow, range, splits }: RunOptions,
  reader: SplitReader
) {
  const scope = yield* Effect.scope
  const seen = new Map<Split, Seen>()
  const told = new Set<string>()
  const tellOnce = (about: string, message: string) =>
    Effect.suspend(() => {
      if (told.has(about)) return Effect.void
      told.add(about)
      return Log.write("input-noticed", message)
    })
  const tell = (message: string) => tellOnce(message, message)

  const sideBySide = yield* SideBySide.make(splits, intake.lag)

  const read = Effect.fnUntraced(function* (file: Found) {
    const claimed = yield* intake.claim(file.split, (after) =>
      Effect.tap(reader.read(splitOf(file), after), (left) =>
        left === undefined ? Effect.void : intake.unread(file.split, left)
      )
    )
    // What was lost under way is looked at again with the next look.
    if (claimed._tag !== "Finished") return
    const unread = claimed.value
    seen.set(file.split, { size: file.size, modified: file.modified, unread })
    if (unread !== undefined && !follow) yield* tell(unreadMessage(pathOf(file), unread, again))
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
    for (const file of files.slice(0, named)) yield* tell(`${pathOf(file)}: ${left.what}`)
    if (files.length > named) yield* tell(`and ${files.length - named} more files went before they were read`)
    return []
  })

  /** What the last look has found changed. */
  let news: ReadonlyArray<Split> = []

  /** Reads what changed, one bad file not keeping it from the next. */
  const pass = Effect.fnUntraced(function* ({ files, unreadable }: Pick<Survey, "files" | "unreadable">) {
    const changed: Array<Found> = []
    for (const file of files) {
      const before = seen.get(file.split)
      if (before?.size !== file.size || before.modified !== file.modified) changed.push(file)
      // A file that is being written ends too early at any time; one that has come to rest should not.
      else if (before.unread !== undefined) yield* tell(unreadMessage(pathOf(file), before.unread, again))
    }
    news = changed.map(({ split }) => split)
    yield* intake.expect(changed.reduce((sum, { size }) => sum + size, 0))
    const problems: Array<Problem> = [...unreadable]
    const gone: Array<Found> = []
    const failed = new Map<Found, SourceError>()
    const keep = (file: Found) => (error: SourceError) => Effect.sync(() => void failed.set(file, error))
    yield* sideBySide(changed, { hourOf, read: (file) => Effect.catch(read(file), keep(file)) })
    for (const file of changed) {
      const error = failed.get(file)
      if (error?.reason === "gone") gone.push(file)
      else if (error !== undefined) problems.push(problemOf(error, file.split))
    }
    return [...problems, ...(yield* missing(gone))]
  })

  /** Of files that are gone nothing is kept here; one that comes back is opened again, and its checkpoint says what is new. */
  const forget = (files: ReadonlyArray<Found>): void => {
    if (seen.size <= files.length) return
    const there = new Set(files.map(({ split }) => split))
    for (const split of seen.keys()) if (!there.has(split)) seen.delete(split)
  }

  const standing = Standing.make(root)
  let [took, tookChanges, wholeAt, foldersAt] = [0, 0, 0, 0]
  let hasLinks = false

  /** Through all there is. */
  const look = Effect.gen(function* () {
    const start = yield* Clock.currentTimeMillis
    const used = processorTime()
    const stats = yield* status(root)
    const found = yield* survey(root, from)
    const now = yield* Clock.currentTimeMillis
    took = now - start
    wholeAt = now + rests.whole * Math.min(took, used())
    foldersAt = Math.max(foldersAt, start + interval)
    hasLinks = found.hasLinks
    if (found.ignored.length > 0) {
      yield* tellOnce(
        "ignored",
        `${found.ignored.length} files below ${root} are not read, such as ${found.ignored[0]}: names must end in ${Names.readableNames}`
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
    const problems = yield* pass(found)
    // A folder without any file says nothing: it may be an empty place where a disk or a share is to be.
    if (stats.isDirectory() && found.files.length > 0) {
      const telling = Effect.ignore(intake.present(Present.among(root, stats)))
      // It may take long, and what comes meanwhile is read. Where it is under way from before, this one does nothing.
      yield* follow ? Effect.forkIn(telling, scope) : telling
    }
    return problems
  })

  if (range !== undefined) {
    // Whoever asks for a part of the past has it also where the present begins later.
    const { files, unreadable } = yield* survey(root, ObjectKey.hourAt(range.from))
    const isAsked = Range.isWithin(range)
    const asked = files.filter(({ split, modified }) =>
      isAsked({ name: split, hour: hourIn(split), modified })
    )
    const problems = yield* pass({ files: asked, unreadable })
    yield* intake.problems(problems)
    if (problems.length > 0) return yield* together(problems, "files")
    return
  }

  let problems: ReadonlyArray<Problem> = yield* look
  yield* intake.problems(problems)
  if (!follow) {
    if (problems.length > 0) return yield* together(problems, "files")
    return
  }

  const notices = yield* Notices.make(root)
  const trust = Trust.make(yield* Effect.promise(() => Trust.isLocal(root)))
  let isWatched = false
  let tookReading = 0
  /** Whether to look through all there is costs too much to be done each time, and need not be. */
  const isLarge = () => !hasLinks && took > little * interval

  /** At what may have changed. */
  const lookAgain = Effect.gen(function* () {
    const start = yield* Clock.currentTimeMillis
    const hints = notices.take()
    trust.onTold(hints)
    if (!isLarge() || start >= wholeAt) return yield* look
    const isRound = start >= foldersAt
    const used = processorTime()
    const changes = yield* Effect.tryPromise({
      try: () => standing.ask(hints, problems, isRound ? "all" : "promising"),
      catch: failure(root)
    })
    if (changes === undefined) return yield* look
    if (isRound) {
      const now = yield* Clock.currentTimeMillis
      foldersAt = now + rests.folders * Math.min(now - start, used())
    }
    const isKnown = (split: Split) => standing.isKnownFolder(split) || seen.has(split)
    const found = yield* lookAt(root, { from, now: start, start: changes.folders, isKnown })
    if (found.hasLinks) return yield* look
    const isLess = standing.update(found)
    if (isLess || changes.isLess) wholeAt = Math.min(wholeAt, start + rests.lessThanBefore * took)
    if (!isRound) tookChanges = (yield* Clock.currentTimeMillis) - start
    const files = new Map([...changes.files, ...found.files].map((file) => [file.split, file]))
    return yield* pass({ files: inOrder(files.values()), unreadable: found.unreadable })
  })

  const rested = Effect.suspend(() => {
    const followed = notices.follow(standing.watched())
    isWatched = followed === "all" && standing.isWatchedWhole() && !hasLinks
    const [tookLook, times] = isLarge() ? [tookChanges, rests.changes] : [took, hasLinks ? rests.linked : 0]
    const rest = Math.max(interval, times * tookLook)
    const soon = gathering + rests.lessThanBefore * tookLook + restsOfReading * tookReading
    if (followed === "more") return Effect.sleep(Math.min(rest, soon))
    const isQuiet = isWatched && trust.holds() && problems.length === 0
    const most = isQuiet ? Math.max(rest, Math.min(quiet.most, quiet.intervals * interval)) : rest
    return Effect.raceFirst(
      Effect.sleep(most),
      Effect.andThen(notices.any, Effect.sleep(Math.min(rest, soon)))
    )
  })

  for (;;) {
    yield* rested
    news = []
    const start = yield* Clock.currentTimeMillis
    // What could not be read of a folder that is gone cannot be read now either.
    const before = problems.filter(({ split }) => split !== undefined)
    problems = yield* Effect.catch(lookAgain, (error) => Effect.succeed([problemOf(error), ...before]))
    tookReading = (yield* Clock.currentTimeMillis) - start
    if (isWatched) trust.onFound(news)
    yield* intake.problems(problems)
  }
}, Effect.scoped)

const lost = (root: string): string =>
  `${root}: has no file to read any more, also not below it; put the files back, or the disk or share that holds them`

const again = "upload it again as a whole, or wait until it has grown, and it is read on from there"
