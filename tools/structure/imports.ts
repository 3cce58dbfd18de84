/** What a source file may import: down only, of its own package or of one that its kind may know. Pure. */
import { builtinModules } from "node:module"
import { dirname, resolve, sep } from "node:path"

export const plugin = /^@millrace\/(source|destination|outbox)-/

/** Which packages of ours each kind may import; the first pattern that fits the importer decides. */
const allowed: ReadonlyArray<readonly [RegExp, RegExp]> = [
  [/^@millrace\/core$/, /^$/],
  [/^@millrace\/(events-.*|http|formats|config|operations|testing)$/, /^@millrace\/core$/],
  [/^@millrace\/objects$/, /^@millrace\/(core|formats|events-.*)$/],
  [/^@millrace\/telemetry$/, /^@millrace\/(core|http|operations)$/],
  [plugin, /^@millrace\/(core|http|formats|objects|events-.*)$/],
  [/^@millrace\/mparticle-emulator$/, /^@millrace\/page$/],
  [/^@millrace\/page$/, /^@millrace\/(core|operations)$/],
  [/^@millrace\/admin$/, /^@millrace\/(core|operations|page)$/],
  [/./, /./]
]

const imports =
  /(?:^|\n)\s*(?:import|export)\b[^"';]*?from\s+"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)|(?:^|\n)import\s+"([^"]+)"/g

/** What a text imports, in its order. */
export const specifiersIn = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(imports)].map((match) => match[1] ?? match[2] ?? match[3]!)

const packageOf = (specifier: string) =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/")

export interface Importer {
  /** The package it belongs to, and that package's folder. */
  readonly name: string
  readonly folder: string
  readonly file: string
}

/** Whether a text imports more of node:http than types. */
export const importsHttp = (text: string): boolean =>
  /(?:^|\n)import (?!type\b)[^"']*?from "node:http"/.test(text)

/** What is wrong with an import. */
export const importProblems = (
  { name, folder, file }: Importer,
  specifier: string
): ReadonlyArray<string> => {
  if (specifier.startsWith("node:")) return []
  if (builtinModules.includes(specifier)) return [`import node:${specifier}, with its prefix`]
  if (specifier.startsWith(".")) {
    const isInside = resolve(dirname(file), specifier).startsWith(folder + sep)
    return isInside ? [] : [`reaches out of its package: ${specifier}`]
  }
  if (specifier === "effect")
    return ['imports the barrel of effect; import the module, as in "effect/Effect"']
  const target = packageOf(specifier)
  const [, may] = allowed.find(([importer]) => importer.test(name))!
  return [
    ...(/\/(internal|engine)\//.test(specifier) ? [`imports the inside of a package: ${specifier}`] : []),
    ...(target.startsWith("@millrace/") && !may.test(target) ? [`${name} may not import ${target}`] : [])
  ]
}

/** The rooms of the engine, and which of them each may import; what stands beside the rooms composes them. */
const rooms: Readonly<Record<string, ReadonlyArray<string>>> = {
  message: [],
  lane: ["message"],
  intake: ["message", "lane"],
  again: ["message", "lane", "intake"],
  threads: ["message", "intake"]
}

/** The room of a file of the engine, by its path within; `undefined` for one beside the rooms. */
const roomOf = (file: string): string | undefined => {
  const [room, ...rest] = file.split("/")
  return rest.length === 0 ? undefined : room
}

/** What is wrong with one file of the engine importing another, both by their paths within. */
export const roomProblem = (file: string, target: string): string | undefined => {
  const room = roomOf(file)
  if (room === undefined) return undefined
  const above = rooms[room]
  if (above === undefined) return "is in a room of the engine that docs/architecture.md does not name"
  const other = roomOf(target)
  return other === room || (other !== undefined && above.includes(other))
    ? undefined
    : `the room ${room} may not import ${other ?? "what stands beside the rooms"}`
}
