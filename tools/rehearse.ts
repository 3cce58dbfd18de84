/**
 * `npm run release:rehearse`: a release to a registry on this machine, and what its users would then find: does it
 * install, load, type-check, hold to its READMEs, and take a plugin that somebody else has written?
 *
 * Stops at the first step that fails. Everything happens in a temporary folder, which `--keep` leaves behind; the work
 * tree is only read.
 */
import process from "node:process"
import { checkContents, checkStability } from "./rehearsal/contents.ts"
import { startEmulator } from "./rehearsal/emulator.ts"
import { stranger } from "./rehearsal/environment.ts"
import { Failure } from "./rehearsal/failure.ts"
import { ground, keeps } from "./rehearsal/ground.ts"
import { importAll, modulesOfAll } from "./rehearsal/imports.ts"
import { tryLayouts } from "./rehearsal/layouts.ts"
import { fetchNodes, lowestNode, newestNode, startOnOld } from "./rehearsal/nodes.ts"
import { createPlugin, usePlugin } from "./rehearsal/plugin.ts"
import { installed, makeProject, withPeers } from "./rehearsal/project.ts"
import { publish } from "./rehearsal/publish.ts"
import { checkConfigurations, checkExamples, readBlocks } from "./rehearsal/readmes/check.ts"
import { startRegistry } from "./rehearsal/registry.ts"
import { installAlone } from "./rehearsal/sizes.ts"
import { type Row, table } from "./rehearsal/table.ts"
import { checkTypes } from "./rehearsal/types.ts"
import { startVendor } from "./rehearsal/vendor.ts"
import { copyWorkspace, installAndBuild } from "./rehearsal/workspace.ts"

const began = performance.now()
const seconds = (from: number) => ((performance.now() - from) / 1000).toFixed(1)

/** Runs a step; `tell` says what came of it. */
const step = async <A>(name: string, body: () => A | Promise<A>, tell?: (value: A) => string): Promise<A> => {
  const start = performance.now()
  process.stdout.write(`— ${name}\n`)
  const value = await body()
  const result = tell?.(value)
  process.stdout.write(`  ${result === undefined ? "" : `${result}, `}${seconds(start)} s\n`)
  return value
}

const count = (list: { readonly length: number }, what: string) => `${list.length} ${what}`

const rehearse = async (): Promise<void> => {
  await step("copy the files of the work tree", copyWorkspace, (files) => `${files} files`)
  const packages = await step("install, version and build the copy", installAndBuild, (all) =>
    count(all, `packages, ${all[0]?.version}`)
  )
  const names = packages.map(({ name }) => name)
  const registry = await step("start a local registry", () => startRegistry(names), String)
  const tarballs = await step("publish every package to it", () =>
    publish(registry, stranger(registry), packages)
  )
  const lowest = new Map(packages.map(({ engines, name }) => [name, lowestNode(engines.node)]))
  const newest = await newestNode()
  const nodes = await step(
    "fetch the Nodes that are supported",
    () => fetchNodes([...lowest.values(), newest]),
    (all) => [...all.keys()].join(", ")
  )
  const versions = [...nodes.keys()]
  const first = versions[0] ?? newest
  const bin = (version: string) => nodes.get(version) ?? ""

  const light = packages.filter(({ name }) => lowest.get(name) === first)
  const libraries = await step(`install what Node ${first} is to run, on it`, () =>
    makeProject("libraries", withPeers(light), stranger(registry, bin(first)))
  )
  const lightNames = light.map(({ name }) => name)
  await step(
    `import their modules on Node ${first}`,
    async () => {
      const modules = modulesOfAll(libraries, lightNames)
      await importAll(libraries, modules, bin(first))
      return modules
    },
    ({ closed, open }) => `${count(open, "modules")}, ${count(closed, "private ones refused")}`
  )
  const second = versions[1] ?? newest
  const env = stranger(registry, bin(second))
  const project = await step(`install all packages on Node ${second}`, () =>
    makeProject("all", { ...withPeers(packages), "@types/node": "^24" }, env)
  )
  const modules = modulesOfAll(project, names)
  for (const version of versions.slice(1)) {
    await step(
      `import all modules on Node ${version}`,
      () => importAll(project, modules, bin(version)),
      () => count(modules.open, "modules")
    )
  }
  await step("look into the packages", () => checkContents(names.map((name) => installed(project, name))))
  await step(
    "look for unstable modules of effect in core's types",
    () => checkStability(installed(project, "@millrace/core"), installed(project, "effect")),
    (mentioned) => `${mentioned} modules, all stable`
  )
  await step("type-check a project that uses every module", () => checkTypes(project, modules))

  const vendor = await startVendor()
  const addresses = { vendor: vendor.origin, emulator: await startEmulator(project) }
  const blocks = readBlocks(project, names)
  await step(
    "type-check and run the examples of the READMEs",
    () => checkExamples(project, blocks, addresses),
    ({ checked, run }) => `${run} run, ${checked} type-checked only`
  )
  await step(
    "check the configurations of the READMEs",
    () => checkConfigurations(project, blocks, addresses),
    (all) => `${all} configurations`
  )
  const { folder, tarball } = await step("npm create millrace: write, test and pack a destination", () =>
    createPlugin(env)
  )
  const version = packages[0]?.version ?? ""
  await step("run the exporter with that destination", () => usePlugin(tarball, version, env, vendor))
  await step(
    "run the exporter in every layout",
    () => tryLayouts({ version, tarball, folder, env, vendor }),
    (layouts) => count(layouts, "layouts")
  )
  await step("start the command on Nodes that are too old", () => startOnOld(project), String)
  vendor.close()

  const rows = await step("install every package alone", async () => {
    const rows: Array<Row> = []
    for (const manifest of packages) {
      const node = bin(lowest.get(manifest.name) ?? "")
      const bytes = await installAlone(manifest, stranger(registry, node), node)
      rows.push({ ...manifest, tarball: tarballs.get(manifest.name) ?? 0, installed: bytes })
    }
    return rows
  })
  process.stdout.write(`\n${table(rows)}\n\nrehearsal passed in ${seconds(began)} s\n`)
}

const tell = (cause: unknown): string => {
  const message = cause instanceof Failure ? cause.message : cause instanceof Error ? cause.stack : cause
  return `\nthe rehearsal stopped: ${message}\n`
}

try {
  await rehearse()
} catch (cause) {
  const kept = keeps ? `${ground} is kept` : "with --keep its folder stays, to be looked at"
  process.stderr.write(`${tell(cause)}\n${kept}\n`)
  process.exitCode = 1
}
// What was started beside it would keep the process waiting.
process.exit()
