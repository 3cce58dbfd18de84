/** Programs under measurement, each in a process of its own that ends with this one. */
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import { text } from "node:stream/consumers"
import { tellVariable } from "./tell.ts"

export interface Program {
  readonly name: string
  /** What stands behind `node` on the command line. */
  readonly arguments: ReadonlyArray<string>
  /** The folder it works in. */
  readonly work: string
  /** Where compiled code is kept between runs. */
  readonly compileCache: string
  readonly environment?: { readonly [name: string]: string }
}

export interface Launched {
  readonly child: ChildProcess
  /** What it told, when it has ended. Fails, with what it wrote to stderr, unless it ended well or was killed. */
  readonly told: Promise<object>
}

const running = new Set<ChildProcess>()
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL")
})

export const launch = (program: Program): Launched => {
  const { name, work, compileCache } = program
  const file = join(work, "told.jsonl")
  rmSync(file, { force: true })
  const child = spawn(process.execPath, program.arguments, {
    cwd: work,
    stdio: ["ignore", "ignore", "pipe"],
    env: {
      ...process.env,
      ...program.environment,
      NODE_COMPILE_CACHE: compileCache,
      [tellVariable]: file
    }
  })
  running.add(child)
  const ended = new Promise<number | string | null>((resolve, reject) => {
    child.on("error", reject)
    child.on("close", (code, signal) => {
      running.delete(child)
      resolve(code ?? signal)
    })
  })
  const told = Promise.all([ended, text(child.stderr)]).then(([code, complaint]) => {
    // Whoever kills it has seen enough.
    if (code !== 0 && code !== "SIGKILL") throw new Error(`${name} ended with ${code}:\n${complaint}`)
    return found(file)
  })
  return { child, told }
}

const found = (file: string): object => {
  const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : []
  return Object.assign({}, ...lines.map((line) => JSON.parse(line)))
}

/** Where compiled code is kept for all subjects, below a folder of the run's own. */
export const compileCacheOf = (folder: string): string => join(folder, "compile-cache")
