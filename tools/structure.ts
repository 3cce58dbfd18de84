/**
 * Imports point down only, and every package has what a package must have.
 *
 * Reads the sources as text: what matters is each `from "..."`, and no compiler is needed for that.
 */
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs"
import { builtinModules } from "node:module"
import { basename, dirname, join, relative, resolve } from "node:path"
import process from "node:process"

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

const plugin = /^@millrace\/(source|destination|outbox)-/

/** Which packages of ours each kind may import; the first pattern that fits the importer decides. */
const allowed: ReadonlyArray<readonly [RegExp, RegExp]> = [
  [/^@millrace\/core$/, /^$/],
  [/^@millrace\/(events-.*|http|config|testing)$/, /^@millrace\/core$/],
  [plugin, /^@millrace\/(core|http|events-.*)$/],
  [/^@millrace\/mparticle-emulator$/, /^$/],
  [/./, /./]
]

const packageOf = (specifier: string) =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/")

const checkImport = (owner: Package, file: string, specifier: string): void => {
  if (specifier.startsWith("node:") || builtinModules.includes(specifier)) {
    if (!specifier.startsWith("node:")) complain(file, `import node:${specifier}, with its prefix`)
    return
  }
  if (specifier.startsWith(".")) {
    if (!resolve(dirname(file), specifier).startsWith(owner.folder))
      complain(file, `reaches out of its package: ${specifier}`)
    return
  }
  const target = packageOf(specifier)
  if (specifier === "effect")
    complain(file, 'imports the barrel of effect; import the module, as in "effect/Effect"')
  if (/\/(internal|engine)\//.test(specifier)) complain(file, `imports the inside of a package: ${specifier}`)
  if (!target.startsWith("@millrace/")) return
  const [, may] = allowed.find(([importer]) => importer.test(owner.manifest.name))!
  if (!may.test(target)) complain(file, `${owner.manifest.name} may not import ${target}`)
}

/** Modules of core through which the engine is reached; the other contracts do not know it. */
const engineDoors = new Set(["Exporter.ts", "Preview.ts", "DeadLetters.ts", "Reading.ts"])

const imports =
  /(?:^|\n)\s*(?:import|export)\b[^"';]*?from\s+"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)|(?:^|\n)import\s+"([^"]+)"/g

let files = 0
for (const owner of packages) {
  for (const file of globSync("src/**/*.ts", { cwd: owner.folder }).map((name) => join(owner.folder, name))) {
    files++
    for (const match of readFileSync(file, "utf8").matchAll(imports)) {
      const specifier = match[1] ?? match[2] ?? match[3]!
      checkImport(owner, file, specifier)
      const isContract = owner.manifest.name === "@millrace/core" && basename(dirname(file)) === "src"
      if (isContract && specifier.startsWith("./engine/") && !engineDoors.has(basename(file))) {
        complain(file, "a contract may not import the engine")
      }
    }
  }
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
  const vendors = Object.keys(manifest.dependencies ?? {}).filter((name) => !name.startsWith("@millrace/"))
  if (plugin.test(manifest.name) && vendors.length > 1)
    complain(folder, `more than one vendor library: ${vendors.join(", ")}`)
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
