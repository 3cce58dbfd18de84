/**
 * Loaded before a subject (`--import`): when the process ends it tells the runner what the whole of it used, all threads and its start included.
 */
import { readFileSync } from "node:fs"
import process from "node:process"
import { isMainThread } from "node:worker_threads"
import { tell } from "./tell.ts"

/** What one run of a subject used. */
export interface Usage {
  /** Microseconds of CPU, user and system. */
  readonly cpu: number
  /** Milliseconds since the process started. */
  readonly wall: number
  /** Bytes that were resident at the most. */
  readonly peak: number
}

/** Linux's own mark: what `getrusage` tells of a new process begins with the peak of the one that started it. */
const highWater = (): number | undefined => {
  try {
    const [, kibibytes] = /VmHWM:\s*(\d+)/.exec(readFileSync("/proc/self/status", "utf8")) ?? []
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024
  } catch {
    return undefined
  }
}

if (isMainThread) {
  process.on("exit", () => {
    const { user, system } = process.cpuUsage()
    const usage: Usage = {
      cpu: user + system,
      wall: performance.now(),
      peak: highWater() ?? process.resourceUsage().maxRSS * 1024
    }
    tell(usage)
  })
}
