/**
 * What the compiler proves of a chain, proved at start for an exporter from a file.
 */
import * as Effect from "effect/Effect"
import { type Catalogue, meant, spelled } from "../Catalogue.ts"
import type { Definition } from "../Exporter.ts"
import { matches, type Route, unmatched } from "../Route.ts"
import { DefinitionError } from "../Running.ts"
import { isChanging } from "./Stored.ts"

/** Fails with all that is wrong, one line each. */
export const validate = (definition: Definition): Effect.Effect<void, DefinitionError> => {
  const problems = [
    ...definition.routes.map((route) => problemOf(route, definition)),
    ...namedTwice(definition),
    ...unread(definition)
  ].filter((problem) => problem !== undefined)
  return problems.length === 0
    ? Effect.void
    : Effect.fail(new DefinitionError({ detail: problems.join("\n") }))
}

const namedTwice = ({ routes }: Definition): ReadonlyArray<string> => {
  const names = routes.map(({ name }) => name)
  const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index))
  return [...twice].map((name) => `two routes are named ${name}; give each a name of its own`)
}

/** What no route reads would be read all the same, and be nowhere afterwards. */
const unread = ({ sources, routes }: Definition): ReadonlyArray<string> =>
  Object.keys(sources)
    .filter((name) => !routes.some(({ from }) => from?.includes(name) ?? true))
    .map((name) => `no route reads from source ${name}; let one read it, or leave it out`)

/** Everything that knows types or reads records: the sources, and the destinations for when a source is gone. */
export const catalogueOf = ({ sources, routes }: Definition) => [
  ...Object.values(sources).map(({ catalogue }) => catalogue),
  ...routes.map(({ destination }) => destination.accepts)
]

/** What knows the types that a route reads: its sources; what it delivers to, where these are gone. */
export const knownTo = (
  { from, destination }: Route,
  sources: Definition["sources"]
): ReadonlyArray<Catalogue> => {
  const read = Object.entries(sources).filter(([name]) => from?.includes(name) ?? true)
  return read.length === 0 ? [destination.accepts] : read.map(([, { catalogue }]) => catalogue)
}

/** Names the pattern that no type matches, and what was probably meant. */
export const strangerIn = (
  patterns: ReadonlyArray<string>,
  catalogues: ReadonlyArray<Catalogue>
): string | undefined => {
  const unknown = patterns.find((pattern) =>
    catalogues.every((catalogue) => unmatched([pattern], catalogue).length > 0)
  )
  if (unknown === undefined) return undefined
  const close = meant(catalogues, unknown)
  const advice = close === undefined ? "see the types of its source" : `did you mean ${close}?`
  return `no event is called ${unknown}; ${advice}`
}

const problemOf = (route: Route, { sources }: Definition): string | undefined => {
  const stranger = route.from?.find((name) => !(name in sources))
  if (stranger !== undefined) {
    return `route ${route.name} reads from ${stranger}, but the sources are ${Object.keys(sources).join(", ")}`
  }
  const read = Object.entries(sources).filter(([name]) => route.from?.includes(name) ?? true)
  const catalogues = read.map(([, { catalogue }]) => catalogue)
  const unknown = strangerIn([...(route.when ?? []), ...(route.except ?? [])], catalogues)
  return unknown === undefined ? refusedTypes(route, catalogues) : `route ${route.name}: ${unknown}`
}

const refusedTypes = (route: Route, catalogues: ReadonlyArray<Catalogue>): string | undefined => {
  const { accepts, plugin } = route.destination
  const known = catalogues.flatMap(({ types }) => [...(types ?? [])])
  const named = (route.when ?? [])
    .filter((pattern) => pattern !== "*")
    .map((pattern) => spelled(catalogues, pattern))
  // A transform may turn a type into another: only an unchanged route can be judged by its names.
  if (accepts.types === undefined || route.changes.length > 0 || isChanging(route)) return undefined
  const refused = known.filter(
    (type) => named.some((pattern) => matches(pattern, type)) && !accepts.types?.has(type)
  )
  return refused.length === 0
    ? undefined
    : `route ${route.name}: ${plugin} does not accept ${refused.slice(0, 5).join(", ")}; leave them out of \`when\``
}
