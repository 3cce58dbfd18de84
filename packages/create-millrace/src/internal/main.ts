/** From the command line to a package on disk. */
import { readFileSync } from "node:fs"
import { join, relative } from "node:path"
import * as Ask from "./ask.ts"
import { type CommandLine, help, parse } from "./commandLine.ts"
import { commandFor, install } from "./install.ts"
import { type Kind, kinds, type Style, styles } from "./kinds.ts"
import { nameProblem } from "./names.ts"
import * as Place from "./place.ts"
import { Problem } from "./problem.ts"
import { render } from "./render.ts"
import { demandRoom, write } from "./write.ts"

export interface World {
  readonly arguments: ReadonlyArray<string>
  /** Where the program was called. */
  readonly folder: string
  /** The folder of this package. */
  readonly home: string
  readonly input: NodeJS.ReadableStream
  readonly output: NodeJS.WritableStream
  readonly errors: NodeJS.WritableStream
  /** Whether a person sits at `input` and `output`. */
  readonly isTerminal: boolean
}

/** The exit code: 0 done, 1 written but not installed, 2 a problem that is told, 130 stopped by the person. */
export const main = async (world: World): Promise<number> => {
  try {
    return await run(world, parse(world.arguments))
  } catch (cause) {
    if (cause instanceof Ask.Stopped) {
      world.errors.write("\ncreate-millrace: stopped; nothing was written\n")
      return 130
    }
    if (!(cause instanceof Problem)) throw cause
    world.errors.write(`create-millrace: ${cause.message} (--help tells the arguments)\n`)
    return 2
  }
}

const run = async (world: World, line: CommandLine): Promise<number> => {
  const version = versionOf(world.home)
  if (line.help || line.version) {
    world.output.write(line.help ? help : `${version}\n`)
    return 0
  }
  const { kind, name, style, place, workflow } = await choose(world, line)
  const files = render(world.home, { kind, name, style, place, version, workflow })
  write(place.folder, files)
  const path = relative(world.folder, place.folder)
  world.output.write(`wrote ${files.length} files: ${place.package} in ${path}\n`)
  const { root, words } = commandFor(place)
  const command = words.join(" ")
  if (line.install) {
    world.output.write(`running ${command} in ${relative(world.folder, root) || "."}\n`)
    if (!install(place)) {
      world.errors.write(
        `create-millrace: the package is written; "${command}" failed: run it again in ${root}\n`
      )
      return 1
    }
  }
  const missing = line.install ? [] : [`${command}${root === place.folder ? "" : `   # in ${root}`}`]
  const steps = [`cd ${path}`, ...missing, "npm test"]
  world.output.write(`\nNext:\n${steps.map((step) => `  ${step}\n`).join("")}`)
  return 0
}

interface Choice {
  readonly kind: Kind
  readonly name: string
  readonly style: Style
  readonly place: Place.Place
  readonly workflow: boolean
}

/** What the command line says, else what the person says. */
const choose = async (world: World, line: CommandLine): Promise<Choice> => {
  if (line.yes || !world.isTerminal) return settled(world, line)
  using dialogue = Ask.open(world.input, world.output)
  const kind = line.kind ?? (await askOne(dialogue, "Kind", kinds, "kind of plugin"))
  const name = line.name ?? (await dialogue.ask("Name, such as acme", nameProblem))
  const place = Place.find(world.folder, kind, name)
  demandRoom(place.folder)
  const style = line.style ?? (await askOne(dialogue, "Style", styles, "style"))
  const workflow =
    line.workflow || (place.kind === "standalone" && (await askYes(dialogue, "With a GitHub workflow?", "n")))
  if (!(await askYes(dialogue, `Write ${place.package} to ${relative(world.folder, place.folder)}?`, "y")))
    throw new Ask.Stopped()
  return { kind, name, style, place, workflow }
}

const settled = (world: World, { kind, name, style = styles[0], workflow, yes }: CommandLine): Choice => {
  if (kind === undefined || name === undefined) {
    const why = yes ? "--yes asks nothing" : "this is no terminal, so nothing can be asked"
    throw new Problem(`${why}: say the kind and the name, as in: destination acme`)
  }
  const place = Place.find(world.folder, kind, name)
  demandRoom(place.folder)
  return { kind, name, style, place, workflow }
}

/** The first unless the person says another. */
const askOne = async <One extends string>(
  dialogue: Ask.Dialogue,
  question: string,
  all: readonly [One, ...ReadonlyArray<One>],
  what: string
): Promise<One> => {
  const said = await dialogue.ask(
    `${question}, ${all.join(" or ")}`,
    (text) => (all.some((one) => one === text) ? undefined : `"${text}" is no ${what}`),
    all[0]
  )
  return all.find((one) => one === said) ?? all[0]
}

const askYes = async (dialogue: Ask.Dialogue, question: string, fallback: "y" | "n"): Promise<boolean> => {
  const said = await dialogue.ask(
    `${question} y or n`,
    (text) => (/^(y|yes|n|no)$/i.test(text) ? undefined : "y or n"),
    fallback
  )
  return /^y/i.test(said)
}

const versionOf = (home: string): string => {
  const manifest: { readonly version: string } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"))
  return manifest.version
}
