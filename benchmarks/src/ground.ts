/** What all measurements of a run share. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import * as Remote from "./remote.ts"
import * as Sample from "./sample.ts"

export interface Ground {
  /** A folder of the run's own, removed when it ends. */
  readonly folder: string
  /** Whether Millrace runs as npm lays it out, or from the repository. */
  readonly isPublished: boolean
  readonly remote: Remote.Remote
  /** Path of the main sample, written when it is first asked for. */
  readonly sample: (input: Sample.Input, events: number) => string
  readonly say: (text: string) => void
}

export const say = (text: string): void => {
  process.stderr.write(`bench: ${text}\n`)
}

export const open = async ({ isPublished }: Pick<Ground, "isPublished">): Promise<Ground> => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-bench-"))
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }))
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130))
  const written = new Map<string, string>()
  return {
    folder,
    isPublished,
    remote: await Remote.start(),
    say,
    sample: (input, events) => {
      const name = `${input}-${events}`
      const found = written.get(name)
      if (found !== undefined) return found
      say(`writing ${events.toLocaleString("en")} events as ${input}`)
      const path = Sample.write(input, join(folder, name), events)
      written.set(name, path)
      return path
    }
  }
}
