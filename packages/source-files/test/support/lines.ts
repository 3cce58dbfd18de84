/** Lines of sample events, and folders of files that are gone when the tests have ended. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll } from "@effect/vitest"
import type { Event } from "@millrace/core/Event"
import { Sample } from "@millrace/events-braze"

export const makeEvents = (count: number, seed = 7) => {
  const sample = Sample.make({ seed, users: 20 })
  return Array.from({ length: count }, (_, index) =>
    sample.event("users.messages.email.Open", index, 1_782_742_805_000)
  )
}

type Made = ReturnType<typeof makeEvents>

/** Each event in JSON as Custom HTTP writes it. */
export const jsonOf = (events: Made): ReadonlyArray<string> =>
  events.map((event) => JSON.stringify(Sample.toCustomHttp(event)))

export const textOf = (events: Made, end = "\n"): string =>
  jsonOf(events)
    .map((line) => line + end)
    .join("")

export const idsOf = (events: ReadonlyArray<Event>): ReadonlyArray<string> => events.map(({ id }) => id)

const put = (path: string, bytes: Uint8Array | string): void => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, bytes)
}

/** Makes folders with files in them. */
export const folders = () => {
  const base = mkdtempSync(join(tmpdir(), "millrace-files-"))
  afterAll(() => rmSync(base, { recursive: true, force: true }))
  let made = 0
  return (contents: { readonly [path: string]: Uint8Array | string } = {}): string => {
    const folder = join(base, String(made++))
    mkdirSync(folder)
    for (const [path, bytes] of Object.entries(contents)) put(join(folder, path), bytes)
    return folder
  }
}
