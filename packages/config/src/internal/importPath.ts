/**
 * What a configuration names by path, imported: itself, a plugin's file, or the folder of a plugin's package.
 */
import { readFileSync, statSync } from "node:fs"
import { createRequire, registerHooks } from "node:module"
import { extname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"

const here = import.meta.url

export const importPath = async (path: string): Promise<unknown> => {
  const { parent, specifier } = entryOf(path)
  const hooks = registerHooks({
    resolve: (wanted, context, next) => {
      const asked = wanted === specifier && context.parentURL === here
      const found = next(wanted, asked && parent !== undefined ? { ...context, parentURL: parent } : context)
      const format = context.conditions?.includes("import") === true ? formatOf(found.url) : undefined
      return format === undefined ? found : { ...found, format }
    }
  })
  try {
    return await import(specifier)
  } finally {
    hooks.deregister()
  }
}

interface Entry {
  readonly specifier: string
  /** Where it is resolved from, other than here. */
  readonly parent?: string
}

/** A package may import itself by its name, and Node finds what its `exports` say. */
const entryOf = (path: string): Entry => {
  if (!statSync(path).isDirectory()) return { specifier: pathToFileURL(path).href }
  const manifest = join(path, "package.json")
  const { exports, name }: Manifest = JSON.parse(readFileSync(manifest, "utf8"))
  return exports === undefined || name === undefined
    ? { specifier: pathToFileURL(createRequire(manifest).resolve(path)).href }
    : { specifier: name, parent: pathToFileURL(manifest).href }
}

interface Manifest {
  readonly name?: string
  readonly exports?: unknown
}

/**
 * TypeScript that is written as an ES module is one, whatever the package.json beside it says: `npm init` writes one that
 * says CommonJS, and a configuration is no part of that package.
 */
const formatOf = (url: string): string | undefined => {
  if (!url.startsWith("file:") || url.includes("/node_modules/")) return undefined
  const file = fileURLToPath(url)
  return extname(file) === ".ts" && isModule.test(readFileSync(file, "utf8"))
    ? "module-typescript"
    : undefined
}

const isModule = /^\s*(?:import\s*["'{*\w]|export\s*[{*\w])/m
