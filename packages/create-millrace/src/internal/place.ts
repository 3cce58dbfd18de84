/** Where a package is to be written: among the packages of Millrace's own repository, or by itself. */
import { existsSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import type { Kind } from "./kinds.ts"

export interface Place {
  readonly kind: "monorepo" | "standalone"
  /** Where commands run that install what the package needs. */
  readonly root: string
  readonly folder: string
  /** The npm name of the package. */
  readonly package: string
}

export const find = (from: string, kind: Kind, name: string): Place => {
  const repository = repositoryAbove(from)
  if (repository === undefined) {
    const folder = join(from, `millrace-${kind}-${name}`)
    return { kind: "standalone", root: folder, folder, package: `millrace-${kind}-${name}` }
  }
  return {
    kind: "monorepo",
    root: repository,
    folder: join(repository, "packages", `${kind}-${name}`),
    package: `@millrace/${kind}-${name}`
  }
}

const repositoryAbove = (folder: string): string | undefined => {
  if (isRepository(folder)) return folder
  const parent = dirname(folder)
  return parent === folder ? undefined : repositoryAbove(parent)
}

const isRepository = (folder: string): boolean => {
  const core = join(folder, "packages", "core", "package.json")
  if (!existsSync(join(folder, "pnpm-workspace.yaml")) || !existsSync(core)) return false
  const manifest: { readonly name?: unknown } = JSON.parse(readFileSync(core, "utf8"))
  return manifest.name === "@millrace/core"
}
