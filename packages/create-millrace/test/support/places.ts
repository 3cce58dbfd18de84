/** Where packages are written: a copy of the repository, and a folder by itself. */
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { basename, dirname, join } from "node:path"
import process from "node:process"
import { repository, temporaryFolder } from "./program.ts"

const left = /^(node_modules|dist|coverage|\.git|\.turbo|\.toolchain.*|\.millrace-demo|\.planted-.*)$/

/** What is committed, or would be. Nothing is installed: the first command does that. */
export const copyOfRepository = (): string => {
  const copy = realpathSync(temporaryFolder())
  for (const entry of readdirSync(repository).filter((name) => !left.test(name))) {
    cpSync(join(repository, entry), join(copy, entry), {
      recursive: true,
      filter: (source) => !left.test(basename(source))
    })
  }
  return copy
}

/**
 * In place of `npm install`, which cannot fetch what is not published yet: links to the packages of this repository and
 * to what they use.
 */
export const link = (folder: string): void => {
  const modules = join(folder, "node_modules")
  const {
    dependencies,
    devDependencies
  }: Record<string, Record<string, string>> = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
  for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
    mkdirSync(dirname(join(modules, name)), { recursive: true })
    symlinkSync(installed(name), join(modules, name))
  }
  mkdirSync(join(modules, ".bin"))
  for (const name of ["biome", "tsc", "vitest"])
    symlinkSync(join(repository, "node_modules", ".bin", name), join(modules, ".bin", name))
  const exporter = join(repository, "apps", "exporter", "src", "bin.ts")
  writeFileSync(
    join(modules, ".bin", "millrace"),
    `#!/bin/sh\nexec "${process.execPath}" "${exporter}" "$@"\n`,
    {
      mode: 0o755
    }
  )
}

const installed = (name: string): string => {
  if (name === "@millrace/exporter") return join(repository, "apps", "exporter")
  if (name.startsWith("@millrace/")) return join(repository, "packages", basename(name))
  const owner = name === "@effect/vitest" ? join(repository, "packages", "core") : repository
  return realpathSync(join(owner, "node_modules", name))
}
