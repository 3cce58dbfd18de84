/**
 * The intake of one source: a chunk through every route that reads it, then one append, then what was prepared is
 * handed to the lanes.
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Semaphore from "effect/Semaphore"
import * as Codec from "../Codec.ts"
import type { Opened } from "../Destination.ts"
import type { Event } from "../Event.ts"
import type { Checkpoint, Chunk, Intake, Malformed, Split } from "../Intake.ts"
import type { Count } from "../Ledger.ts"
import type { Appending, Buried, NewParcel, Outbox, OutboxError } from "../Outbox.ts"
import type { Route } from "../Route.ts"
import type { Source } from "../Source.ts"
import type { Lane } from "./Lane.ts"
import { type Failed, plan, type Selection } from "./Plan.ts"
import { type Placed, type Prepared, prepareParcel } from "./Prepare.ts"

/** A route ready to take events; `opened` and `lanes` change when its destination is opened anew. */
export interface OpenRoute {
  readonly route: Route
  readonly opened: Opened
  readonly selected: Selection
  readonly lanes: ReadonlyMap<string, Lane>
}

export interface Progress {
  consumed: number
  expected: number
}

export interface Options {
  readonly name: string
  readonly source: Source
  readonly routes: ReadonlyArray<OpenRoute>
  readonly outbox: Outbox["Service"]
  /** One append at a time over all sources: lanes are told of parcels in the order of their sequences. */
  readonly turn: Semaphore.Semaphore
  /** Suspends while every lane in good health has more than enough. */
  readonly pace: Effect.Effect<void>
  readonly progress: Progress
  /** Ends the exporter; the source is interrupted. */
  readonly fail: (error: OutboxError) => Effect.Effect<never>
}

interface Outgoing {
  readonly parcel: NewParcel
  readonly lane: Lane
  readonly opened: Opened
  readonly route: Route
  readonly placed: ReadonlyArray<Placed>
}

export const make = (options: Options): Intake => {
  const { name, source, routes, outbox, progress } = options
  const checkpoints = new Map<Split, Checkpoint>()
  const lost = new Map<Split, Deferred.Deferred<void>>()
  const routeNames = routes.map(({ route }) => route.name)

  const entryOf = (
    chunk: Chunk<Event>,
    at: number
  ): { entry: Appending; outgoing: ReadonlyArray<Outgoing> } => {
    const { events, malformed } = chunk
    const records = chunk.records ?? Codec.encodeEvents(events)
    const input = {
      events,
      sizeOf: (position: number) => records.ends[position]! - (records.ends[position - 1] ?? 0),
      invalid: invalidIn(source, events)
    }
    const counts: Array<Count> = routeNames.map((route) => ({
      route,
      kind: "read",
      key: "",
      events: malformed.length
    }))
    const buried: Array<Buried> = malformed.map((record) => buryMalformed(record, routeNames))
    const outgoing: Array<Outgoing> = []
    for (const { route, opened, selected, lanes } of routes) {
      const planned = plan(route, selected, opened, input)
      counts.push(...planned.counts)
      buried.push(...planned.failed.map((failed) => buryFailed(failed, route.name, records)))
      for (const [laneName, { positions, placed }] of planned.lanes) {
        if (positions.length === 0) continue
        const parcel = { route: route.name, lane: laneName, records: Codec.select(records, positions) }
        outgoing.push({ parcel, lane: lanes.get(laneName)!, opened, route, placed })
      }
    }
    const origin = { source: name, split: chunk.split ?? "", position: chunk.checkpoint ?? "" }
    const entry = { origin, at, parcels: outgoing.map(({ parcel }) => parcel), buried, counts }
    if (chunk.split === undefined || chunk.checkpoint === undefined) return { entry, outgoing }
    const advance = { split: chunk.split, after: checkpoints.get(chunk.split), to: chunk.checkpoint }
    return { entry: { ...entry, advance }, outgoing }
  }

  const append = (chunk: Chunk<Event>): Effect.Effect<void, OutboxError> =>
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const { entry, outgoing } = entryOf(chunk, now)
      // Prepared while the events are young; a lane that lags or is in trouble reads them back when it can.
      const prepared = outgoing.map(({ lane, opened, route, placed }): Prepared | undefined =>
        lane.accepts() ? prepareParcel(opened, lane.key.lane, route.ordering, placed, 0) : undefined
      )
      const handOn = (sequences: ReadonlyArray<number>) => {
        for (let i = 0; i < outgoing.length; i++) outgoing[i]!.lane.offer(sequences[i]!, prepared[i], now)
        if (entry.advance !== undefined) checkpoints.set(entry.advance.split, entry.advance.to)
        progress.consumed += chunk.consumed ?? 0
      }
      // Interrupted half-way, the parcels may be stored and unheard of: their lanes look for themselves.
      const lag = Effect.sync(() => {
        for (const { lane } of outgoing) lane.lag()
      })
      yield* options.turn.withPermit(Effect.onInterrupt(Effect.map(outbox.append(entry), handOn), () => lag))
      yield* options.pace
    })

  return {
    append: (chunk) =>
      Effect.catch(append(chunk), (error) => {
        const gone = chunk.split === undefined ? undefined : lost.get(chunk.split)
        return error.reason === "Overtaken" && gone !== undefined
          ? Effect.andThen(Deferred.succeed(gone, undefined), Effect.never)
          : options.fail(error)
      }),
    full: Effect.catch(outbox.full, options.fail),
    claim: (split, read) =>
      Effect.scoped(
        Effect.gen(function* () {
          const lease = yield* Effect.catch(outbox.lease(`${name}/${split}`), options.fail)
          if (Option.isNone(lease)) return
          const gone = yield* Deferred.make<void>()
          const after = yield* Effect.catch(outbox.checkpoint(name, split), options.fail)
          if (Option.isSome(after)) checkpoints.set(split, after.value)
          else checkpoints.delete(split)
          lost.set(split, gone)
          yield* Effect.ensuring(
            Effect.raceFirst(Effect.asVoid(read(after)), Effect.raceFirst(lease.value, Deferred.await(gone))),
            Effect.sync(() => {
              lost.delete(split)
              checkpoints.delete(split)
            })
          )
        })
      ),
    expect: (bytes) =>
      Effect.sync(() => {
        progress.expected += bytes
      })
  }
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

const buryMalformed = (record: Malformed, routes: ReadonlyArray<string>): Buried => ({
  routes,
  reason: record.reason,
  detail: `${record.position}: ${record.detail}`,
  record: record.raw,
  codec: "",
  parameter: ""
})

const buryFailed = ({ position, reason, detail }: Failed, route: string, records: Codec.Records): Buried => ({
  routes: [route],
  reason,
  detail,
  record: Codec.select(records, [position]).bytes,
  codec: records.codec,
  parameter: records.parameter
})
