/**
 * A range of the past for one route: refused where it cannot be read again, else read from every source of the route, one
 * after the other. Owns nothing; how far it is stands in the outbox, under a name that the same request always has.
 */
import * as Effect from "effect/Effect"
import type { Definition } from "../../Definition.ts"
import type { Outbox, OutboxError } from "../../Outbox.ts"
import { type Route, reads } from "../../Route.ts"
import { DefinitionError, type Past as PastRange } from "../../Running.ts"
import type { Source, SourceError } from "../../Source.ts"
import * as Erasures from "../intake/Erasures.ts"
import type * as Intake from "../intake/Intake.ts"
import * as Known from "../intake/Known.ts"
import * as Supervise from "../intake/Supervise.ts"
import * as Past from "./Past.ts"

export interface Options {
  readonly definition: Definition
  readonly outbox: Outbox["Service"]
  /** For a source read again for one route alone, with checkpoints under a name of its own. */
  readonly intakeOf: (
    name: string,
    source: Source,
    route: string,
    isErased: Erasures.IsErased | undefined
  ) => Intake.Made
}

type Named = readonly [name: string, source: Source]

/** Yields how many events were read, once all are stored. */
export const replayPast = Effect.fnUntraced(function* (
  { definition, outbox, intakeOf }: Options,
  past: PastRange
): Effect.fn.Return<number, DefinitionError | OutboxError | SourceError> {
  const route = definition.routes.find(({ name }) => name === past.route)
  if (route === undefined) return yield* new DefinitionError({ detail: `there is no route ${past.route}` })
  const sources = sourcesOf(definition, route)
  const refusal = refusalOf(sources, past)
  if (refusal !== undefined) return yield* new DefinitionError({ detail: refusal })
  const isErased = past.erased === true ? undefined : Erasures.isErased(yield* outbox.erasures)
  let events = 0
  for (const [name, source] of sources) {
    const again = Past.source(source, past, (count) => {
      events += count
    })
    const intake = intakeOf(Past.nameOf(name, past), again, route.name, isErased)
    yield* Supervise.once(again, intake, { follow: false })
  }
  return events
})

const sourcesOf = (definition: Definition, route: Route): ReadonlyArray<Named> =>
  Object.entries(definition.sources).filter(([name]) => reads(route, name))

const refusalOf = (sources: ReadonlyArray<Named>, { types = [] }: PastRange): string | undefined => {
  const stubborn = sources.find(([, { replayable }]) => replayable !== true)
  return stubborn === undefined
    ? Known.strangerIn(
        types,
        sources.map(([, { catalogue }]) => catalogue)
      )
    : `source ${stubborn[0]} cannot be read again: it keeps no past`
}
