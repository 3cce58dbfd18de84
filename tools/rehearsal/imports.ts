/** Every public module is imported, and every private one refused, by a Node of its own choice. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { run } from "./ground.ts"
import { type Modules, modulesOf } from "./modules.ts"
import { installed, type Project } from "./project.ts"

const program = ({ open, data, closed }: Modules) => `
const problems = []
const attempt = async (name, options) => {
  try {
    await import(name, options)
  } catch (cause) {
    return cause
  }
}
for (const name of ${JSON.stringify(open)}) {
  const cause = await attempt(name)
  if (cause !== undefined) problems.push(name + ": " + cause.stack)
}
for (const name of ${JSON.stringify(data)}) {
  const cause = await attempt(name, { with: { type: "json" } })
  if (cause !== undefined) problems.push(name + ": " + cause.message)
}
for (const name of ${JSON.stringify(closed)}) {
  const cause = await attempt(name)
  if (cause === undefined) problems.push(name + ": is private, and can be imported")
  else if (cause.code !== "ERR_PACKAGE_PATH_NOT_EXPORTED") problems.push(name + ": " + cause.message)
}
for (const problem of problems) console.error(problem)
process.exit(problems.length === 0 ? 0 : 1)
`

export const modulesOfAll = (project: Project, packages: ReadonlyArray<string>): Modules => {
  const modules = packages.map((name) => modulesOf(installed(project, name)))
  return {
    open: modules.flatMap(({ open }) => open),
    data: modules.flatMap(({ data }) => data),
    closed: modules.flatMap(({ closed }) => closed)
  }
}

/** `node` is the folder of a Node. */
export const importAll = async (project: Project, modules: Modules, node: string): Promise<void> => {
  const { env, folder } = project
  writeFileSync(join(folder, "imports.mjs"), program(modules))
  await run({ command: [join(node, "node"), "imports.mjs"], cwd: folder, env })
}
