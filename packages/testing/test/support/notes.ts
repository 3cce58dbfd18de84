/**
 * A pull source as its author would write it: files with one event a line, each file a split; and any part of it
 * changed, to see what the suite says of that.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { open, readdir } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Catalogue from "@millrace/core/Catalogue"
import type { Event } from "@millrace/core/Event"
import type { Chunk, Malformed, Split } from "@millrace/core/Intake"
import * as Source from "@millrace/core/Source"
import type { SourceUnderTest, Supply } from "@millrace/testing/SourceConformance"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

const settings = Schema.Struct({
  folder: Schema.String.annotate({ description: "The folder of the files." })
})

/** A line, and the number of its file's line that comes next. */
export interface Line {
  readonly text: string
  readonly next: number
}

/** What a change may replace. */
export interface Parts {
  readonly settings: typeof settings
  readonly lines: (text: string) => ReadonlyArray<string>
  readonly event: (text: string) => Event
  /** What becomes of a line that is no event; nothing when it is passed over. */
  readonly bad: (line: Line) => Malformed | undefined
  readonly linesPerChunk: number
  readonly checkpoint: (next: number) => number
  /** Chunks behind those of a file, of which it was read from line `after` on to line `end`. */
  readonly behind: (split: Split, after: number, end: number) => ReadonlyArray<Chunk>
  readonly opened: (path: string) => Effect.Effect<string, never, Scope.Scope>
  readonly files: number
  readonly present: (splits: ReadonlyArray<Split>, there: ReadonlyArray<Split>) => ReadonlyArray<Split>
  readonly run: (run: Source.Source["run"]) => Source.Source["run"]
}

export const honest: Parts = {
  settings,
  lines: (text) => text.split("\n").filter((line) => line !== ""),
  event: (text) => JSON.parse(text),
  bad: ({ next, text }) => ({
    reason: "malformed",
    detail: "no JSON",
    position: `line ${next}`,
    raw: Buffer.from(text)
  }),
  linesPerChunk: 20,
  checkpoint: (next) => next,
  behind: () => [],
  opened: (path) =>
    Effect.map(
      Effect.acquireRelease(
        Effect.promise(() => open(path)),
        (handle) => Effect.promise(() => handle.close())
      ),
      (handle) => handle
    ).pipe(Effect.flatMap((handle) => Effect.promise(() => handle.readFile("utf8")))),
  files: 1,
  present: (splits, there) => splits.filter((split) => there.includes(split)),
  run: (run) => run
}

const chunksOf = (parts: Parts, split: Split, text: string, after: number): ReadonlyArray<Chunk> => {
  const lines = parts.lines(text).map((line, at): Line => ({ text: line, next: at + 1 }))
  const chunks: Array<Chunk> = []
  for (let at = after; at < lines.length; at += parts.linesPerChunk) {
    const events: Array<Event> = []
    const malformed: Array<Malformed> = []
    const some = lines.slice(at, at + parts.linesPerChunk)
    for (const line of some) {
      try {
        events.push(parts.event(line.text))
      } catch {
        const bad = parts.bad(line)
        if (bad !== undefined) malformed.push(bad)
      }
    }
    const checkpoint = String(parts.checkpoint(at + some.length))
    chunks.push({ events, malformed, split, checkpoint })
  }
  return [...chunks, ...parts.behind(split, after, lines.length)]
}

/** The honest source, but for the given parts. */
const notes = (changes: Partial<Parts> = {}) => {
  const parts = { ...honest, ...changes }
  return Source.plugin({
    name: "@millrace/source-notes",
    settings: parts.settings,
    catalogue: Catalogue.any,
    replayable: true,
    run: ({ folder }) =>
      parts.run(
        Source.fromSplits({
          concurrency: parts.files,
          present: (splits) =>
            Effect.map(
              Effect.promise(() => readdir(folder)),
              (there) => parts.present(splits, there)
            ),
          discover: ({ follow }) =>
            Stream.fromEffect(Effect.promise(() => readdir(folder))).pipe(
              Stream.flatMap((names) => Stream.fromIterable(names.sort())),
              Stream.concat(follow ? Stream.never : Stream.empty)
            ),
          read: (split, after) =>
            Stream.unwrap(
              Effect.map(parts.opened(join(folder, split)), (text) =>
                Stream.fromIterable(chunksOf(parts, split, text, Number(Option.getOrElse(after, () => "0"))))
              )
            )
        })
      )
  })
}

const event = (file: number, index: number): Event => ({
  id: `note ${file}-${index}`,
  type: "note",
  time: index,
  user: { sourceId: `user ${index % 3}` },
  properties: { words: "x".repeat(50) }
})

const counts = [130, 45, 3, 30, 1, 60, 7, 7, 7]

/** Files with a bad line each, the last of which ends without a line feed. */
const supply: Effect.Effect<Supply<{ readonly folder: string }>, never, Scope.Scope> = Effect.gen(
  function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "millrace-notes-"))),
      (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
    )
    const events = counts.map((count, file) => Array.from({ length: count }, (_, at) => event(file, at)))
    for (const [file, own] of events.entries()) {
      const lines = ["{ no event", ...own.map((each) => JSON.stringify(each))]
      writeFileSync(join(folder, `${file}.ndjson`), lines.join("\n"))
    }
    return { settings: { folder }, ids: events.flat().map(({ id }) => id), malformed: counts.length }
  }
)

/** What its author gives to the suite. */
export const under = (changes: Partial<Parts> = {}): SourceUnderTest<Event, { readonly folder: string }> => ({
  plugin: notes(changes),
  kind: "pull",
  supply,
  replayable: true,
  limits: { appends: 2, records: 50 }
})
