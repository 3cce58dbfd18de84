/** Pull sources with one fault each, and the one promise that it breaks. */
import { closeSync, openSync, readFileSync } from "node:fs"
import type { Chunk } from "@millrace/core/Intake"
import { SourceError } from "@millrace/core/Source"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { honest, type Parts } from "./notes.ts"

export interface Broken {
  readonly fault: string
  readonly parts: Partial<Parts>
  /** The promise, word for word. */
  readonly breaks: string
}

const bare = { events: [], malformed: [] } satisfies Partial<Chunk>

export const brokenSources: ReadonlyArray<Broken> = [
  {
    fault: "a setting without a description",
    parts: { settings: Schema.Struct({ folder: Schema.String }) },
    breaks: "describes every setting and credential"
  },
  {
    fault: "a last line that is taken for incomplete",
    parts: { lines: (text) => text.slice(0, text.lastIndexOf("\n")).split("\n") },
    breaks: "appends every event there is, once"
  },
  {
    fault: "bad lines that are passed over",
    parts: { bad: () => undefined },
    breaks: "makes one bad record of each damage, and goes on behind it"
  },
  {
    fault: "a reason that is free text",
    parts: { bad: (line) => ({ ...honest.bad(line)!, reason: "No JSON here" }) },
    breaks: "makes one bad record of each damage, and goes on behind it"
  },
  {
    fault: "chunks beyond their limit",
    parts: { linesPerChunk: 60 },
    breaks: "appends in chunks of bounded size"
  },
  {
    fault: "a value that JSON does not bring back",
    parts: { event: (text) => ({ ...honest.event(text), properties: { at: new Date(0) } }) },
    breaks: "appends events that can be read back as they were"
  },
  {
    fault: "files that are left open",
    parts: {
      opened: (path) =>
        Effect.sync(() => {
          const descriptor = openSync(path, "r")
          setTimeout(() => closeSync(descriptor), 5000).unref()
          return readFileSync(path, "utf8")
        })
    },
    breaks: "closes what it opened when it is interrupted"
  },
  {
    fault: "a checkpoint one line ahead",
    parts: { checkpoint: (next) => next + 1 },
    breaks: "goes on where it stopped, whichever append a crash comes in"
  },
  {
    fault: "a chunk of a split that it did not claim",
    parts: {
      behind: (split, after, end) =>
        after === end ? [] : [{ ...bare, split: `summary of ${split}`, checkpoint: "done" }],
      present: (splits, there) => splits.filter((split) => there.includes(split.replace("summary of ", "")))
    },
    breaks: "claims what it reads, and appends nothing outside of the claim"
  },
  {
    fault: "a chunk that says again where it stands",
    parts: {
      behind: (split, after, end) => (after === end ? [] : [{ ...bare, split, checkpoint: String(end) }])
    },
    breaks: "moves every checkpoint on with each chunk, and appends nothing when nothing is new"
  },
  {
    fault: "an error for a claim that is lost or refused",
    parts: {
      run: (run) => (intake, options) =>
        run(
          {
            ...intake,
            claim: Effect.fnUntraced(function* (split, read) {
              const claimed = yield* intake.claim(split, read)
              if (claimed._tag === "Finished") return claimed
              return yield* Effect.die(new SourceError({ detail: `${split}: was not read` }))
            })
          },
          options
        )
    },
    breaks: "ends quietly where a claim is lost or refused, and reads the rest"
  },
  {
    fault: "a file that it says is gone",
    parts: { present: (splits) => splits.slice(1) },
    breaks: "tells which of its splits are there, if it tells of them at all"
  },
  {
    fault: "a file that never was, said to be there",
    parts: { present: (splits) => splits },
    breaks: "tells which of its splits are there, if it tells of them at all"
  },
  {
    fault: "more files side by side than it may",
    parts: { files: 8 },
    breaks: "reads no further while its appends wait"
  },
  {
    fault: "an end while it follows",
    parts: { run: (run) => (intake) => run(intake, { follow: false }) },
    breaks: "keeps watching while it follows"
  },
  {
    fault: "the time of reading in each event",
    parts: { event: (text) => ({ ...honest.event(text), time: Date.now() }) },
    breaks: "gives the same events when it is read again"
  }
]
