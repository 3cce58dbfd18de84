/**
 * `npm run reference`: the API reference of all packages, from their docstrings, as pages in `docs/reference/`, which
 * git ignores. Ends with 1 when a public name says nothing of itself.
 *
 * TypeDoc and the TypeScript it needs are installed from a lock file of their own on first use: the workspace's
 * TypeScript has no interface for programs.
 */
import { spawnSync } from "node:child_process"
import { copyFileSync, existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import process from "node:process"

const root = dirname(import.meta.dirname)
const folder = join(root, "tools/reference")
const lock = join(folder, "package-lock.json")
const stamp = join(folder, "node_modules/.installed-lock.json")

const fail = (text: string): never => {
  console.error(`reference: ${text}`)
  process.exit(1)
}

if (!existsSync(stamp) || !readFileSync(stamp).equals(readFileSync(lock))) {
  console.error("reference: installing TypeDoc into tools/reference/node_modules (once)")
  const npm = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: folder,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32"
  })
  if (npm.status !== 0) fail("could not install TypeDoc: is the npm registry reachable?")
  copyFileSync(lock, stamp)
}

/** A command has no modules. */
const isLibrary = (name: string): boolean =>
  "." in JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8")).exports

const packages = readdirSync(join(root, "packages"))
  .filter(isLibrary)
  .map((name) => join(root, "packages", name))
const typedoc = spawnSync(
  process.execPath,
  [
    join(folder, "node_modules/typedoc/bin/typedoc"),
    "--options",
    join(folder, "typedoc.json"),
    ...packages.flatMap((path) => ["--entryPoints", path])
  ],
  { cwd: root, stdio: "inherit" }
)
if (typedoc.status !== 0) fail("the docstrings above are missing or wrong; nothing was written")
console.log(`reference: ${packages.length} packages, docs/reference/index.html`)
