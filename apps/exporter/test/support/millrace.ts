/** The `millrace` command as a user runs it: the real program in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"

const bin = fileURLToPath(new URL("../../src/bin.ts", import.meta.url))

/** How a program ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** The most resident memory seen, in bytes. */
  readonly peak: number
}

/** A program under way. */
export interface Program {
  readonly pid: number
  readonly kill: (signal: NodeJS.Signals) => void
  /** Resolves when stderr or stdout holds the text; fails the test when it ends before. */
  readonly says: (text: string) => Effect.Effect<void>
  readonly ended: Effect.Effect<Ended>
}

export interface Options {
  readonly environment?: Readonly<Record<string, string>>
  readonly folder?: string
  /** What stands before the command, such as a shell that sets limits. */
  readonly before?: ReadonlyArray<string>
}

/** Starts a program; it is killed when the test ends. */
export const startProgram = (
  [command, ...args]: readonly [string, ...ReadonlyArray<string>],
  { environment = {}, folder }: Options = {}
): Effect.Effect<Program, never, Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() =>
        spawn(command, args, {
          cwd: folder,
          env: { ...process.env, ...environment },
          stdio: ["ignore", "pipe", "pipe"]
        })
      ),
      (child) => Effect.sync(() => child.exitCode ?? child.kill("SIGKILL"))
    ),
    (child) => watch(child, [command, ...args].join(" "))
  )

/** Starts `millrace` with these arguments. */
export const start = (args: ReadonlyArray<string>, options: Options = {}) =>
  startProgram(
    [...(options.before ?? []), process.execPath, bin, ...args] as [string, ...Array<string>],
    options
  )

/** Runs `millrace` to its end. */
export const run = (args: ReadonlyArray<string>, options: Options = {}): Effect.Effect<Ended> =>
  Effect.scoped(Effect.flatMap(start(args, options), (program) => program.ended))

const watch = (child: ChildProcess, command: string): Program => {
  const output = { stdout: "", stderr: "" }
  const listeners = new Set<() => void>()
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (text: string) => {
      output[name] += text
      for (const listener of listeners) listener()
    })
  }
  let peak = 0
  const looking = setInterval(() => {
    peak = Math.max(peak, peakOf(child.pid))
  }, 20)
  let result: Ended | undefined
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject)
    child.once("close", (code, signal) => {
      clearInterval(looking)
      result = { code, signal, ...output, peak }
      resolve(result)
      for (const listener of listeners) listener()
    })
  })
  return {
    pid: child.pid ?? 0,
    kill: (signal) => child.kill(signal),
    ended: Effect.promise(() => ended),
    says: (text) =>
      Effect.callback((resume) => {
        const look = () => {
          if (output.stdout.includes(text) || output.stderr.includes(text)) resume(Effect.void)
          else if (result !== undefined)
            resume(
              Effect.die(
                new Error(`${command} ended without saying "${text}":\n${output.stdout}${output.stderr}`)
              )
            )
        }
        listeners.add(look)
        look()
        return Effect.sync(() => listeners.delete(look))
      })
  }
}

const peakOf = (pid: number | undefined): number => {
  try {
    const [, kibibytes] = /VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? []
    return Number(kibibytes ?? 0) * 1024
  } catch {
    return 0
  }
}

/** The lines of stderr meant for a person: those that the command itself says. */
export const saidBy = ({ stderr }: Ended): string =>
  stderr
    .split("\n")
    .filter((line) => !line.startsWith("{"))
    .join("\n")

/** What it logged, line by line: flat, whatever it is about. */
export const loggedBy = ({ stderr }: Ended): ReadonlyArray<Readonly<Record<string, unknown>>> =>
  stderr
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => {
      const entry: Readonly<Record<string, unknown>> = JSON.parse(line)
      const { level, message, time } = entry
      for (const field of [level, message, time]) assert.isString(field, line)
      assert.notInclude(Object.keys(entry), "fiberId")
      for (const value of Object.values(entry)) assert.notStrictEqual(typeof value, "object", line)
      return entry
    })

/** Ended with this code, without a stack trace, and with logs that programs can read. */
export const assertEnded = (ended: Ended, code: number): void => {
  assert.strictEqual(ended.code, code, `${ended.stdout}\n${ended.stderr}`)
  assert.notMatch(ended.stderr, /^\s+at /m)
  assert.notMatch(ended.stderr, /a defect of this program/)
  loggedBy(ended)
}

/** Waits for something to become true while a program runs. */
export const until = (program: Program, isTrue: () => boolean) => {
  const waiting = Effect.gen(function* () {
    while (!isTrue()) yield* Effect.sleep("10 millis")
  })
  const over = Effect.flatMap(program.ended, ({ stderr }) => Effect.die(new Error(`it ended: ${stderr}`)))
  return Effect.raceFirst(waiting, over)
}
