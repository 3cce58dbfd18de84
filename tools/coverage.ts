/** `npm run coverage`: how much of the two packages everything hangs on their tests run; too little of it fails. */
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import process from "node:process"

const root = dirname(import.meta.dirname)
const packages = ["packages/core", "packages/destination-mparticle"]
/** Per cent of lines. */
const least = 90

const tested = spawnSync(
  join(root, "node_modules/.bin/vitest"),
  [
    "run",
    "--coverage",
    "--exclude=**/*.long.test.ts",
    "--reporter=dot",
    // By their paths: chosen by project, Vitest covers nothing.
    ...packages.map((name) => `${name}/test/`)
  ],
  { cwd: root, stdio: ["ignore", "inherit", "inherit"] }
)
if (tested.status !== 0) process.exit(1)

const summary: Record<string, { readonly lines: { readonly total: number; readonly covered: number } }> =
  JSON.parse(readFileSync(join(root, "coverage/coverage-summary.json"), "utf8"))
for (const name of packages) {
  const files = Object.entries(summary).filter(([file]) => file.includes(`/${name}/src/`))
  const total = files.reduce((sum, [, { lines }]) => sum + lines.total, 0)
  const covered = files.reduce((sum, [, { lines }]) => sum + lines.covered, 0)
  const share = total === 0 ? 0 : (100 * covered) / total
  console.log(`coverage of ${name}: ${share.toFixed(1)} % of ${total} lines`)
  if (share < least) process.exitCode = 1
}
