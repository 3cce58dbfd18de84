/**
 * The past of a source, read again for one route: a range of time and types, with checkpoints of its own.
 */
import { createHash } from "node:crypto"
import * as Effect from "effect/Effect"
import { spelled } from "../../Catalogue.ts"
import * as Codec from "../../Codec.ts"
import type { Event } from "../../Event.ts"
import type { Chunk, Intake } from "../../Intake.ts"
import { matches } from "../../Route.ts"
import type { Past } from "../../Running.ts"
import type { Source } from "../../Source.ts"

/** A name that the same request always has, so that an interrupted one goes on where it stopped. */
export const nameOf = (source: string, past: Past): string => {
  const digest = createHash("sha256")
    .update(JSON.stringify([source, past]))
    .digest("hex")
  return `replay-${digest.slice(0, 16)}`
}

/** An id that the same event under the same mark always has, in the form of a UUID. */
const derivedId = (id: string, mark: string): string => {
  const hex = createHash("sha256")
    .update(JSON.stringify([mark, id]))
    .digest("hex")
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

const isAsked = ({ from, to, types }: Past, event: Event): boolean =>
  (from === undefined || event.time >= from) &&
  (to === undefined || event.time < to) &&
  (types?.some((pattern) => matches(pattern, event.type)) ?? true)

/** The part of a chunk that was asked for. Bad records are dead letters since they were first read. */
const partOf = (chunk: Chunk, past: Past): Chunk => {
  const { records, ...rest } = chunk
  const positions = [...chunk.events.keys()].filter((position) => isAsked(past, chunk.events[position]!))
  const events = positions.map((position) => chunk.events[position]!)
  const { as } = past
  if (as !== undefined) {
    const renamed = events.map((event) => ({ ...event, id: derivedId(event.id, as) }))
    return { ...rest, events: renamed, malformed: [] }
  }
  return {
    ...rest,
    events,
    malformed: [],
    ...(records === undefined ? {} : { records: Codec.select(records, positions) })
  }
}

/** The source as a replay reads it; `onEvents` is told how many it hands on. */
export const source = (present: Source, past: Past, onEvents: (events: number) => void): Source => ({
  ...present,
  run: (intake, options) => {
    const types = past.types?.map((pattern) => spelled([present.catalogue], pattern))
    const wanted: Past = types === undefined ? past : { ...past, types }
    const part: Intake = {
      ...intake,
      // The present tells of it: both read the same.
      unread: () => Effect.void,
      problems: () => Effect.void,
      lag: () => Effect.void,
      present: () => Effect.void,
      append: (chunk) => {
        const asked = partOf(chunk, wanted)
        onEvents(asked.events.length)
        return intake.append(asked)
      }
    }
    return present.run(part, { ...options, follow: false })
  }
})
