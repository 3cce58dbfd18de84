/** One run of one subject, in a process of its own. */
import { mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Ground } from "./ground.ts"
import { compileCacheOf, launch } from "./launch.ts"
import type { Usage } from "./meter.ts"
import type { Received } from "./server.ts"
import type { Subject } from "./subjects.ts"

export interface Run extends Usage, Received {}

const meter = fileURLToPath(new URL("./meter.ts", import.meta.url))

/** The flag that the `millrace` command gives itself, and the compile cache that it uses: for every subject. */
export const flags = ["--max-semi-space-size=4", "--import", meter]

/** Events of the run that warms up. */
const fewEvents = 1000

const warm = new Set<string>()

interface Options {
  /** More flags for Node. */
  readonly flags?: ReadonlyArray<string>
  /** A folder to work in that is to stay. */
  readonly work?: string
}

/**
 * A subject's first run is preceded by a short one, which fills the compile cache: from then on no TypeScript is read,
 * as in what is published, and nothing is compiled anew. `Told` is what the subject tells beside its usage.
 */
export const measure = async <Told extends object = {}>(
  subject: Subject,
  ground: Ground,
  /** Path of what it reads. */
  input: string,
  options: Options = {}
): Promise<Run & Told> => {
  if (!warm.has(subject.name)) await run(subject, ground, ground.sample("ndjson", fewEvents), {})
  warm.add(subject.name)
  return await run(subject, ground, input, options)
}

const run = async <Told extends object>(
  subject: Subject,
  { folder, remote }: Ground,
  input: string,
  options: Options
): Promise<Run & Told> => {
  const work = options.work ?? mkdtempSync(join(folder, "work-"))
  await remote.take()
  const words = await launch({
    name: subject.name,
    arguments: [
      ...flags,
      ...(options.flags ?? []),
      subject.program,
      ...subject.arguments({ url: remote.url, input, work })
    ],
    work,
    compileCache: compileCacheOf(folder)
  }).told
  if (options.work === undefined) rmSync(work, { recursive: true, force: true })
  // One object a line, the meter's last.
  const parts: ReadonlyArray<object> = words
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
  return Object.assign({}, ...parts, await remote.take())
}
