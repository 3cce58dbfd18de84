/**
 * Dead letters through their routes again, in one append per origin, so that what is stored tells where it came from.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Codec from "../../Codec.ts"
import type { Opened } from "../../Destination.ts"
import type { Event } from "../../Event.ts"
import {
  count,
  type Decode,
  type Filter,
  type Found,
  forEachPage,
  type Replayed
} from "../../internal/deadLetters.ts"
import type { Appending, NewParcel, Outbox, OutboxError } from "../../Outbox.ts"
import type { Route } from "../../Route.ts"
import * as Erasures from "../intake/Erasures.ts"
import { plan, type Selection } from "../intake/Plan.ts"
import * as Stored from "../intake/Stored.ts"
import { isChanged } from "../message/Change.ts"

export interface Target {
  readonly route: Route
  readonly opened: Opened
  readonly selected: Selection
}

interface Readable extends Found {
  readonly event: Event
}

export const replay = Effect.fnUntraced(function* (
  outbox: Outbox["Service"],
  targetOf: (route: string) => Target | undefined,
  read: Decode,
  filter: Filter,
  /** Told of what is stored now and no lane has heard of. */
  onStored: (parcels: ReadonlyArray<NewParcel>) => Effect.Effect<void>
): Effect.fn.Return<Replayed, OutboxError> {
  const isErased = Erasures.isErased(yield* outbox.erasures)
  let replayed = 0
  let left = 0
  // An event at which its route throws becomes a dead letter again, behind all there were.
  const { last } = yield* count(outbox, read, filter)
  const again = Effect.fnUntraced(function* (found: ReadonlyArray<Found>) {
    for (const group of groupsOf(found)) {
      const target = targetOf(group[0]!.letter.route)
      const readable = group.filter((one): one is Readable => one.event !== undefined)
      if (target === undefined || readable.length === 0) {
        left += group.length
        continue
      }
      left += group.length - readable.length
      replayed += readable.length
      const entry = entryOf(target, readable, {
        isErased,
        tracks: outbox.tracks,
        at: yield* Clock.currentTimeMillis
      })
      yield* outbox.append(entry)
      yield* onStored(entry.parcels)
    }
  })
  yield* forEachPage(outbox, read, filter, again, last)
  return { replayed, left }
})

/** Letters of one route, origin and codec together. */
const groupsOf = (found: ReadonlyArray<Found>): ReadonlyArray<ReadonlyArray<Found>> => [
  ...Map.groupBy(found, ({ letter: { route, origin, codec, parameter } }) =>
    JSON.stringify([route, origin, codec, parameter])
  ).values()
]

const entryOf = (
  { route, opened, selected }: Target,
  readable: ReadonlyArray<Readable>,
  {
    isErased,
    tracks,
    at
  }: { readonly isErased: Erasures.IsErased | undefined; readonly tracks: number; readonly at: number }
): Appending => {
  const [{ letter }] = readable as [Readable]
  const { codec, parameter, origin } = letter
  const events = readable.map(({ event }) => event)
  const records = recordsOf(readable, codec, parameter)
  const planned = plan(route, selected, opened, {
    events,
    sizeOf: (position) => readable[position]!.letter.record.length,
    invalid: () => undefined,
    isChanged: isChanged(records),
    isErased,
    tracks
  })
  return {
    origin,
    at,
    parcels: planned.leaving.map((leaving) => ({
      route: route.name,
      lane: leaving.lane,
      track: leaving.track,
      records: Stored.recordsOf(leaving, route, records)
    })),
    buried: planned.failed.map((failed) => Stored.buryFailed(failed, route, records)),
    // They were read long ago.
    counts: planned.counts.filter(({ kind }) => kind !== "read"),
    revives: readable.map(({ letter }) => letter.id)
  }
}

const recordsOf = (readable: ReadonlyArray<Readable>, codec: string, parameter: string): Codec.Records => {
  const parts = readable.map(({ letter }) => letter.record)
  const ends = new Uint32Array(parts.length)
  let end = 0
  for (let i = 0; i < parts.length; i++) {
    end += parts[i]!.length
    ends[i] = end
  }
  // One by itself may be a megabyte, which need not be copied.
  return { codec, parameter, bytes: parts.length === 1 ? parts[0]! : Buffer.concat(parts), ends }
}
