/** One run of one subject, in a process of its own. */
import { mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Ground } from "./ground.ts"
import { compileCacheOf, launch, type Program } from "./launch.ts"
import type { Usage } from "./meter.ts"
import type { Received } from "./server.ts"
import type { Subject } from "./subjects.ts"

export interface Run extends Usage, Received {}

const meter = fileURLToPath(new URL("./meter.ts", import.meta.url))

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
 * A subject's first run is preceded by a short one, which fills the compile cache: from then on nothing is compiled anew,
 * nor is TypeScript read. `Told` is what the subject tells beside its usage.
 */
export const measure = async <Told extends object = {}>(
  subject: Subject,
  ground: Ground,
  /** Path of what it reads. */
  input: string,
  options: Options = {}
): Promise<Run & Told> => {
  if (!warm.has(subject.name)) await run(subject, ground, ground.sample(subject.input, fewEvents), {})
  warm.add(subject.name)
  return await run(subject, ground, input, options)
}

/** The subject as a program, for the events at `input`. */
export const programOf = (
  subject: Subject,
  ground: Ground,
  input: string,
  work: string,
  flags: ReadonlyArray<string> = []
): Program => {
  const { name, program, settings, environment } = subject
  const given = subject.arguments({ url: ground.remote.url, input, work })
  return {
    name,
    arguments: [...settings, ...flags, "--import", meter, program(ground), ...given],
    work,
    compileCache: compileCacheOf(ground.folder),
    environment
  }
}

const run = async <Told extends object>(
  subject: Subject,
  ground: Ground,
  input: string,
  { flags, work: given }: Options
): Promise<Run & Told> => {
  const work = given ?? mkdtempSync(join(ground.folder, "work-"))
  await ground.remote.take()
  const told = await launch(programOf(subject, ground, input, work, flags)).told
  if (given === undefined) rmSync(work, { recursive: true, force: true })
  return Object.assign({}, told as Usage & Told, await ground.remote.take())
}
