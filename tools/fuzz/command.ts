/** The `millrace` command in a process of its own, watched: how it ends, what it says, how much memory it takes. */
import { type ChildProcess, spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import process from "node:process"

const bin = join(dirname(dirname(import.meta.dirname)), "apps/exporter/src/bin.ts")

/** No round takes nearly as long: what takes longer hangs. */
const longest = 600_000

export interface Ended {
  readonly code: number | null
  readonly isHanging: boolean
  readonly stdout: string
  readonly stderr: string
  /** The most resident memory, in bytes. */
  readonly peak: number
}

export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** The first match in what it says on stderr; fails when it ends before. */
  readonly says: (pattern: RegExp) => Promise<RegExpExecArray>
}

const peakOf = (pid: number): number => {
  try {
    const [, kibibytes] = /VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? []
    return Number(kibibytes ?? 0) * 1024
  } catch {
    return 0
  }
}

export const start = (
  args: ReadonlyArray<string>,
  environment: Readonly<Record<string, string>>,
  input?: Uint8Array
): Started => {
  const child = spawn(process.execPath, [bin, ...args], { env: { ...process.env, ...environment } })
  const out: Array<Buffer> = []
  let stderr = ""
  let peak = 0
  let isHanging = false
  let isOver = false
  const watchers = new Set<() => void>()
  const tell = () => {
    for (const watcher of watchers) watcher()
  }
  child.stdout.on("data", (bytes: Buffer) => out.push(bytes))
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text
    tell()
  })
  // Who ends early reads its input no further.
  child.stdin.on("error", () => undefined).end(input ?? Buffer.alloc(0))
  const looking = setInterval(() => {
    peak = Math.max(peak, peakOf(child.pid ?? 0))
  }, 20)
  const patience = setTimeout(() => {
    isHanging = true
    child.kill("SIGKILL")
  }, longest)
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject)
    child.once("close", (code) => {
      clearInterval(looking)
      clearTimeout(patience)
      isOver = true
      resolve({ code, isHanging, stdout: Buffer.concat(out).toString(), stderr, peak })
      tell()
    })
  })
  const says = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(stderr)
        if (found !== null) resolve(found)
        else if (isOver) reject(new Error(`millrace ended too early:\n${stderr.slice(0, 2000)}`))
        else return
        watchers.delete(look)
      }
      watchers.add(look)
      look()
    })
  return { child, ended, says }
}

export const run = (...args: Parameters<typeof start>): Promise<Ended> => start(...args).ended
