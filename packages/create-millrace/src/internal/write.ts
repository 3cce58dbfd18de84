/** Writes a folder at once: whole or not at all, and never over what is there. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { dirname, join } from "node:path"
import { Problem } from "./problem.ts"
import type { File } from "./render.ts"

/** Throws a `Problem` unless the folder is absent or empty. */
export const demandRoom = (folder: string): void => {
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new Problem(`${folder} is there and not empty: take another name, or remove it first`)
}

export const write = (folder: string, files: ReadonlyArray<File>): void => {
  demandRoom(folder)
  const draft = mkdtempSync(join(dirname(folder), ".create-millrace-"))
  try {
    const inner = join(draft, "package")
    for (const { path, text } of files) {
      mkdirSync(dirname(join(inner, path)), { recursive: true })
      writeFileSync(join(inner, path), text)
    }
    if (existsSync(folder)) rmdirSync(folder)
    renameSync(inner, folder)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}
