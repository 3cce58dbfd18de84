/** Installs what a new package needs. */
import { spawnSync } from "node:child_process"
import { copyFileSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import type { Place } from "./place.ts"

/** What is run, and where. In the repository the lock file is to take the new package in, in CI too. */
export const commandFor = ({ kind, root }: Place) =>
  kind === "monorepo"
    ? { words: ["pnpm", "install", "--no-frozen-lockfile", "--prefer-offline"] as const, root }
    : { words: ["npm", "install"] as const, root }

/** Whether it is installed. What is said on the way goes to standard error. */
export const install = (place: Place): boolean => {
  const { root, words } = commandFor(place)
  const [program, ...rest] = words
  const done = spawnSync(program, rest, {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32"
  })
  if (done.status !== 0) return false
  // As tools/run.mjs does, which would install again otherwise.
  if (place.kind === "monorepo")
    copyFileSync(join(root, "pnpm-lock.yaml"), join(root, "node_modules", ".installed-lock.yaml"))
  return true
}
