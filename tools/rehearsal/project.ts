/** A project that has never seen this repository, with packages installed from the local registry. */
import { mkdirSync, realpathSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { ground, run } from "./ground.ts"
import { type Manifest, readManifest } from "./workspace.ts"

export interface Project {
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
}

/**
 * Isolated: a package finds its own dependencies and nothing else, and one that is not declared is not found. Node's
 * version is held against `engines` of everything that is installed.
 */
const settings = `
hoist: false
engineStrict: true
strictPeerDependencies: true
minimumReleaseAge: 0
storeDir: ${JSON.stringify(join(ground, "store"))}
cacheDir: ${JSON.stringify(join(ground, "cache"))}
`

export const makeProject = async (
  name: string,
  dependencies: Record<string, string>,
  env: NodeJS.ProcessEnv
): Promise<Project> => {
  const folder = join(ground, "projects", name)
  mkdirSync(folder, { recursive: true })
  const manifest = { name: "rehearsal", private: true, type: "module", dependencies }
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest, undefined, 2))
  writeFileSync(join(folder, "pnpm-workspace.yaml"), settings)
  await run({ command: ["pnpm", "install", "--ignore-scripts", "--reporter=append-only"], cwd: folder, env })
  return { folder, env }
}

export interface Installed {
  /** Where it truly is. */
  readonly folder: string
  readonly manifest: Manifest
}

export const installed = ({ folder }: Project, name: string): Installed => {
  const place = realpathSync(join(folder, "node_modules", name))
  return { folder: place, manifest: readManifest(place) }
}

/** The packages themselves, and of others what they ask their users to have. */
export const withPeers = (packages: ReadonlyArray<Manifest>): Record<string, string> => ({
  ...Object.assign({}, ...packages.map(({ peerDependencies }) => peerDependencies)),
  ...Object.fromEntries(packages.map(({ name, version }) => [name, version]))
})
