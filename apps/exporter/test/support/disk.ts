/** A small disk, and what fills it. */
import { execFileSync } from "node:child_process"
import { closeSync, mkdirSync, openSync, statSync, truncateSync, writeSync } from "node:fs"
import { join } from "node:path"

/** Leaves so many bytes free, in whole pages. */
export const fill = (disk: string, free: number): void => {
  const page = 4096
  const path = join(disk, "ballast")
  const file = openSync(path, "a")
  try {
    for (;;) writeSync(file, Buffer.alloc(page))
  } catch {
    closeSync(file)
  }
  truncateSync(path, statSync(path).size - free)
}

/** Whether this machine lets us have a small disk. */
export const mounted = (path: string, size = "2m"): boolean => {
  try {
    mkdirSync(path, { recursive: true })
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", path], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}
