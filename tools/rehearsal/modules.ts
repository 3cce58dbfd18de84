/** The modules of a package: those that its `exports` give to everyone, and those that they keep from everyone. */
import { globSync } from "node:fs"
import { basename, join } from "node:path"
import type { Installed } from "./project.ts"

export interface Modules {
  /** Code, with types. */
  readonly open: ReadonlyArray<string>
  readonly data: ReadonlyArray<string>
  readonly closed: ReadonlyArray<string>
}

export const modulesOf = ({ folder, manifest }: Installed): Modules => {
  const { bin = {}, exports, name } = manifest
  const programs = new Set(Object.values(bin).map((file) => basename(file, ".js")))
  const declared = globSync("dist/**/*.d.ts", { cwd: folder }).map((file) =>
    file.slice("dist/".length, -".d.ts".length)
  )
  const isOpen = (module: string) => !module.includes("/") && !programs.has(module)
  const open = exports["./*"] === undefined ? [] : declared.filter(isOpen)
  // What the bundler has put into files of its own, and what starts a program.
  const chunks = globSync("dist/chunk-*.js", { cwd: folder }).map((file) => basename(file, ".js"))
  const closed = [...declared.filter((module) => module.includes("/")), ...chunks, ...programs]
  const data = Object.keys(exports).filter((key) => key.endsWith(".json"))
  return {
    open: [...("." in exports ? [name] : []), ...open.map((module) => join(name, module))],
    data: data.map((key) => join(name, key)),
    closed: closed.map((module) => join(name, module))
  }
}
