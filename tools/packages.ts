/**
 * Packs every package as `npm publish` would and looks at the tarballs: publint for the manifest, are-the-types-wrong
 * for the types, and an install of all of them together that runs the published command.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import process from "node:process"

const root = dirname(import.meta.dirname)
const bin = (name: string) => join(root, "node_modules/.bin", name)
const work = mkdtempSync(join(tmpdir(), "millrace-packages-"))
process.on("exit", () => rmSync(work, { recursive: true, force: true }))

const run = (program: string, ...rest: ReadonlyArray<string>) => {
  const done = spawnSync(program, rest, { cwd: work, encoding: "utf8" })
  if (done.status === 0) return
  console.error(`${program} ${rest.join(" ")}\n${done.stdout}${done.stderr}`)
  process.exit(1)
}

const folders = ["packages", "apps"].flatMap((group) =>
  readdirSync(join(root, group)).map((name) => join(root, group, name))
)
const tarballs = folders.map((folder) => {
  const output = execFileSync("pnpm", ["pack", "--json", "--pack-destination", work], {
    cwd: folder,
    encoding: "utf8"
  })
  const { name, filename }: { readonly name: string; readonly filename: string } = JSON.parse(output)
  run(bin("publint"), "run", filename, "--strict")
  if (!folder.includes("/apps/")) run(bin("attw"), filename, "--profile", "esm-only")
  return [name, `file:${filename}`] as const
})
console.log(`${tarballs.length} packages: publint and are-the-types-wrong found nothing`)

// The tarballs together, in a project that has never seen this repository.
writeFileSync(
  join(work, "package.json"),
  JSON.stringify({ private: true, type: "module", dependencies: Object.fromEntries(tarballs) })
)
run("npm", "install", "--no-audit", "--no-fund", "--prefer-offline")
run(process.execPath, "node_modules/@millrace/exporter/dist/bin.js", "--version")
run(process.execPath, "node_modules/@millrace/mparticle-emulator/dist/bin.js", "--help")
console.log("installed together, both commands start")
