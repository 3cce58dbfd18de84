/** Reads the CPU profiles of a run: which functions took the time, thread by thread. */
import { readdirSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import { table } from "./table.ts"

/** As V8 writes it, as far as it is read here. */
export interface Profile {
  readonly nodes: ReadonlyArray<{
    readonly id: number
    readonly callFrame: {
      readonly functionName: string
      readonly url: string
      readonly lineNumber: number
    }
  }>
  readonly samples: ReadonlyArray<number>
  /** Microseconds before each sample. */
  readonly timeDeltas: ReadonlyArray<number>
}

/** Time spent in a function itself, or in all functions of a file, in microseconds. */
export interface Cost {
  readonly name: string
  readonly self: number
}

const waiting = new Set(["(idle)", "(program)", "(root)"])

/** The last folders of a path: enough to know the file, whatever the machine. */
const shortName = (url: string): string => {
  const path = url.startsWith("file:") ? fileURLToPath(url) : url
  const modules = path.lastIndexOf("node_modules/")
  if (modules !== -1) return path.slice(modules + "node_modules/".length)
  return path.startsWith("node:") ? path : path.split("/").slice(-4).join("/")
}

const rank = (costs: ReadonlyMap<string, number>): ReadonlyArray<Cost> =>
  [...costs].map(([name, self]) => ({ name, self })).sort((left, right) => right.self - left.self)

/** By function and by file, dearest first; waiting is left out. `busy` is the sum. */
export const costs = (
  profile: Profile
): {
  readonly functions: ReadonlyArray<Cost>
  readonly files: ReadonlyArray<Cost>
  readonly busy: number
} => {
  const self = new Map<number, number>()
  profile.samples.forEach((node, index) => {
    // The time before the next sample is the time in this one.
    self.set(node, (self.get(node) ?? 0) + (profile.timeDeltas[index + 1] ?? 0))
  })
  const functions = new Map<string, number>()
  const files = new Map<string, number>()
  let busy = 0
  for (const { callFrame, id } of profile.nodes) {
    const time = self.get(id) ?? 0
    const { functionName, lineNumber, url } = callFrame
    if (time === 0 || waiting.has(functionName)) continue
    busy += time
    const file = url === "" ? "(engine)" : shortName(url)
    const name = `${functionName || "(anonymous)"} ${file}${url === "" ? "" : `:${lineNumber + 1}`}`
    functions.set(name, (functions.get(name) ?? 0) + time)
    files.set(file, (files.get(file) ?? 0) + time)
  }
  return { functions: rank(functions), files: rank(files), busy }
}

const show = (head: string, found: ReadonlyArray<Cost>, busy: number, events: number, most: number): string =>
  table(
    [head, "share", "µs per event"],
    found
      .slice(0, most)
      .map(({ name, self }) => [name, `${((100 * self) / busy).toFixed(1)} %`, (self / events).toFixed(2)])
  )

/** The profiles that a run left in a folder, one for each thread, the busiest first. */
export const report = (folder: string, events: number): string =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".cpuprofile"))
    .map((name) => ({ name: basename(name), ...costs(JSON.parse(readFileSync(join(folder, name), "utf8"))) }))
    .sort((left, right) => right.busy - left.busy)
    .map(
      ({ busy, files, functions }, thread) =>
        `Thread ${thread + 1}: ${(busy / events).toFixed(1)} µs per event\n\n` +
        `${show("file", files, busy, events, 25)}\n\n${show("function", functions, busy, events, 25)}`
    )
    .join("\n\n")
