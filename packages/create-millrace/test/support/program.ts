/** Programs of this repository, run as real processes in folders of their own. */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { assert, onTestFinished } from "vitest"

export const home = fileURLToPath(new URL("../../", import.meta.url))
export const repository = fileURLToPath(new URL("../../../../", import.meta.url))
export const bin = join(home, "src", "bin.ts")

/** Without what this test run says of itself, which a test run below it would take for its own. */
export const environment: NodeJS.ProcessEnv = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_|INIT_CWD|npm_)/.test(name))
  ),
  NO_COLOR: "1"
}

export interface Ended {
  readonly code: number | null
  readonly output: string
  readonly errors: string
}

export const run = (folder: string, program: string, ...rest: ReadonlyArray<string>): Ended => {
  const done = spawnSync(program, rest, {
    cwd: folder,
    env: environment,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 64 * 1024 * 1024
  })
  return { code: done.status, output: done.stdout, errors: done.stderr }
}

/** Runs a program that must succeed; what it said on both ways. */
export const succeed = (folder: string, program: string, ...rest: ReadonlyArray<string>): string => {
  const { code, errors, output } = run(folder, program, ...rest)
  if (code !== 0) throw new Error(`${program} ${rest.join(" ")} ended with ${code}\n${output}\n${errors}`)
  return output + errors
}

/**
 * Demands of what a test run printed that all of its tests passed, none left out, and that there were at
 * least as many as this: the conformance suites alone bring more, and grow.
 */
export const demandAllPassed = (output: string, atLeast: number): void => {
  const [, passed, all] = /Tests +(\d+) passed.* \((\d+)\)/.exec(output) ?? []
  assert.strictEqual(passed, all, output)
  assert.isAtLeast(Number(passed), atLeast, output)
}

export const create = (folder: string, ...rest: ReadonlyArray<string>): Ended =>
  run(folder, process.execPath, bin, ...rest)

/** A command of the repository's own node_modules. */
export const tool = (name: string): string => join(repository, "node_modules", ".bin", name)

/** Gone when the test has ended. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-create-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Every file below a folder with its content, but for what is installed or built. */
export const filesBelow = (folder: string): ReadonlyMap<string, string> =>
  new Map(pathsBelow(folder, "").map((path) => [path, readFileSync(join(folder, path), "latin1")]))

const pathsBelow = (folder: string, within: string): ReadonlyArray<string> =>
  readdirSync(join(folder, within), { withFileTypes: true }).flatMap((entry) => {
    const path = within === "" ? entry.name : `${within}/${entry.name}`
    if (entry.isFile()) return [path]
    return entry.isDirectory() && !/^(node_modules|dist|\.turbo)$/.test(entry.name)
      ? pathsBelow(folder, path)
      : []
  })
