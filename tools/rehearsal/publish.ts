/** Published to the local registry, in the order of their dependencies. */
import { Failure } from "./failure.ts"
import { run } from "./ground.ts"
import { copy, type Manifest } from "./workspace.ts"

/** Bytes of a tarball, by package. */
export type Tarballs = ReadonlyMap<string, number>

export const publish = async (
  registry: string,
  env: NodeJS.ProcessEnv,
  packages: ReadonlyArray<Manifest>
): Promise<Tarballs> => {
  const command = ["pnpm", "publish", "--recursive", "--no-git-checks", "--access", "public"]
  await run({ command: [...command, "--registry", registry], cwd: copy, env })
  return new Map(
    await Promise.all(
      packages.map(async ({ name, version }) => [name, await tarballSize(registry, name, version)] as const)
    )
  )
}

interface Metadata {
  readonly versions?: Record<string, { readonly dist: { readonly tarball: string } }>
}

const tarballSize = async (registry: string, name: string, version: string): Promise<number> => {
  const metadata: Metadata = await (await fetch(registry + name.replace("/", "%2f"))).json()
  const published = metadata.versions?.[version]
  if (published === undefined) throw new Failure(`${name} ${version} is not in the registry after publishing`)
  return (await (await fetch(published.dist.tarball)).arrayBuffer()).byteLength
}
