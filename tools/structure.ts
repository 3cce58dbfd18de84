/**
 * Imports point down only and never in a circle, every package has what a package must have, Effect is written in one
 * dialect, and no test sleeps to wait.
 *
 * Reads the sources as text: what matters is each `from "..."`, and no compiler is needed for that.
 */
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import process from "node:process"
import { circles } from "./structure/circles.ts"
import { importProblems, importsHttp, plugin, roomProblem, specifiersIn } from "./structure/imports.ts"
import { sleeps } from "./structure/sleeps.ts"
import { wrappers } from "./structure/wrappers.ts"

const root = dirname(import.meta.dirname)
const problems: Array<string> = []
const complain = (where: string, what: string) => problems.push(`${relative(root, where)}: ${what}`)

interface Package {
  readonly folder: string
  readonly manifest: {
    readonly name: string
    readonly dependencies?: Record<string, string>
    readonly [field: string]: unknown
  }
}

const packages: ReadonlyArray<Package> = ["packages", "apps"].flatMap((group) =>
  readdirSync(join(root, group)).map((name) => {
    const folder = join(root, group, name)
    return { folder, manifest: JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) }
  })
)

const engine = join(root, "packages/core/src/engine")
const isOfEngine = (file: string) => !relative(engine, file).startsWith("..")

/** Whether an exporter may load it, which is to start soon and to need little memory. */
const isOfExporter = (name: string) => !/^@millrace\/(mparticle-emulator|testing)$/.test(name)

let files = 0
/** What each source file imports of its own package. */
const graph = new Map<string, ReadonlyArray<string>>()
for (const owner of packages) {
  for (const file of globSync("src/**/*.{ts,tsx}", { cwd: owner.folder }).map((name) =>
    join(owner.folder, name)
  )) {
    files++
    const near: Array<string> = []
    const importer = { name: owner.manifest.name, folder: owner.folder, file }
    const text = readFileSync(file, "utf8")
    if (isOfExporter(owner.manifest.name) && importsHttp(text))
      complain(
        file,
        'import types alone of node:http, and take the rest from process.getBuiltinModule("node:http"): the import loads Node\'s own fetch as well'
      )
    for (const specifier of specifiersIn(text)) {
      for (const problem of importProblems(importer, specifier)) complain(file, problem)
      if (!specifier.startsWith(".")) continue
      const target = resolve(dirname(file), specifier)
      near.push(target)
      if (!isOfEngine(file) || !isOfEngine(target)) continue
      const problem = roomProblem(relative(engine, file), relative(engine, target))
      if (problem !== undefined) complain(file, problem)
    }
    graph.set(file, near)
  }
}
for (const circle of circles(graph)) {
  const [first = "", ...others] = circle
  complain(
    first,
    `stands in a circle with ${others.map((other) => relative(dirname(first), other)).join(", ")}`
  )
}

/** Whatever is written for Effect: tests and tools, too. */
const written = globSync(["{packages,apps}/*/{src,test}/**/*.ts", "{tools,benchmarks,examples}/**/*.ts"], {
  cwd: root,
  exclude: (name) => name === "node_modules"
})
for (const file of written.map((name) => join(root, name))) {
  for (const line of wrappers(readFileSync(file, "utf8")))
    complain(
      file,
      `line ${line}: a function that only wraps Effect.gen; write Effect.fnUntraced(function* ...)`
    )
}

const suites = globSync(
  ["{packages,apps}/*/test/**/*.ts", "packages/testing/src/**/*.ts", "tools/test/**/*.ts"],
  {
    cwd: root
  }
)
for (const file of suites.map((name) => join(root, name))) {
  for (const line of sleeps(readFileSync(file, "utf8")))
    complain(
      file,
      `line ${line}: a test that sleeps; wait until something holds, or say before it: // Sleeps, since ...`
    )
}

const isFilled = (value: unknown) => value !== undefined && value !== ""

for (const { folder, manifest } of packages) {
  for (const file of ["README.md", "LICENSE"])
    if (!existsSync(join(folder, file))) complain(folder, `has no ${file}`)
  if (globSync("test/**/*.test.ts", { cwd: folder }).length === 0) complain(folder, "has no tests")
  for (const field of [
    "description",
    "license",
    "repository",
    "exports",
    "files",
    "engines",
    "publishConfig"
  ]) {
    if (!isFilled(manifest[field])) complain(folder, `package.json lacks ${field}`)
  }
  if (manifest["sideEffects"] !== false) complain(folder, "package.json must say sideEffects: false")
  const libraries = Object.keys(manifest.dependencies ?? {}).filter((name) => !name.startsWith("@millrace/"))
  // What a vendor publishes in parts, under one scope, is one library.
  const vendors = new Set(libraries.map((name) => (name.startsWith("@") ? name.split("/")[0] : name)))
  if (plugin.test(manifest.name) && vendors.size > 1)
    complain(folder, `more than one vendor library: ${libraries.join(", ")}`)
  const tests = globSync("test/**/*.test.ts", { cwd: folder }).map((name) =>
    readFileSync(join(folder, name), "utf8")
  )
  const [, kind] = plugin.exec(manifest.name) ?? []
  if (kind !== undefined && !tests.some((text) => new RegExp(`${kind}(Conformance|Suite)\\(`).test(text)))
    complain(folder, `does not run the conformance suite of its kind, ${kind}Conformance`)
}

// A check that read nothing must not pass.
if (files < 50) problems.push(`only ${files} source files were found`)
for (const problem of problems) console.error(problem)
console.log(`structure: ${files} source files of ${packages.length} packages, ${problems.length} problems`)
process.exit(problems.length === 0 ? 0 : 1)
