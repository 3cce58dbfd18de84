/** Programs under measurement, each in a process of its own that ends with this one. */
import { type ChildProcess, spawn } from "node:child_process"
import { join } from "node:path"
import process from "node:process"
import { text } from "node:stream/consumers"

export interface Launched {
  readonly child: ChildProcess
  /** What it wrote to file descriptor 3, when it has ended. Fails, with what it wrote to stderr, unless it ended well. */
  readonly told: Promise<string>
}

const running = new Set<ChildProcess>()
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL")
})

export const launch = (options: {
  readonly name: string
  /** What stands behind `node` on the command line. */
  readonly arguments: ReadonlyArray<string>
  /** The folder it works in. */
  readonly work: string
  /** Where compiled code is kept between runs. */
  readonly compileCache: string
}): Launched => {
  const { name, work, compileCache } = options
  const child = spawn(process.execPath, options.arguments, {
    cwd: work,
    stdio: ["ignore", "ignore", "pipe", "pipe"],
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache }
  })
  running.add(child)
  const [, , errors, words] = child.stdio
  const ended = new Promise<number | string | null>((resolve) =>
    child.on("close", (code, signal) => {
      running.delete(child)
      resolve(code ?? signal)
    })
  )
  const told = Promise.all([
    ended,
    text(errors as AsyncIterable<Buffer>),
    text(words as AsyncIterable<Buffer>)
  ]).then(([code, complaint, words]) => {
    // Whoever kills it has seen enough.
    if (code === 0 || code === "SIGKILL") return words
    throw new Error(`${name} ended with ${code}:\n${complaint}`)
  })
  return { child, told }
}

/** Where compiled code is kept for all subjects below a folder of the run's own. */
export const compileCacheOf = (folder: string): string => join(folder, "compile-cache")
