/** An archive in Currents' layout: a folder for each type and hour, with a file of one event. */
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

/** As many types as an export has that switches on half of the catalogue. */
const types = 50

let made = 0
const event = () => {
  made++
  const id = `00000000-0000-4000-8000-${String(made).padStart(12, "0")}`
  const user = { user_id: `source-${made % 1000}`, external_user_id: `customer-${made % 1000}` }
  return `${JSON.stringify({ id, event_type: "users.messages.email.Open", time: 1_780_000_000, ...user })}\n`
}

/** Hour 0 is the oldest. */
export const pathOf = (type: number, hour: number, name: string): string => {
  const date = new Date(Date.UTC(2026, 0, 1, hour)).toISOString().slice(0, 13).replace("T", "-")
  return `event_type=type-${type}/date=${date}/${name}.ndjson`
}

export const put = (folder: string, path: string): void => {
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, event())
}

/** Returns the number of hours. */
export const write = (folder: string, files: number): number => {
  const hours = Math.ceil(files / types)
  for (let file = 0; file < files; file++) {
    put(folder, pathOf(file % types, Math.floor(file / types), "first"))
  }
  return hours
}
