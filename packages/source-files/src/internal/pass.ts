/** Looks at what there is, reads what is new, and does so again while it follows. */
import type { Intake, Problem, Unread } from "@millrace/core/Intake"
import { type RunOptions, SourceError } from "@millrace/core/Source"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Semaphore from "effect/Semaphore"
import { type Found, hourOf, nothingBelow, type Survey, status, survey } from "./discover.ts"
import { problemOf } from "./failure.ts"
import { type CurrentsEvent, chunkSize } from "./gather.ts"
import { readFile } from "./readFile.ts"
import type { Reading } from "./reading.ts"

/** Files of a chunk and more that are read side by side, unless the exporter asks for another number. */
const usual = 2
/** The most files read side by side, if they are small: together their events make as much as large ones do. */
const most = 16
/** A packed file holds several times its size. */
const packed = 4
/** Milliseconds between two looks; more where looking takes long, so that it stays a tenth of the time. */
const interval = 5000
const rest = (took: number) => Math.max(interval, 9 * took)

/** What a pass made of a file. */
interface Seen {
  readonly size: number
  readonly modified: number
  readonly unread: Unread | undefined
}

/** Reads the files below `root`; `readerOf` is asked once for each file. */
export const run = Effect.fnUntraced(function* (
  root: string,
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
    let isOurs = false
    let unread: Unread | undefined
    yield* intake.claim(file.split, (after) => {
      isOurs = true
      return Effect.flatMap(readFile(file, after, intake, { large, readerOf }), (left) => {
        unread = left
        return left === undefined ? Effect.void : intake.unread(file.split, left)
      })
    })
    if (!isOurs) return
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
  const pass = Effect.fnUntraced(function* ({ files, unreadable }: Survey) {
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

  let took = 0
  const look = Effect.fnUntraced(function* () {
    const start = yield* Clock.currentTimeMillis
    const found = yield* survey(root)
    took = (yield* Clock.currentTimeMillis) - start
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
    return yield* pass(found)
  })

  let problems = yield* look()
  yield* intake.problems(problems)
  if (!follow) {
    if (problems.length > 0) return yield* together(problems)
    return
  }
  for (;;) {
    yield* Effect.sleep(rest(took))
    // What could not be read of a folder that is gone cannot be read now either.
    const before = problems.filter(({ split }) => split !== undefined)
    problems = yield* Effect.catch(look(), (error) => Effect.succeed([problemOf(error), ...before]))
    yield* intake.problems(problems)
  }
})

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
