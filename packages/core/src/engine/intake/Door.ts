/**
 * What the intake of one source asks of the thread that owns the outbox and the lanes: room, an append, and what was
 * prepared is handed to the lanes.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Checkpoint, Lag, Problem, Split, Unread } from "../../Intake.ts"
import type { Chunk, Observe } from "../../Observer.ts"
import type { Appending, Origin, Outbox, OutboxError, Token } from "../../Outbox.ts"
import * as OutboxRules from "../../OutboxRules.ts"
import type { SourceError } from "../../Source.ts"
import type { Lane } from "../lane/Lane.ts"
import * as Pacing from "../lane/Pacing.ts"
import type { Appends, Asking, ToAppend } from "./Appends.ts"
import type { Planned, Read } from "./Planner.ts"
import * as Present from "./Present.ts"
import type { Progress } from "./Progress.ts"
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
  /** The same, of the events alone that were not taken before; planned again without those that turn out to be. */
  readonly storeUnseen: (plan: (seen: ReadonlySet<string>) => Planned) => Effect.Effect<void, OutboxError>
  readonly claim: (split: Split) => Effect.Effect<Option.Option<Claim>, never, Scope.Scope>
  /** Whether a split that was lost while it was read is claimed again at once: in a run that does not look a second time. */
  readonly claimsAgain: boolean
  /** So many bytes of input lie ahead. */
  readonly expect: (bytes: number) => Effect.Effect<void>
  /** What is left of a split, until it is claimed again. */
  readonly unread: (split: Split, left: Unread) => Effect.Effect<void>
  /** What one of the source's readers cannot read now; reader 0 is the exporter itself. */
  readonly problems: (found: ReadonlyArray<Problem>, reader?: number) => Effect.Effect<void>
  /** How far one of the source's readers is behind; reader 0 is the exporter itself. */
  readonly lag: (found: Lag, reader?: number) => Effect.Effect<void>
  /** The source was looked through; tells which splits are there. */
  readonly present: Present.Present
  /** A reader of the source has failed. Yields when it is to run again: `true`; or that it never is: `false`. */
  readonly again: (error: SourceError) => Effect.Effect<boolean>
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
  /**
   * For how many milliseconds a split is waited for that another exporter reads; 0 where it is looked for again later, or where
   * there is no other exporter.
   */
  readonly waits: number
  /** On how many days a split must have been gone before its checkpoint is forgotten. */
  readonly horizon: number
  readonly observe: Observe | undefined
  /** Ends the exporter; the source is interrupted. */
  readonly fail: (error: OutboxError) => Effect.Effect<never>
}

/** How often a split is asked for that another exporter reads, in milliseconds. */
const askAgainEvery = 500

const elsewhere = "another exporter has it, and was not done with it; see its log, and run again"

/** The door in the owner's own thread. */
export const make = (options: Options): Door => {
  const { name, routes, outbox, appends, progress, states, dedupe, observe } = options
  const laneOf = (route: string, lane: string) =>
    routes.find((found) => found.route.name === route)?.lanes.get(lane)

  /** Of the leases of the splits that are claimed. */
  const tokens = new Map<Split, Token>()

  const withToken = (advance: Appending["advance"]) => {
    if (advance === undefined) return {}
    const token = tokens.get(advance.split)
    return { advance: token === undefined ? advance : { ...advance, token } }
  }

  const toAppend = ({ entry, prepared, consumed, read }: Planned, at: number): ToAppend => {
    const { parcels } = entry
    const lanes = parcels.map(({ route, lane }) => laneOf(route, lane))
    const forget = dedupe === undefined ? {} : { forget: at - dedupe }
    return {
      entry: { ...entry, at, ...forget, ...withToken(entry.advance) },
      handOn: (index, stored) => {
        const { track = 0, records } = parcels[index]!
        lanes[index]?.offer(track, stored, records.bytes.length, prepared[index], at)
      },
      onStored: () => {
        progress.onRead(consumed)
        states.onRead(name, at, read)
        observe?.(chunkOf(entry.origin, consumed, read))
      }
    }
  }

  const stored = (ask: Asking) =>
    Effect.catch(Effect.andThen(appends.append(ask), options.pace), (error) =>
      error.reason === "Overtaken" || error.reason === "Seen" ? Effect.fail(error) : options.fail(error)
    )

  const storeUnseen = (
    plan: (seen: ReadonlySet<string>) => Planned,
    seen: ReadonlySet<string>
  ): Effect.Effect<void, OutboxError> =>
    Effect.catch(
      stored((now) => {
        const { entry, ...ready } = toAppend(plan(seen), now)
        return { ...ready, entry: { ...entry, unseenSince: now - (dedupe ?? 0) } }
      }),
      (error) =>
        error.reason === "Seen"
          ? storeUnseen(plan, new Set([...seen, ...(error.seen ?? [])]))
          : Effect.fail(error)
    )

  const isAnyFull = () =>
    routes.some(({ lanes }) => [...lanes.values()].some((lane) => Pacing.holds(lane.view())))

  const leaseOf = Effect.fnUntraced(function* (split: Split) {
    const until = (yield* Clock.currentTimeMillis) + options.waits
    for (;;) {
      const [lease] = yield* outbox.lease([OutboxRules.splitLease(name, split)], 1)
      const now = yield* Clock.currentTimeMillis
      if (lease !== undefined || now >= until) return lease
      yield* Effect.sleep(Math.min(askAgainEvery, until - now))
    }
  })

  const tellLease = (split: Split, owned: boolean, token: Token) =>
    observe === undefined
      ? Effect.void
      : Effect.map(Clock.currentTimeMillis, (at) =>
          observe({ _tag: "Lease", kind: "split", source: name, split, owned, token, at })
        )

  /** Nobody is told in a run that looks again. */
  const leftTo = (split: Split) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      if (options.waits > 0) progress.onUnread(name, split, { byte: 0, what: elsewhere }, now)
    })

  return {
    claimsAgain: options.waits > 0,
    room: Effect.andThen(
      outbox.room,
      options.until(() => !isAnyFull())
    ),
    full: Effect.map(outbox.full, (full) => full || isAnyFull()),
    store: (planned) => stored((now) => toAppend(planned, now)),
    storeUnseen: (plan) => storeUnseen(plan, new Set()),
    claim: Effect.fnUntraced(function* (split) {
      const lease = yield* leaseOf(split)
      if (lease === undefined) {
        yield* leftTo(split)
        return Option.none()
      }
      tokens.set(split, lease.token)
      progress.onClaim(name, split)
      states.onClaim(name, 1)
      yield* tellLease(split, true, lease.token)
      yield* Effect.addFinalizer(() =>
        Effect.suspend(() => {
          states.onClaim(name, -1)
          if (tokens.get(split) === lease.token) tokens.delete(split)
          return tellLease(split, false, lease.token)
        })
      )
      const { lost, revoked } = lease
      return Option.some({ lost, revoked, after: yield* outbox.checkpoint(name, split) })
    }, Effect.catch(options.fail)),
    expect: (bytes) => Effect.sync(() => progress.expect(bytes)),
    unread: (split, left) =>
      Effect.map(Clock.currentTimeMillis, (now) => progress.onUnread(name, split, left, now)),
    present: Present.make({ source: name, outbox, days: options.horizon, fail: options.fail }),
    problems: (found, reader = 0) => states.problems(name, reader, found),
    lag: (found, reader = 0) => states.lag(name, reader, found),
    again: (error) => states.again(name, error)
  }
}

const chunkOf = ({ source, split }: Origin, bytes: number, { newest, ...read }: Read): Chunk => ({
  _tag: "Chunk",
  source,
  split,
  bytes,
  ...read,
  ...(newest === Number.NEGATIVE_INFINITY ? {} : { newest })
})
