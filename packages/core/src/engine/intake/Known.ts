/**
 * Which types an exporter knows, and who reads their records.
 */
import { type Catalogue, meant } from "../../Catalogue.ts"
import type { Definition } from "../../Definition.ts"
import { type Route, reads, unmatched } from "../../Route.ts"

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
  const read = Object.entries(sources).filter(([name]) => reads({ from }, name))
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
