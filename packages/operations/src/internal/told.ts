/**
 * What was told, kept in the state directory. It is written over in place where it fits: on a full disk too, when there is
 * most to remember.
 */
import { open, readFile, rename, stat, writeFile } from "node:fs/promises"
import * as Effect from "effect/Effect"
import { nothingTold, type Told } from "./due.ts"

const isTold = (value: unknown): value is Told =>
  typeof value === "object" && value !== null && "version" in value && value.version === 2

/** What was told before a restart; an unreadable note is no reason to stay silent. */
export const recall = (file: string | undefined): Effect.Effect<Told> =>
  Effect.promise(async () => {
    if (file === undefined) return nothingTold
    try {
      const value: unknown = JSON.parse(await readFile(file, "utf8"))
      return isTold(value) ? value : nothingTold
    } catch {
      return nothingTold
    }
  })

/** Bytes that are set aside ahead of need. */
const unit = 16 * 1024

const sizeOf = (file: string): Promise<number> =>
  stat(file).then(
    ({ size }) => size,
    () => 0
  )

export const write = (file: string | undefined, told: Told): Effect.Effect<void> =>
  Effect.ignore(
    Effect.tryPromise(async () => {
      if (file === undefined) return
      const text = Buffer.from(JSON.stringify(told))
      const size = await sizeOf(file)
      const wanted = Math.max(size, unit * Math.ceil(text.length / unit))
      const bytes = Buffer.concat([text, Buffer.alloc(wanted - text.length, " ")])
      if (size < wanted) {
        await writeFile(`${file}.new`, bytes, { mode: 0o600 })
        await rename(`${file}.new`, file)
        return
      }
      const handle = await open(file, "r+")
      try {
        await handle.write(bytes, 0, bytes.length, 0)
      } finally {
        await handle.close()
      }
    })
  )
