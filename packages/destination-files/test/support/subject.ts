/** The destination under test, batches as the core makes them, and what stands in a folder afterwards. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { gunzipSync } from "node:zlib"
import type { Opened } from "@millrace/core/Destination"
import type { Event } from "@millrace/core/Event"
import * as Message from "@millrace/core/Message"
import { files, type Settings } from "@millrace/destination-files"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { parquetReadObjects } from "hyparquet"

export type SettingsInput = typeof Settings.Settings.Encoded

/** 2026-06-29T14:20:05Z. */
export const time = 1_782_742_805_000

export const event = (id: string, changes: Partial<Event> = {}): Event => ({
  id,
  type: "order.placed",
  time,
  user: {},
  properties: { total: 5 },
  ...changes
})

export const open = (settings: SettingsInput): Opened => Effect.runSync(files({ settings }).open)

/** Relative to the destination's own. */
export const folderIn = (opened: Opened, one: Event): unknown =>
  Result.getOrThrow(opened.prepare([one], "main")).meta

export const batchOf = (opened: Opened, events: ReadonlyArray<Event>): Message.Batch =>
  Message.batch(
    "main",
    events.map((one) => Result.getOrThrow(opened.prepare([one], "main"))),
    Message.lines
  )

/** Connects and delivers these batches one after the other. */
export const deliver = Effect.fnUntraced(function* (
  settings: SettingsInput,
  ...batches: ReadonlyArray<ReadonlyArray<Event>>
) {
  const opened = open(settings)
  const connection = yield* opened.connect("main")
  return yield* Effect.forEach(batches, (events) => connection.deliver(batchOf(opened, events)))
}, Effect.scoped)

export const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "destination-files-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

/** Paths of all files but the temporary ones, relative and sorted. */
export const visible = (root: string): ReadonlyArray<string> =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !path.startsWith(".tmp"))
    .sort()

export const temporaries = (root: string): ReadonlyArray<string> =>
  readdirSync(root).includes(".tmp") ? readdirSync(join(root, ".tmp")) : []

/** Every line or row of a file; fails on one that is not whole. */
const read = async (path: string): Promise<ReadonlyArray<unknown>> => {
  const bytes = readFileSync(path)
  if (path.endsWith(".parquet")) return parquetReadObjects({ file: Uint8Array.from(bytes).buffer })
  const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString()
  if (!text.endsWith("\n")) throw new Error(`${path} ends within a line`)
  return text
    .slice(0, -1)
    .split("\n")
    .map((line) => JSON.parse(line))
}

/** Every file with what it holds. */
export const contents = (root: string) =>
  Effect.promise(async () => {
    const found: Record<string, ReadonlyArray<unknown>> = {}
    for (const path of visible(root)) found[path] = await read(join(root, path))
    return found
  })

export const idsIn = (found: Readonly<Record<string, ReadonlyArray<unknown>>>): ReadonlyArray<string> =>
  Object.values(found)
    .flat()
    .map((row) => (typeof row === "object" && row !== null && "id" in row ? String(row.id) : ""))
    .sort()
