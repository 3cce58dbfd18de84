/**
 * What the compiler proves of a chain, proved at start for an exporter from a file.
 */
import * as Effect from "effect/Effect"
import { type Catalogue, spelled } from "../Catalogue.ts"
import type { Definition } from "../Definition.ts"
import { follows, matches, type Route, reads } from "../Route.ts"
import { DefinitionError, type StartOptions } from "../Running.ts"
import { strangerIn } from "./intake/Known.ts"
import { isChanging } from "./message/Change.ts"

/** Fails with all that is wrong, one line each. */
export const validate = (
  definition: Definition,
  { readers = [] }: Pick<StartOptions, "readers"> = {}
): Effect.Effect<void, DefinitionError> => {
  const problems = [
    ...definition.routes.map((route) => problemOf(route, definition)),
    ...namedTwice(definition),
    ...unread(definition),
    readers.length > 0 && definition.dedupe !== undefined ? readOnce : undefined
  ].filter((problem) => problem !== undefined)
  return problems.length === 0
    ? Effect.void
    : Effect.fail(new DefinitionError({ detail: problems.join("\n") }))
}

const readOnce =
  "with `dedupe` every event is looked up before it is prepared, which one thread does; leave out `workers` or `dedupe`"

const namedTwice = ({ routes }: Definition): ReadonlyArray<string> => {
  const names = routes.map(({ name }) => name)
  const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index))
  return [...twice].map((name) => `two routes are named ${name}; give each a name of its own`)
}

/** What no route reads would be read all the same, and be nowhere afterwards. */
const unread = ({ sources, routes }: Definition): ReadonlyArray<string> =>
  Object.keys(sources)
    .filter((name) => !routes.some((route) => follows(route, name)))
    .map((name) => `no route reads from source ${name}; let one read it, or leave it out`)

const problemOf = (route: Route, { sources }: Definition): string | undefined => {
  const stranger = route.from?.find((name) => !(name in sources))
  if (stranger !== undefined) {
    return `route ${route.name} reads from ${stranger}, but the sources are ${Object.keys(sources).join(", ")}`
  }
  const read = Object.entries(sources).filter(([name]) => reads(route, name))
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
