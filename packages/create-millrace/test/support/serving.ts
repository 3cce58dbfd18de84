/** The server of an example, on a port that is free. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import { freePort } from "../../../../tools/freePort.ts"
import { environment } from "./program.ts"

const usual = "4180"

export interface Serving extends AsyncDisposable {
  /** Ends it; all that it has printed. */
  readonly stop: () => Promise<string>
}

/** Somebody else on this machine may have the usual port: the example takes another one. */
export const movePort = async (folder: string): Promise<void> => {
  const free = String(await freePort())
  for (const name of ["server.mjs", "millrace.yaml"]) {
    const file = join(folder, "example", name)
    writeFileSync(file, readFileSync(file, "utf8").replaceAll(usual, free))
  }
}

export const start = async (
  folder: string,
  program: string,
  ...rest: ReadonlyArray<string>
): Promise<Serving> => {
  const child = spawn(program, rest, { cwd: folder, env: environment, stdio: ["ignore", "pipe", "inherit"] })
  let said = ""
  child.stdout.setEncoding("utf8").on("data", (piece) => {
    said += piece
  })
  const ended = once(child, "close")
  await Promise.race([once(child.stdout, "data"), ended])
  if (!said.includes("listening")) throw new Error(`the server of the example does not listen: ${said}`)
  const stop = async () => {
    child.kill()
    await ended
    return said
  }
  return { stop, [Symbol.asyncDispose]: async () => void (await stop()) }
}

export const serving = async (folder: string): Promise<Serving> => {
  await movePort(folder)
  return start(folder, process.execPath, "example/server.mjs")
}
