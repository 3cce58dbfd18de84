/** The workspace as a release would have it: copied elsewhere, installed, versioned, built. */
import { cpSync, existsSync, globSync, mkdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { own } from "./environment.ts"
import { Failure } from "./failure.ts"
import { ground, root, run } from "./ground.ts"

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly engines: { readonly node: string }
  readonly files: ReadonlyArray<string>
  readonly exports: Record<string, string | null | { readonly types: string; readonly default: string }>
  readonly bin?: Record<string, string>
  readonly dependencies?: Record<string, string>
  readonly peerDependencies?: Record<string, string>
}

export const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))

export const copy = join(ground, "millrace")

/** One of the workspace's own tools. */
export const tool = (name: string) => join(copy, "node_modules/.bin", name)

/** What is tracked, and what is about to be: a rehearsal comes before a commit, too. Gives the number of files. */
export const copyWorkspace = async (): Promise<number> => {
  const list = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
  const names = (await run({ command: list, cwd: root, env: own }))
    .split("\0")
    .filter((name) => name !== "" && existsSync(join(root, name)))
  if (names.length === 0) throw new Failure("git lists no files here: a rehearsal needs a clone")
  for (const name of names) {
    mkdirSync(dirname(join(copy, name)), { recursive: true })
    cpSync(join(root, name), join(copy, name), { verbatimSymlinks: true })
  }
  return names.length
}

/** The packages that would be published. */
export const installAndBuild = async (): Promise<ReadonlyArray<Manifest>> => {
  const install = ["pnpm", "install", "--frozen-lockfile", "--prefer-offline", "--reporter=append-only"]
  await run({ command: install, cwd: copy, env: own })
  await run({ command: [tool("changeset"), "version"], cwd: copy, env: own })
  await run({ command: [tool("turbo"), "run", "build", "--output-logs=errors-only"], cwd: copy, env: own })
  const folders = globSync("{packages,apps}/*/package.json", { cwd: copy }).map(dirname).sort()
  const packages = folders.flatMap((folder) => {
    const manifest = readManifest(join(copy, folder))
    if (manifest.private === true) return []
    checkChangelog(folder, manifest)
    return [manifest]
  })
  const versions = new Set(packages.map(({ version }) => version))
  if (versions.size !== 1)
    throw new Failure(
      `one version for all, but there are ${[...versions].join(", ")}: look at "fixed" in .changeset/config.json`
    )
  return packages
}

const checkChangelog = (folder: string, { name, version }: Manifest): void => {
  const file = join(copy, folder, "CHANGELOG.md")
  const text = existsSync(file) ? readFileSync(file, "utf8") : ""
  if (!text.includes(`## ${version}\n`))
    throw new Failure(`${name}: ${folder}/CHANGELOG.md says nothing of ${version}: is it in a changeset?`)
}
