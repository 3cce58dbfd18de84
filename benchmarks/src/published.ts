/**
 * Millrace as npm lays it out, JavaScript and each package once, with the programs of the benchmarks beside it as a user's
 * own would stand there. For a profile, which is to name files and lines, all of it is as it stands in the repository.
 */
import { spawnSync } from "node:child_process"
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { dirname, join } from "node:path"
import process from "node:process"
import { fileURLToPath } from "node:url"
import type { Ground } from "./ground.ts"

const root = fileURLToPath(new URL("../../", import.meta.url))
const here = join(root, "benchmarks")

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly publishConfig?: object
}

let made: string | undefined

/** Path of the command `millrace`. */
export const command = (ground: Ground): string =>
  ground.isPublished
    ? join(layout(ground), "node_modules/@millrace/exporter/dist/bin.js")
    : join(root, "apps/exporter/src/bin.ts")

/** Path of a program of the benchmarks that uses Millrace, by its path below `src/`. */
export const own = (ground: Ground, path: string): string =>
  join(ground.isPublished ? join(layout(ground), "src") : join(here, "src"), path)

/** The folder of all that, built when it is first asked for. */
const layout = (ground: Ground): string => {
  if (made !== undefined) return made
  ground.say("building the packages as they are published")
  const folder = join(ground.folder, "published")
  addNeeded(join(folder, "node_modules"), here, manifestOf(here))
  cpSync(join(here, "src"), join(folder, "src"), { recursive: true })
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }))
  made = folder
  return folder
}

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))

/** Adds what a package of ours needs, and with packages of ours all that they need. */
const addNeeded = (modules: string, source: string, { dependencies, peerDependencies }: Manifest): void => {
  for (const name of Object.keys({ ...dependencies, ...peerDependencies })) {
    if (name.startsWith("@millrace/")) add(modules, name)
    else link(join(source, "node_modules", name), join(modules, name))
  }
}

const add = (modules: string, name: string): void => {
  const target = join(modules, name)
  if (existsSync(target)) return
  const short = name.replace("@millrace/", "")
  const source = ["packages", "apps"]
    .map((group) => join(root, group, short))
    .find((folder) => existsSync(join(folder, "package.json")))!
  const manifest = manifestOf(source)
  mkdirSync(target, { recursive: true })
  writeFileSync(join(target, "package.json"), JSON.stringify({ ...manifest, ...manifest.publishConfig }))
  const built = spawnSync(
    join(root, "node_modules/.bin/tsup"),
    ["--out-dir", join(target, "dist"), "--silent"],
    {
      cwd: source,
      stdio: ["ignore", 2, 2],
      shell: process.platform === "win32"
    }
  )
  if (built.status !== 0) throw new Error(`${name} could not be built`)
  addNeeded(modules, source, manifest)
}

const link = (source: string, target: string): void => {
  if (existsSync(target)) return
  mkdirSync(dirname(target), { recursive: true })
  symlinkSync(realpathSync(source), target, "junction")
}
