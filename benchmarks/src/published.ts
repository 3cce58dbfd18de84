/** The command `millrace` as npm lays it out: JavaScript, each package once, all of them side by side. */
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import process from "node:process"
import { fileURLToPath } from "node:url"
import type { Ground } from "./ground.ts"

const root = fileURLToPath(new URL("../../", import.meta.url))
const exporter = "@millrace/exporter"

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly publishConfig: object
}

let made: string | undefined

/** Path of the program, built when it is first asked for. */
export const program = (ground: Ground): string => {
  if (made !== undefined) return made
  ground.say("building the command as it is published")
  const modules = join(ground.folder, "published", "node_modules")
  add(modules, exporter)
  made = join(modules, exporter, "dist", "bin.js")
  return made
}

/** Adds a package of ours and all that it needs. */
const add = (modules: string, name: string): void => {
  const target = join(modules, name)
  if (existsSync(target)) return
  const short = name.replace("@millrace/", "")
  const source = ["packages", "apps"]
    .map((group) => join(root, group, short))
    .find((folder) => existsSync(join(folder, "package.json")))!
  const manifest: Manifest = JSON.parse(readFileSync(join(source, "package.json"), "utf8"))
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
  for (const needed of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) {
    if (needed.startsWith("@millrace/")) add(modules, needed)
    else link(join(source, "node_modules", needed), join(modules, needed))
  }
}

const link = (source: string, target: string): void => {
  if (existsSync(target)) return
  mkdirSync(dirname(target), { recursive: true })
  symlinkSync(realpathSync(source), target, "junction")
}
