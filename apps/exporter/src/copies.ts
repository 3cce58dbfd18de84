/**
 * One copy of what plugins share with the program. A plugin installed elsewhere brings copies of its own, and a secret that
 * one copy of `effect` made cannot be read by another: so imports of these packages end at the program's own, whoever
 * imports them.
 */
import { existsSync, readFileSync } from "node:fs"
import { registerHooks } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import satisfies from "semver/functions/satisfies.js"
import validRange from "semver/ranges/valid.js"

const shared = /^(effect|@millrace\/(?:config|core|http))(?:\/|$)/
/** What no package gives away fails as it would without us. */
const inside = /\/(?:internal|engine)(?:\/|$)/
const here = import.meta.url

interface Manifest {
  readonly name?: string
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

const manifests = new Map<string, Manifest>()

/** That of the package a file belongs to; one that says nothing but how to read files is passed over. */
const manifestAbove = (folder: string): Manifest => {
  const known = manifests.get(folder)
  if (known !== undefined) return known
  const manifest = readManifest(folder) ?? (dirname(folder) === folder ? {} : manifestAbove(dirname(folder)))
  manifests.set(folder, manifest)
  return manifest
}

const readManifest = (folder: string): Manifest | undefined => {
  try {
    const manifest: Manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
    const { name, dependencies, peerDependencies } = manifest
    return (name ?? dependencies ?? peerDependencies) === undefined ? undefined : manifest
  } catch {
    return undefined
  }
}

const manifestOf = (url: string): Manifest => manifestAbove(dirname(fileURLToPath(url)))

const nameOf = ({ name = "the package.json beside it" }: Manifest) => name

/** Fails when who imports a package wants another version than the program has. */
const checkRange = (name: string, { version = "" }: Manifest, importer: Manifest): void => {
  const range = importer.peerDependencies?.[name] ?? importer.dependencies?.[name]
  // A folder, a tag or an address says nothing that a version could be held against.
  if (range === undefined || validRange(range) === null) return
  if (satisfies(version, range, { includePrerelease: true })) return
  const who = nameOf(importer)
  throw new Error(
    `${who} needs ${name} ${range}, and this program has ${name} ${version}; install a version of ${who} that goes with it, or another of @millrace/exporter`
  )
}

/** For all that this thread imports from now on, as long as it lives. */
export const shareCopies = (): void => {
  const urls = new Map<string, string | undefined>()
  const ownOf = (specifier: string): string | undefined => {
    if (!urls.has(specifier)) urls.set(specifier, resolveOwn(specifier))
    return urls.get(specifier)
  }
  registerHooks({
    resolve: (specifier, context, next) => {
      const name = shared.exec(specifier)?.[1]
      const { parentURL } = context
      if (name === undefined || inside.test(specifier) || parentURL === here) return next(specifier, context)
      const importer = parentURL?.startsWith("file:") ? manifestOf(parentURL) : {}
      const own = manifestOf(ownOf(name) ?? here)
      checkRange(name, own, importer)
      const url = ownOf(specifier)
      if (url !== undefined) return { url, shortCircuit: true }
      const lack = `${nameOf(importer)} imports ${specifier}, which ${name} ${own.version} of this program does not have`
      throw Object.assign(new Error(lack), { code: "ERR_MODULE_NOT_FOUND" })
    }
  })
}

const resolveOwn = (specifier: string): string | undefined => {
  try {
    const url = import.meta.resolve(specifier)
    return existsSync(fileURLToPath(url)) ? url : undefined
  } catch {
    return undefined
  }
}
