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
import { type Prepared, prepareParcel } from "./Prepare.ts"

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
  /** Suspends until it holds; asked again whenever a lane has changed. */
  readonly until: (holds: () => boolean) => Effect.Effect<void>
  /** Suspends while every lane in good health has more than enough. */
  readonly pace: Effect.Effect<void>
  readonly progress: Progress
  /**
   * For how many milliseconds the ids of events are remembered. 0: none are, and old ones are forgotten. `undefined`: what
   * others remember is left as it is.
   */
  readonly dedupe: number | undefined
  /** Ends the exporter; the source is interrupted. */
  readonly fail: (error: OutboxError) => Effect.Effect<never>
}

interface Planned {
  readonly entry: Omit<Appending, "at">
  readonly outgoing: ReadonlyArray<Outgoing>
}

interface Outgoing {
  readonly lane: Lane
  /** What it is handed once the parcel is durable. */
  readonly prepared: Prepared | undefined
}

export const make = (options: Options): Intake => {
  const { name, source, routes, outbox, progress, dedupe } = options
  const checkpoints = new Map<Split, Checkpoint>()
  const lost = new Map<Split, Deferred.Deferred<void>>()
  const remembers = dedupe !== undefined && dedupe > 0
  const routeNames = routes.map(({ route }) => route.name)

  const planOf = (chunk: Chunk<Event>, duplicates: number): Planned => {
    const { events, malformed } = chunk
    const records = chunk.records ?? Codec.encodeEvents(events)
    const input = {
      events,
      sizeOf: (position: number) => records.ends[position]! - (records.ends[position - 1] ?? 0),
      invalid: invalidIn(source, events)
    }
    const counts: Array<Count> = routeNames.flatMap(
      (route): ReadonlyArray<Count> => [
        { route, kind: "read", key: "", events: malformed.length + duplicates },
        { route, kind: "filtered", key: "duplicate", events: duplicates }
      ]
    )
    const buried: Array<Buried> = malformed.map((record) => buryMalformed(record, routeNames))
    const parcels: Array<NewParcel> = []
    const outgoing: Array<Outgoing> = []
    const kept = new Set<string>()
    for (const { route, opened, selected, lanes } of routes) {
      const planned = plan(route, selected, opened, input)
      counts.push(...planned.counts)
      buried.push(...planned.failed.map((failed) => buryFailed(failed, route.name, records)))
      if (remembers) for (const { position } of planned.failed) kept.add(events[position]!.id)
      for (const [laneName, { positions, placed }] of planned.lanes) {
        if (positions.length === 0) continue
        if (remembers) for (const position of positions) kept.add(events[position]!.id)
        parcels.push({ route: route.name, lane: laneName, records: Codec.select(records, positions) })
        const lane = lanes.get(laneName)!
        // Prepared while the events are young; a lane that lags or is in trouble reads them back when it can.
        const prepared = lane.accepts()
          ? prepareParcel(opened, laneName, route.ordering, placed, 0)
          : undefined
        outgoing.push({ lane, prepared })
      }
    }
    const origin = { source: name, split: chunk.split ?? "", position: chunk.checkpoint ?? "" }
    // What no route kept need not be remembered: it would come to nothing again.
    const remember = [...kept].filter((id) => id !== "")
    const entry = { origin, parcels, buried, counts, remember }
    if (chunk.split === undefined || chunk.checkpoint === undefined) return { entry, outgoing }
    const advance = { split: chunk.split, after: checkpoints.get(chunk.split), to: chunk.checkpoint }
    return { entry: { ...entry, advance }, outgoing }
  }

  /** Stores what is planned and hands it on; to be run in turn. */
  const store = ({ entry, outgoing }: Planned, consumed: number, at: number) => {
    const bytesOf = (index: number) => entry.parcels[index]!.records.bytes.length
    const handOn = (sequences: ReadonlyArray<number>) => {
      for (const [i, { lane, prepared }] of outgoing.entries()) {
        lane.offer(sequences[i]!, bytesOf(i), prepared, at)
      }
      if (entry.advance !== undefined) checkpoints.set(entry.advance.split, entry.advance.to)
      progress.consumed += consumed
    }
    // Interrupted half-way, the parcels may be stored and unheard of: their lanes look for themselves.
    const lag = Effect.sync(() => {
      for (const [i, { lane }] of outgoing.entries()) lane.lag(bytesOf(i))
    })
    const forget = dedupe === undefined ? {} : { forget: at - dedupe }
    return Effect.onInterrupt(Effect.map(outbox.append({ ...entry, at, ...forget }), handOn), () => lag)
  }

  /** The events that were not taken before: asked and stored in one turn, so that of two at once one is taken. */
  const storeUnseen = (chunk: Chunk<Event>, window: number, now: number) =>
    Effect.gen(function* () {
      const ids = chunk.events.map(({ id }) => id)
      const fresh = firstOf(ids, yield* outbox.seen(ids, now - window))
      const planned = planOf(only(chunk, fresh), ids.length - fresh.length)
      yield* store(planned, chunk.consumed ?? 0, now)
    })

  const isAnyFull = () => routes.some(({ lanes }) => [...lanes.values()].some((lane) => lane.isFull()))

  const room = Effect.andThen(
    outbox.room,
    options.until(() => !isAnyFull())
  )

  /** Never waits for room in turn: whoever replays dead letters needs the turn, and may be the one who makes room. */
  const inTurn = (
    body: (now: number) => Effect.Effect<void, OutboxError>
  ): Effect.Effect<void, OutboxError> =>
    options.turn
      .withPermit(
        Effect.flatMap(outbox.full, (full) =>
          full ? Effect.succeed(false) : Effect.as(Effect.flatMap(Clock.currentTimeMillis, body), true)
        )
      )
      .pipe(Effect.flatMap((done) => (done ? Effect.void : Effect.andThen(outbox.room, inTurn(body)))))

  const append = (chunk: Chunk<Event>): Effect.Effect<void, OutboxError> =>
    Effect.gen(function* () {
      yield* room
      if (remembers) yield* inTurn((now) => storeUnseen(chunk, dedupe, now))
      else {
        const planned = planOf(chunk, 0)
        yield* inTurn((now) => store(planned, chunk.consumed ?? 0, now))
      }
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
    full: Effect.map(outbox.full, (full) => full || isAnyFull()),
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

/** The first position of each id that was not seen. An empty id is no id: it makes nothing a duplicate. */
const firstOf = (ids: ReadonlyArray<string>, seen: ReadonlySet<string>): ReadonlyArray<number> => {
  const taken = new Set(seen)
  const positions: Array<number> = []
  for (let position = 0; position < ids.length; position++) {
    const id = ids[position]!
    if (id !== "" && taken.has(id)) continue
    taken.add(id)
    positions.push(position)
  }
  return positions
}

const only = (chunk: Chunk<Event>, positions: ReadonlyArray<number>): Chunk<Event> => {
  const { events, records } = chunk
  if (positions.length === events.length) return chunk
  const kept = { ...chunk, events: positions.map((position) => events[position]!) }
  return records === undefined ? kept : { ...kept, records: Codec.select(records, positions) }
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
