/**
 * What the intake of one source asks of the thread that owns the outbox and the lanes: one append at a time over all
 * sources, then what was prepared is handed to the lanes.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type * as Semaphore from "effect/Semaphore"
import type { Checkpoint, Split } from "../Intake.ts"
import type { Outbox, OutboxError } from "../Outbox.ts"
import type { Lane } from "./Lane.ts"
import type { Planned } from "./Planner.ts"

/** A split that is this intake's alone until the scope closes. */
export interface Claim {
  readonly after: Option.Option<Checkpoint>
  /** Completes when another has it. */
  readonly lost: Effect.Effect<void>
}

export interface Door {
  /** Resolves when there is room for a chunk. */
  readonly room: Effect.Effect<void>
  /** Whether `room` would suspend. */
  readonly full: Effect.Effect<boolean>
  /** Resolves when the chunk is durable and its lanes have it, and the source may go on; fails as `Overtaken` alone. */
  readonly store: (planned: Planned) => Effect.Effect<void, OutboxError>
  /** The same, of the events alone that were not taken before: asked and stored in one turn. */
  readonly storeUnseen: (
    ids: ReadonlyArray<string>,
    plan: (seen: ReadonlySet<string>) => Planned
  ) => Effect.Effect<void, OutboxError>
  readonly claim: (split: Split) => Effect.Effect<Option.Option<Claim>, never, Scope.Scope>
  /** So many bytes of input lie ahead. */
  readonly expect: (bytes: number) => Effect.Effect<void>
  /** Ends the exporter. */
  readonly fail: (error: OutboxError) => Effect.Effect<never>
}

export interface Progress {
  consumed: number
  expected: number
}

/** A route whose lanes are handed what was prepared. */
export interface HandedRoute {
  readonly route: { readonly name: string }
  readonly lanes: ReadonlyMap<string, Lane>
}

export interface Options {
  readonly name: string
  readonly routes: ReadonlyArray<HandedRoute>
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

/** The door in the owner's own thread. */
export const make = (options: Options): Door => {
  const { name, routes, outbox, progress, dedupe } = options
  const laneOf = (route: string, lane: string) =>
    routes.find((found) => found.route.name === route)?.lanes.get(lane)

  /** To be run in turn. */
  const append = ({ entry, prepared, consumed }: Planned, at: number) => {
    const lanes = entry.parcels.map(({ route, lane }) => laneOf(route, lane))
    const bytesOf = (index: number) => entry.parcels[index]!.records.bytes.length
    const handOn = (sequences: ReadonlyArray<number>) => {
      for (const [i, lane] of lanes.entries()) lane?.offer(sequences[i]!, bytesOf(i), prepared[i], at)
      progress.consumed += consumed
    }
    // Interrupted half-way, the parcels may be stored and unheard of: their lanes look for themselves.
    const lag = Effect.sync(() => {
      for (const [i, lane] of lanes.entries()) lane?.lag(bytesOf(i))
    })
    const forget = dedupe === undefined ? {} : { forget: at - dedupe }
    return Effect.onInterrupt(Effect.map(outbox.append({ ...entry, at, ...forget }), handOn), () => lag)
  }

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

  const stored = (body: (now: number) => Effect.Effect<void, OutboxError>) =>
    Effect.catch(Effect.andThen(inTurn(body), options.pace), (error) =>
      error.reason === "Overtaken" ? Effect.fail(error) : options.fail(error)
    )

  const isAnyFull = () => routes.some(({ lanes }) => [...lanes.values()].some((lane) => lane.isFull()))

  return {
    room: Effect.andThen(
      outbox.room,
      options.until(() => !isAnyFull())
    ),
    full: Effect.map(outbox.full, (full) => full || isAnyFull()),
    store: (planned) => stored((now) => append(planned, now)),
    storeUnseen: (ids, plan) =>
      stored((now) =>
        Effect.flatMap(outbox.seen(ids, now - (dedupe ?? 0)), (seen) => append(plan(seen), now))
      ),
    claim: (split) =>
      Effect.gen(function* () {
        const lease = yield* outbox.lease(`${name}/${split}`)
        if (Option.isNone(lease)) return Option.none()
        return Option.some({ lost: lease.value, after: yield* outbox.checkpoint(name, split) })
      }).pipe(Effect.catch(options.fail)),
    expect: (bytes) =>
      Effect.sync(() => {
        progress.expected += bytes
      }),
    fail: options.fail
  }
}
