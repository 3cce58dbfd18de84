/**
 * A destination of somebody else: written by `npm create millrace`, tested, built and packed where it was written, and
 * installed beside the exporter, which finds it by its name.
 */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Failure } from "./failure.ts"
import { attempt, ground, run } from "./ground.ts"
import { makeProject, type Project } from "./project.ts"
import type { Vendor } from "./vendor.ts"

const name = "millrace-destination-acme"

/** The tarball of a package that a stranger has made, and the folder where they did. */
export const createPlugin = async (
  env: NodeJS.ProcessEnv
): Promise<{ readonly tarball: string; readonly folder: string }> => {
  const home = join(ground, "stranger")
  mkdirSync(home)
  await run({
    command: ["npm", "create", "--yes", "millrace@latest", "--", "destination", "acme", "--yes"],
    cwd: home,
    env
  })
  const folder = join(home, name)
  for (const command of [
    ["npm", "test"],
    ["npm", "run", "lint"],
    ["npm", "run", "build"],
    ["npm", "pack"]
  ])
    await run({ command, cwd: folder, env })
  const tarball = readdirSync(folder).find((file) => file.endsWith(".tgz"))
  if (tarball === undefined) throw new Failure(`"npm pack" in ${folder} made no tarball`)
  return { tarball: join(folder, tarball), folder }
}

/** Without a user, since each user's events would be sent one after the other. */
const events = ["1", "2", "3"].map((id) => ({ id, type: "order.placed", time: 0, user: {}, properties: {} }))

const configuration = (use: string, origin: string) => `
name: rehearsal
source: { use: "@millrace/source-stdin", settings: { format: event } }
outbox: { use: "@millrace/outbox-sqlite", settings: { path: ./state } }
routes:
  - name: acme
    to:
      use: "${use}"
      settings: { url: "${origin}/events" }
      credentials: { token: { env: ACME_TOKEN } }
`

const millrace = ({ env, folder }: Project, command: ReadonlyArray<string>, input = "") =>
  attempt({
    command: [join(folder, "node_modules/.bin/millrace"), ...command],
    cwd: folder,
    env: { ...env, ACME_TOKEN: "token" },
    input,
    limit: 60
  })

export const usePlugin = async (
  tarball: string,
  version: string,
  env: NodeJS.ProcessEnv,
  vendor: Vendor
): Promise<void> => {
  const project = await makeProject(
    "plugin",
    { "@millrace/exporter": version, "@millrace/source-stdin": version, [name]: `file:${tarball}` },
    env
  )
  await deliver(project, vendor)
  await refuse(project, "acme-that-is-not-installed", vendor.origin)
  const broken = join(project.folder, "broken.mjs")
  writeFileSync(broken, 'throw new Error("this module does not load")\n')
  await refuse(project, "./broken.mjs", vendor.origin)
}

const deliver = async (project: Project, vendor: Vendor): Promise<void> => {
  writeFileSync(join(project.folder, "millrace.yaml"), configuration(name, vendor.origin))
  const input = events.map((event) => `${JSON.stringify(event)}\n`).join("")
  const { code, output } = await millrace(project, ["run", "millrace.yaml", "--json"], input)
  const missing = events.filter(({ id }) => !vendor.ids.has(id))
  if (code !== 0 || missing.length > 0)
    throw new Failure(
      `"millrace run" with ${name} ended with ${code}, ${missing.length} of ${events.length} events did not arrive\n${output}`
    )
}

/** A plugin that cannot be had is told of in one line that names it. */
const refuse = async (project: Project, use: string, origin: string): Promise<void> => {
  writeFileSync(join(project.folder, "refused.yaml"), configuration(use, origin))
  const { code, output } = await millrace(project, ["check", "refused.yaml"])
  const lines = output.trim().split("\n")
  if (code !== 2 || lines.length !== 1 || !output.includes(use))
    throw new Failure(
      `"millrace check" with the plugin "${use}" is to end with 2 and one line that names it; it ended with ${code}\n${output}`
    )
}
