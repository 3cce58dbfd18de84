/**
 * What the intake of one source asks of the thread that owns the outbox and the lanes: room, an append, and what was
 * prepared is handed to the lanes.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Checkpoint, Problem, Split, Unread } from "../Intake.ts"
import type { Outbox, OutboxError } from "../Outbox.ts"
import type { UnreadSplit } from "../Running.ts"
import type { SourceError } from "../Source.ts"
import type { Appends, Asking, ToAppend } from "./Appends.ts"
import type { Lane } from "./Lane.ts"
import type { Planned } from "./Planner.ts"
import type { SourceStates } from "./SourceStates.ts"

/** A split that is this intake's alone until the scope closes. */
export interface Claim {
  readonly after: Option.Option<Checkpoint>
  /** Completes when another asks for it. */
  readonly revoked: Effect.Effect<void>
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
  /** What is left of a split, until it is claimed again. */
  readonly unread: (split: Split, left: Unread) => Effect.Effect<void>
  /** What one of the source's readers cannot read now; reader 0 is the exporter itself. */
  readonly problems: (found: ReadonlyArray<Problem>, reader?: number) => Effect.Effect<void>
  /** A reader of the source has failed. Yields when it is to run again: `true`; or that it never is: `false`. */
  readonly again: (error: SourceError) => Effect.Effect<boolean>
}

export interface Progress {
  consumed: number
  expected: number
  /** By source and split. */
  readonly unread: Map<string, UnreadSplit>
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
  readonly appends: Appends
  /** Suspends until it holds; asked again whenever a lane has changed. */
  readonly until: (holds: () => boolean) => Effect.Effect<void>
  /** Suspends while every lane in good health has more than enough. */
  readonly pace: Effect.Effect<void>
  readonly progress: Progress
  readonly states: SourceStates
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
  const { name, routes, outbox, appends, progress, states, dedupe } = options
  const laneOf = (route: string, lane: string) =>
    routes.find((found) => found.route.name === route)?.lanes.get(lane)

  const toAppend = ({ entry, prepared, consumed }: Planned, at: number): ToAppend => {
    const lanes = entry.parcels.map(({ route, lane }) => laneOf(route, lane))
    const forget = dedupe === undefined ? {} : { forget: at - dedupe }
    return {
      entry: { ...entry, at, ...forget },
      handOn: (index, sequence) =>
        lanes[index]?.offer(sequence, entry.parcels[index]!.records.bytes.length, prepared[index], at),
      onStored: () => {
        progress.consumed += consumed
        states.onRead(name, at)
      }
    }
  }

  const stored = (asking: Asking) =>
    Effect.catch(Effect.andThen(appends.append(asking), options.pace), (error) =>
      error.reason === "Overtaken" ? Effect.fail(error) : options.fail(error)
    )

  const isAnyFull = () => routes.some(({ lanes }) => [...lanes.values()].some((lane) => lane.isFull()))

  return {
    room: Effect.andThen(
      outbox.room,
      options.until(() => !isAnyFull())
    ),
    full: Effect.map(outbox.full, (full) => full || isAnyFull()),
    store: (planned) => stored({ isAlone: false, ask: (now) => Effect.succeed(toAppend(planned, now)) }),
    storeUnseen: (ids, plan) =>
      stored({
        isAlone: true,
        ask: (now) => Effect.map(outbox.seen(ids, now - (dedupe ?? 0)), (seen) => toAppend(plan(seen), now))
      }),
    claim: (split) =>
      Effect.gen(function* () {
        const lease = yield* outbox.lease(`${name}/${split}`)
        if (Option.isNone(lease)) return Option.none()
        progress.unread.delete(splitName(name, split))
        states.onClaim(name, 1)
        yield* Effect.addFinalizer(() => Effect.sync(() => states.onClaim(name, -1)))
        return Option.some({ ...lease.value, after: yield* outbox.checkpoint(name, split) })
      }).pipe(Effect.catch(options.fail)),
    expect: (bytes) =>
      Effect.sync(() => {
        progress.expected += bytes
      }),
    unread: (split, left) =>
      Effect.map(Clock.currentTimeMillis, (since) => {
        progress.unread.set(splitName(name, split), { source: name, split, ...left, since })
      }),
    problems: (found, reader = 0) => states.problems(name, reader, found),
    again: (error) => states.again(name, error)
  }
}

const splitName = (source: string, split: Split): string => JSON.stringify([source, split])
