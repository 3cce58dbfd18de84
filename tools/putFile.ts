import { mkdirSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"

/** Writes a file, with the folders that it lies in. */
export const putFile = (file: string, bytes: string | Uint8Array): void => {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, bytes)
}
