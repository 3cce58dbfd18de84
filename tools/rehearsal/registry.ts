/**
 * A local registry: what is ours is published to it, everything else comes from the registry that npm is configured with.
 *
 * Verdaccio is installed on demand from a lock file of its own, so that nobody else pays for it.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { own } from "./environment.ts"
import { Failure } from "./failure.ts"
import { ground, run, start } from "./ground.ts"

const folder = import.meta.dirname
const lock = join(folder, "package-lock.json")
const program = fileURLToPath(import.meta.resolve("./registryServer.mjs"))
const stamp = join(folder, "node_modules", ".installed-lock.json")

const install = async (): Promise<void> => {
  if (existsSync(stamp) && readFileSync(stamp).equals(readFileSync(lock))) return
  const command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
  await run({ command, cwd: folder, env: own })
  copyFileSync(lock, stamp)
}

/** JSON is YAML, too. Our scopes and names have no uplink: what is not published here does not exist. */
const configuration = (home: string, upstream: string, names: ReadonlyArray<string>) =>
  JSON.stringify({
    storage: join(home, "storage"),
    uplinks: { upstream: { url: upstream, maxage: "1h", timeout: "60s" } },
    packages: {
      ...Object.fromEntries(
        names.map((name) => [name.replace(/\/.*/, "/*"), { access: "$all", publish: "$all" }])
      ),
      "**": { access: "$all", proxy: "upstream" }
    },
    web: { enable: false },
    log: { type: "file", path: join(home, "log"), level: "warn" }
  })

/** Its address, once it listens. It ends with the rehearsal. */
export const startRegistry = async (names: ReadonlyArray<string>): Promise<string> => {
  await install()
  const upstream = await run({ command: ["npm", "config", "get", "registry"], cwd: ground, env: own })
  const home = join(ground, "registry")
  const file = join(home, "config.yaml")
  mkdirSync(home)
  writeFileSync(file, configuration(home, upstream.trim(), names))
  const server = start({ command: [process.execPath, program, file], cwd: home, env: own }, [
    "ignore",
    "ignore",
    "pipe",
    "ipc"
  ])
  return new Promise((resolve, reject) => {
    let said = ""
    server.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said += text
    })
    server.once("message", (port) => resolve(`http://127.0.0.1:${port}/`))
    server.once("exit", (code) => reject(new Failure(`the local registry did not start (${code})\n${said}`)))
  })
}
