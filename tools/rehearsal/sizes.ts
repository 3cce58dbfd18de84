/** What an install of one package alone brings, peers included, and that its modules load from it. */
import { lstatSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { importAll, modulesOfAll } from "./imports.ts"
import { makeProject } from "./project.ts"
import type { Manifest } from "./workspace.ts"

/** Bytes of the files below a folder; links are not followed. */
const sizeOf = (folder: string): number =>
  readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sum + sizeOf(path)
    return entry.isFile() ? sum + lstatSync(path).size : sum
  }, 0)

/** `node` is the folder of the lowest Node that the package allows. */
export const installAlone = async (
  { name, version }: Manifest,
  env: NodeJS.ProcessEnv,
  node: string
): Promise<number> => {
  const project = await makeProject(`alone/${name}`, { [name]: version }, env)
  await importAll(project, modulesOfAll(project, [name]), node)
  return sizeOf(join(project.folder, "node_modules"))
}
