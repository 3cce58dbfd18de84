/** Where a rehearsal takes place: a folder for the time, and the programs it runs. Both end with it. */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, realpathSync, rmSync } from "node:fs"
import { constants, tmpdir } from "node:os"
import { dirname, join } from "node:path"
import process from "node:process"
import { Failure } from "./failure.ts"

export const root = dirname(dirname(import.meta.dirname))
export const ground = mkdtempSync(join(realpathSync(tmpdir()), "millrace-rehearsal-"))

/** `--keep` leaves the folder, to look at what a failure names. */
export const keeps = process.argv.includes("--keep")

const children = new Set<ChildProcess>()

/** The whole group, for a program may have started others. */
const kill = ({ pid }: ChildProcess): void => {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL")
  } catch {
    // It has ended, and nothing it started is left.
  }
}

process.on("exit", () => {
  for (const child of children) kill(child)
  if (!keeps) rmSync(ground, { recursive: true, force: true, maxRetries: 5 })
})
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => process.exit(128 + constants.signals[signal]))
}

export interface Program {
  readonly command: ReadonlyArray<string>
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  readonly input?: string
  /** Seconds until it is given up. */
  readonly limit?: number
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  /** Both streams, as they came. */
  readonly output: string
}

/** Starts a program that goes on beside the rehearsal, until that ends or it is stopped. */
export const start = (
  { command: [file = "", ...rest], cwd, env }: Program,
  stdio: ReadonlyArray<"ignore" | "pipe" | "ipc">
): ChildProcess & { readonly stop: () => void } => {
  const child = spawn(file, rest, { cwd, env, stdio: [...stdio], detached: true })
  children.add(child)
  const stop = () => {
    kill(child)
    children.delete(child)
  }
  return Object.assign(child, { stop })
}

/** Runs a program to its end, whatever the end. */
export const attempt = (program: Program): Promise<Ended> => {
  const child = start(program, ["pipe", "pipe", "pipe"])
  return new Promise((resolve, reject) => {
    let stdout = ""
    let output = ""
    const limit = program.limit ?? 300
    const timer = setTimeout(() => {
      child.stop()
      reject(new Failure(`${title(program)} had not ended after ${limit} s\n${tail(output)}`))
    }, limit * 1000)
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text
      output += text
    })
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      output += text
    })
    child.stdin?.on("error", () => undefined).end(program.input ?? "")
    child.on("error", (cause) => reject(new Failure(`${title(program)}: ${cause.message}`)))
    child.on("close", (code) => {
      clearTimeout(timer)
      child.stop()
      resolve({ code, stdout, output })
    })
  })
}

/** Runs a program that is to end well, and gives what it printed. */
export const run = async (program: Program): Promise<string> => {
  const { code, output, stdout } = await attempt(program)
  if (code !== 0) throw new Failure(`${title(program)} ended with ${code}\n${tail(output)}`)
  return stdout
}

const title = ({ command, cwd }: Program) => `"${command.join(" ")}" in ${cwd}`

const tail = (output: string) => output.trimEnd().split("\n").slice(-60).join("\n")
