/**
 * One chunk through every route that reads its source: what is to be stored, and what lanes that send are handed at
 * once. Pure.
 */
import type * as Clock from "effect/Clock"
import type { Opened } from "../../Destination.ts"
import type { Event } from "../../Event.ts"
import type { Chunk, Malformed } from "../../Intake.ts"
import type { Count } from "../../Ledger.ts"
import type { Appending, Buried, NewParcel } from "../../Outbox.ts"
import type { Route } from "../../Route.ts"
import type { Source } from "../../Source.ts"
import { isChanging } from "../message/Change.ts"
import * as MessageBuffer from "../message/MessageBuffer.ts"
import { type Prepared, prepareParcel } from "../message/Prepare.ts"
import type { IsErased } from "./Erasures.ts"
import { plan, type Selection } from "./Plan.ts"
import * as Stored from "./Stored.ts"

/** A route as chunks go through it. `opened` changes when its destination is opened anew. */
export interface PlannedRoute {
  readonly route: Route
  readonly opened: Opened
  readonly selected: Selection
  /** Whether preparing a chunk's events now is worth it: the track is the lane's own, and the lane sends and has room. */
  readonly accepts: (lane: string, track: number) => boolean
}

/** What becomes of a chunk. */
export interface Planned {
  /** Without the time of the append, nor what is to be forgotten then. */
  readonly entry: Omit<Appending, "at" | "forget">
  /** Of each parcel, what its lane is handed once it is durable; a lane that lags reads it back when it can. */
  readonly prepared: ReadonlyArray<Prepared | undefined>
  /** Bytes of input. */
  readonly consumed: number
  readonly read: Read
}

/** What was read, told of the source. */
export interface Read {
  /** Bad records among them. */
  readonly events: number
  readonly bad: number
  /** The latest time of an event, in epoch milliseconds; `-Infinity` without any. */
  readonly newest: number
  /** When the chunk began to be planned, and when that ended, in epoch milliseconds. */
  readonly began: number
  readonly ended: number
}

export interface Planner {
  /** `duplicates` events were left out of the chunk before; they are counted. */
  readonly plan: (chunk: Chunk<Event>, advance: Appending["advance"], duplicates: number) => Planned
}

export interface Options {
  /** The name of the source. */
  readonly name: string
  readonly source: Source
  readonly routes: ReadonlyArray<PlannedRoute>
  /** Into how many tracks each lane is divided. */
  readonly tracks: number
  /** Whether ids of what is kept are to be remembered. */
  readonly remembers: boolean
  readonly clock: Clock.Clock
  /** Set where events are read again. */
  readonly isErased?: IsErased | undefined
}

export const make = ({ name, source, routes, tracks, remembers, clock, isErased }: Options): Planner => {
  const buffer = MessageBuffer.make()
  const routeNames = routes.map(({ route }) => route.name)
  const intakeNames = routes.flatMap(({ route }) => (isChanging(route) ? [route.name] : []))
  const plainNames = routeNames.filter((name) => !intakeNames.includes(name))
  return {
    plan: (given, advance, duplicates) => {
      const began = clock.currentTimeMillisUnsafe()
      const chunk = Stored.withRecords(given)
      const { events, malformed, records } = chunk
      const input = {
        events,
        sizeOf: (position: number) => records.ends[position]! - (records.ends[position - 1] ?? 0),
        invalid: invalidIn(source, events),
        isChanged: false,
        isErased,
        tracks
      }
      const counts: Array<Count> = routeNames.flatMap(
        (route): ReadonlyArray<Count> => [
          { route, kind: "read", key: "", events: malformed.length + duplicates },
          { route, kind: "filtered", key: "duplicate", events: duplicates }
        ]
      )
      const buried: Array<Buried> = malformed.flatMap((record) => [
        ...buryMalformed(record, record.raw, plainNames),
        ...buryMalformed(record, nothing, intakeNames)
      ])
      const parcels: Array<NewParcel> = []
      const prepared: Array<Prepared | undefined> = []
      const kept = new Set<string>()
      const keep = (position: number) => {
        if (remembers) kept.add(events[position]!.id)
      }
      for (const { route, opened, selected, accepts } of routes) {
        const planned = plan(route, selected, opened, input)
        counts.push(...planned.counts)
        for (const failed of planned.failed) {
          buried.push(Stored.buryFailed(failed, route, records))
          keep(failed.position)
        }
        for (const leaving of planned.leaving) {
          const { lane, track, positions, placed } = leaving
          positions.forEach(keep)
          parcels.push({ route: route.name, lane, track, records: Stored.recordsOf(leaving, route, records) })
          // Prepared while the events are young.
          prepared.push(
            accepts(lane, track) ? prepareParcel(opened, lane, route.ordering, placed, 0, buffer) : undefined
          )
        }
      }
      const origin = { source: name, split: chunk.split ?? "", position: chunk.checkpoint ?? "" }
      // What no route kept need not be remembered: it would come to nothing again.
      const remember = [...kept].filter((id) => id !== "")
      const entry = {
        origin,
        parcels,
        buried,
        counts,
        remember,
        ...(advance === undefined ? {} : { advance })
      }
      const read = {
        events: events.length + malformed.length,
        bad: malformed.length,
        newest: newestOf(events),
        began,
        ended: clock.currentTimeMillisUnsafe()
      }
      return { entry, prepared, consumed: chunk.consumed ?? 0, read }
    }
  }
}

const newestOf = (events: ReadonlyArray<Event>): number => {
  let newest = Number.NEGATIVE_INFINITY
  for (const { time } of events) if (time > newest) newest = time
  return newest
}

/** The catalogue's verdict on an event, asked once however many routes select it. */
const invalidIn = ({ catalogue }: Source, events: ReadonlyArray<Event>) => {
  const verdicts = new Map<number, string | undefined>()
  return (position: number): string | undefined => {
    const event = events[position]!
    if (catalogue.valid(event)) return undefined
    if (!verdicts.has(position))
      verdicts.set(position, catalogue.explain(event) ?? "does not fit its catalogue")
    return verdicts.get(position)
  }
}

const nothing = new Uint8Array(0)

const buryMalformed = (
  record: Malformed,
  raw: Uint8Array,
  routes: ReadonlyArray<string>
): ReadonlyArray<Buried> =>
  routes.length === 0
    ? []
    : [
        {
          routes,
          reason: record.reason,
          detail: `${record.position}: ${record.detail}`,
          record: raw,
          codec: "",
          parameter: ""
        }
      ]
