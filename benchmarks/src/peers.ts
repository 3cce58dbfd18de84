/** Millrace's peers are installed on demand from a lock file of their own, so that nobody else pays for them. */
import { spawnSync } from "node:child_process"
import { copyFileSync, existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { say } from "./ground.ts"

const folder = fileURLToPath(new URL("../peers/", import.meta.url))
const lock = join(folder, "package-lock.json")
const stamp = join(folder, "node_modules", ".installed-lock.json")

/** Why they are missing, for people. */
export const unreachable = "could not install the peers: is the npm registry reachable?"

/** `false` when they are not there and cannot be had. */
export const install = (): boolean => {
  if (existsSync(stamp) && readFileSync(stamp).equals(readFileSync(lock))) return true
  say("installing the peers into benchmarks/peers/node_modules (once)")
  const npm = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: folder,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32"
  })
  if (npm.status !== 0) return false
  copyFileSync(lock, stamp)
  return true
}
