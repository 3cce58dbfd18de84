/**
 * API reports: each package's public types, as the compiler declares them, stored in `api/`. A change of what users can
 * see is then a change of a file in review.
 *
 * `npm run api` writes them; `npm test` runs it with `--check`, which fails when they differ from the sources.
 */
import { spawnSync } from "node:child_process"
import { existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, dirname, join, relative } from "node:path"
import process from "node:process"

const root = dirname(import.meta.dirname)
const folder = join(root, "api")
const work = mkdtempSync(join(tmpdir(), "millrace-api-"))
process.on("exit", () => rmSync(work, { recursive: true, force: true }))

/**
 * Declarations of all packages without comments: docstrings are for readers, and change without anything breaking. Types are
 * checked elsewhere.
 */
const declareAll = (): void => {
  const compiler = join(root, "node_modules/.bin/tsc")
  const emit = ["--noEmit", "false", "--emitDeclarationOnly", "--declarationMap", "false", "--noCheck"]
  const settings = [...emit, "--removeComments", "--rootDir", root, "--outDir", work]
  const done = spawnSync(compiler, ["-p", root, ...settings], { encoding: "utf8" })
  if (done.status === 0) return
  console.error(done.stdout)
  process.exit(1)
}

const reExport = /^export .*from "(\.[^"]+)\.ts";$/gm

/** The public modules, and whatever they export of others. */
const modulesOf = (target: string): ReadonlyArray<string> => {
  const found = new Set(globSync("*.d.ts", { cwd: target }).map((name) => join(target, name)))
  for (const file of found) {
    for (const [, path = ""] of readFileSync(file, "utf8").matchAll(reExport)) {
      found.add(join(dirname(file), `${path}.d.ts`))
    }
  }
  return [...found].sort()
}

const reportOf = (name: string): string => {
  const target = join(work, "packages", name, "src")
  const sections = modulesOf(target).map((file) => {
    const title = relative(target, file).replace(/\.d\.ts$/, "")
    return `## ${title}\n\n\`\`\`ts\n${readFileSync(file, "utf8").replaceAll('.ts"', '"').trim()}\n\`\`\`\n`
  })
  return [`# ${manifestOf(name).name}\n`, "The public types, written by `npm run api`.\n", ...sections].join(
    "\n"
  )
}

const manifestOf = (name: string) =>
  JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"))

/** A command has no types. */
const isLibrary = (name: string): boolean => "." in manifestOf(name).exports

declareAll()
const reports = new Map(
  readdirSync(join(root, "packages"))
    .filter(isLibrary)
    .map((name) => [`${name}.md`, reportOf(name)])
)

const stored = existsSync(folder) ? readdirSync(folder) : []
if (process.argv.includes("--check")) {
  const read = (name: string) => (stored.includes(name) ? readFileSync(join(folder, name), "utf8") : "")
  const changed = [...reports].filter(([name, text]) => read(name) !== text).map(([name]) => name)
  const gone = stored.filter((name) => !reports.has(name))
  for (const name of [...changed, ...gone]) console.error(`api/${basename(name)}: differs from the sources`)
  if (changed.length + gone.length > 0) {
    console.error(
      "public types have changed: look at the difference that `npm run api` makes, and commit it if it is meant"
    )
    process.exit(1)
  }
  console.log(`api: ${reports.size} packages, as stored`)
} else {
  for (const [name, text] of reports) writeFileSync(join(folder, name), text)
  for (const name of stored.filter((name) => !reports.has(name))) rmSync(join(folder, name))
  console.log(`api: ${reports.size} reports written`)
}
