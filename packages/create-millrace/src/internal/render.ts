/**
 * The files of a package, from the templates.
 *
 * In the paths and texts of templates `__name__` stands for the name in kebab-case, `__Name__` in PascalCase, `__value__`
 * in camelCase, `__NAME__` in capitals, `__package__` for the npm name, `__version__` for the range of Millrace's packages.
 * A name loses `.template` at its end: npm and others would take a file so named as being about this package.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join, relative } from "node:path"
import type { Kind, Style } from "./kinds.ts"
import { camelCase, environmentName, pascalCase } from "./names.ts"
import type { Place } from "./place.ts"

export interface File {
  readonly path: string
  readonly text: string
}

export interface Wanted {
  readonly kind: Kind
  readonly style: Style
  readonly name: string
  readonly place: Place
  readonly version: string
  readonly workflow: boolean
}

/** `home` is the folder of this package. */
export const render = (home: string, wanted: Wanted): ReadonlyArray<File> => {
  const { kind, place, style } = wanted
  const fill = filler(wanted)
  const layers = [
    "shared/common",
    `shared/${place.kind}`,
    `${kind}/common`,
    `${kind}/${style}`,
    `${kind}/${place.kind}`
  ]
  const files = layers.flatMap((layer) =>
    read(join(home, "templates", layer)).map(({ path, text }) => ({
      path: fill(path).replace(/\.template$/, ""),
      text: fill(text)
    }))
  )
  const license = { path: "LICENSE", text: readFileSync(join(home, "LICENSE"), "utf8") }
  return [...files, license].filter(({ path }) => wanted.workflow || !path.startsWith(".github"))
}

const filler = ({ name, place, version }: Wanted) => {
  const words = new Map([
    ["__name__", name],
    ["__Name__", pascalCase(name)],
    ["__value__", camelCase(name)],
    ["__NAME__", environmentName(name)],
    ["__package__", place.package],
    ["__version__", `^${version}`]
  ])
  return (text: string) => text.replace(/__[A-Za-z]+__/g, (word) => words.get(word) ?? word)
}

const read = (layer: string): ReadonlyArray<File> =>
  readdirSync(layer, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({
      path: relative(layer, file).replaceAll("\\", "/"),
      text: readFileSync(file, "utf8")
    }))
