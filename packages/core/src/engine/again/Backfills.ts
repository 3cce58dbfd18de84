/**
 * Parts of a source's past, read beside its present: each under a name of its own, with checkpoints of its own. Owns which
 * backfills this run has had, and how far each is.
 */
import { createHash } from "node:crypto"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { spelled } from "../../Catalogue.ts"
import * as Codec from "../../Codec.ts"
import type { Definition } from "../../Definition.ts"
import type { Chunk, Intake } from "../../Intake.ts"
import type { Observe } from "../../Observer.ts"
import type { Outbox, OutboxError } from "../../Outbox.ts"
import { matches, reads } from "../../Route.ts"
import { type Backfill, type BackfillStatus, DefinitionError } from "../../Running.ts"
import type { Source, SourceError } from "../../Source.ts"
import type { Door } from "../intake/Door.ts"
import * as Erasures from "../intake/Erasures.ts"
import type { Made } from "../intake/Intake.ts"
import * as Known from "../intake/Known.ts"
import * as Progress from "../intake/Progress.ts"
import * as SourceStates from "../intake/SourceStates.ts"
import * as Supervise from "../intake/Supervise.ts"

export interface Options {
  readonly definition: Definition
  readonly outbox: Outbox["Service"]
  /** Milliseconds for which a source that fails is borne with. */
  readonly patience: number
  readonly observe: Observe | undefined
  /** For a source read for some routes under a name of its own; how it goes is told to `own`. */
  readonly intakeOf: (
    name: string,
    source: Source,
    routes: ReadonlyArray<string>,
    own: { readonly progress: Progress.Progress; readonly states: SourceStates.SourceStates }
  ) => { readonly door: Door; readonly intake: (isErased: Erasures.IsErased | undefined) => Made }
}

export interface Backfills {
  /** Resolves when all is stored. */
  readonly run: (
    backfill: Backfill
  ) => Effect.Effect<BackfillStatus, DefinitionError | OutboxError | SourceError>
  /** The last begun first. */
  readonly statuses: () => ReadonlyArray<BackfillStatus>
}

/** One backfill of this run, as it is being read. */
interface Reading {
  readonly asked: Backfill
  readonly name: string
  readonly started: number
  readonly progress: Progress.Progress
  states: SourceStates.SourceStates | undefined
  ended: { readonly at: number; readonly state: "ended" | "failed"; readonly trouble: string } | undefined
  events: number
  split: string | undefined
}

/** The same request always has this name, however fast it is read and in whatever order its types are told: an interrupted one goes on where it stopped. */
const nameOf = ({ source, from, to, types }: Backfill): string => {
  const digest = createHash("sha256")
    .update(JSON.stringify([source, from, to, types === undefined ? null : [...new Set(types)].sort()]))
    .digest("hex")
  return `backfill-${digest.slice(0, 16)}`
}

/** The events of a chunk that were asked for. Bad records may be any of them. */
const partOf = (chunk: Chunk, types: ReadonlyArray<string> | undefined): Chunk => {
  if (types === undefined) return chunk
  const { records, ...rest } = chunk
  const positions = [...chunk.events.keys()].filter((position) =>
    types.some((pattern) => matches(pattern, chunk.events[position]!.type))
  )
  return {
    ...rest,
    events: positions.map((position) => chunk.events[position]!),
    ...(records === undefined ? {} : { records: Codec.select(records, positions) })
  }
}

/** Waits after each chunk for as long as its events may take. */
const pace = (rate: number | undefined) => {
  let next = 0
  return Effect.fnUntraced(function* (events: number) {
    if (rate === undefined) return
    const now = yield* Clock.currentTimeMillis
    next = Math.max(next, now) + (events / rate) * 1000
    yield* Effect.sleep(next - now)
  })
}

/** The whole names that patterns stand for, where the source knows its types. */
const namesOf = (
  { catalogue }: Source,
  patterns: ReadonlyArray<string> | undefined
): ReadonlyArray<string> | undefined => {
  if (patterns === undefined || catalogue.types === undefined) return patterns
  return [...catalogue.types].filter((type) => patterns.some((pattern) => matches(pattern, type)))
}

const sourceOf = (present: Source, reading: Reading): Source => {
  const { from, to, types, rate } = reading.asked
  const patterns = types?.map((pattern) => spelled([present.catalogue], pattern))
  const names = namesOf(present, patterns)
  const paced = pace(rate)
  return {
    ...present,
    run: (intake, options) => {
      const part: Intake = {
        ...intake,
        // The present tells which splits are gone.
        present: () => Effect.void,
        append: Effect.fnUntraced(function* (chunk) {
          const asked = partOf(chunk, patterns)
          yield* intake.append(asked)
          reading.events += asked.events.length
          reading.split = chunk.split
          yield* paced(asked.events.length)
        })
      }
      const range = { from, to, ...(names === undefined ? {} : { types: names }) }
      return present.run(part, { ...options, follow: false, range })
    }
  }
}

const statusOf = ({
  asked,
  name,
  started,
  progress,
  states,
  ended,
  events,
  split
}: Reading): BackfillStatus => {
  const { consumed, expected, unread } = progress.now()
  const [source] = states?.statuses() ?? []
  const state = source?.state === "failing" || source?.state === "closed" ? source.state : "reading"
  return {
    ...asked,
    name,
    state: ended?.state ?? state,
    started,
    ...(ended === undefined ? {} : { ended: ended.at }),
    events,
    consumed,
    expected,
    ...(split === undefined ? {} : { split }),
    trouble: ended?.trouble ?? source?.trouble ?? "",
    unread
  }
}

/** Why it cannot be done; absent where nothing is in the way. */
const problemOf = ({ source, from, to, types }: Backfill, { sources }: Definition): string | undefined => {
  const found = sources[source]
  if (found === undefined) {
    return `there is no source ${source}; the sources are ${Object.keys(sources).join(", ")}`
  }
  if (found.ranged !== true) return `source ${source} cannot be read by the hour: it keeps no past`
  if (!(from < to)) return "the end of a backfill is to be later than its beginning"
  return Known.strangerIn(types ?? [], [found.catalogue])
}

/** Those that are there for it, or, where none is, all that read the source. */
const routesOf = ({ routes }: Definition, source: string): ReadonlyArray<string> => {
  const reading = routes.filter((route) => reads(route, source))
  const own = reading.filter(({ backfill }) => backfill === true)
  return (own.length > 0 ? own : reading).map(({ name }) => name)
}

export const make = ({ definition, intakeOf, observe, outbox, patience }: Options): Backfills => {
  const begun = new Map<string, Reading>()

  const read = Effect.fnUntraced(function* (reading: Reading) {
    const { asked, name, progress } = reading
    const source = sourceOf(definition.sources[asked.source]!, reading)
    const states = yield* SourceStates.make({ sources: [name], follow: false, patience, observe })
    reading.states = states
    const own = { progress, states }
    const { door, intake } = intakeOf(name, source, routesOf(definition, asked.source), own)
    const isErased = Erasures.isErased(yield* outbox.erasures)
    yield* Supervise.forever({
      source,
      intake: () => intake(isErased),
      run: { follow: false },
      again: door.again,
      onChange: Effect.void
    })
  }, Effect.scoped)

  const end = Effect.fnUntraced(function* (reading: Reading, state: "ended" | "failed", trouble: string) {
    reading.ended = { at: yield* Clock.currentTimeMillis, state, trouble }
    return statusOf(reading)
  })

  return {
    run: Effect.fnUntraced(function* (asked) {
      const problem = problemOf(asked, definition)
      if (problem !== undefined) return yield* new DefinitionError({ detail: problem })
      const name = nameOf(asked)
      const before = begun.get(name)
      if (before !== undefined && before.ended === undefined) {
        return yield* new DefinitionError({ detail: "this backfill is under way" })
      }
      const reading: Reading = {
        asked,
        name,
        started: yield* Clock.currentTimeMillis,
        progress: Progress.make(),
        states: undefined,
        ended: undefined,
        events: 0,
        split: undefined
      }
      begun.delete(name)
      begun.set(name, reading)
      return yield* read(reading).pipe(
        Effect.andThen(end(reading, "ended", "")),
        Effect.tapError(({ message }) => end(reading, "failed", message)),
        Effect.onInterrupt(() => Effect.asVoid(end(reading, "failed", "it was stopped")))
      )
    }),
    statuses: () => [...begun.values()].map(statusOf).reverse()
  }
}
