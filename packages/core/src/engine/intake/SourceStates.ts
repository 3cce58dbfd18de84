/**
 * What each source does, what it cannot read, and how far it is behind: told by its intake, by that of each thread that reads it too.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Lag, Problem } from "../../Intake.ts"
import * as Log from "../../Log.ts"
import type { Observe } from "../../Observer.ts"
import type { SourceStatus } from "../../Running.ts"
import { SourceError } from "../../Source.ts"
import type { Read } from "./Planner.ts"
import * as Rate from "./Rate.ts"
import * as SourceGate from "./SourceGate.ts"

export interface SourceStates {
  /** A chunk of the source is durable. */
  readonly onRead: (source: string, now: number, read: Read) => void
  /** One split more, or fewer, is being read. */
  readonly onClaim: (source: string, change: 1 | -1) => void
  /** What one reader of the source cannot read now; all that it said before is replaced. */
  readonly problems: (source: string, reader: number, found: ReadonlyArray<Problem>) => Effect.Effect<void>
  /** How far one reader of the source is behind; what it said before is replaced. */
  readonly lag: (source: string, reader: number, found: Lag) => Effect.Effect<void>
  /** A reader of the source has failed. Yields when it is to run again: `true`; or that it never is: `false`. */
  readonly again: (source: string, error: SourceError) => Effect.Effect<boolean>
  /** The source has ended by itself. */
  readonly ended: (source: string) => Effect.Effect<void>
  /** Why sources cannot go on, or could not so far, one line each; absent when all are well. */
  readonly error: () => SourceError | undefined
  readonly statuses: () => ReadonlyArray<SourceStatus>
}

interface State {
  lastRead: number | undefined
  claims: number
  /** The latest time of an event that was read. */
  newest: number
  readonly rate: Rate.Rate
  readonly lags: Map<number, Lag>
  readonly gate: SourceGate.SourceGate
  readonly byReader: Map<number, ReadonlyArray<Problem>>
  /** By what they concern. */
  standing: ReadonlyMap<string, Standing>
}

type Standing = Problem & { readonly since: number }

/** The most lines about problems that begin, or end, at once. */
const most = 5

const keyOf = ({ split, reason }: Problem): string => JSON.stringify([split ?? null, reason])

/** What all readers found, each once, with the time since when it stands. */
const merged = (
  byReader: ReadonlyMap<number, ReadonlyArray<Problem>>,
  before: ReadonlyMap<string, Standing>,
  now: number
): ReadonlyMap<string, Standing> => {
  const found = new Map<string, Standing>()
  for (const problem of [...byReader.values()].flat()) {
    const key = keyOf(problem)
    if (!found.has(key)) found.set(key, { ...problem, since: before.get(key)?.since ?? now })
  }
  return found
}

/**
 * Each reader knows at most that others have read what is not read by itself, once it has looked: who is the least behind
 * knows the most.
 */
const leastOf = (lags: ReadonlyMap<number, Lag>): Lag | undefined =>
  [...lags.values()].reduce<Lag | undefined>(
    (least, lag) => (least === undefined || lag.count < least.count ? lag : least),
    undefined
  )

const behindOf = (
  { lags, newest, rate }: State,
  now: number
): Pick<SourceStatus, "lag" | "newestEvent" | "eventsPerSecond"> => {
  const lag = leastOf(lags)
  return {
    eventsPerSecond: rate.at(now),
    ...(lag === undefined ? {} : { lag }),
    ...(newest === Number.NEGATIVE_INFINITY ? {} : { newestEvent: newest })
  }
}

const stateOf = ({ gate, standing, claims }: State): SourceStatus["state"] => {
  const outcome = gate.outcome()
  if (outcome !== undefined) return outcome
  const health = gate.health()
  if (!health.gate.open) return "closed"
  if (health.failingSince !== Infinity && !health.isRenewing) return "failing"
  const whole = [...standing.values()].find(({ split }) => split === undefined)
  if (whole !== undefined) return whole.reason === "gone" ? "gone" : "unreadable"
  return claims > 0 ? "reading" : "waiting"
}

const troubleOf = ({ gate }: State): Pick<SourceStatus, "gate" | "trouble" | "reason" | "failingSince"> => {
  const { gate: at, trouble, reason, failingSince } = gate.health()
  const error = gate.error()
  return {
    gate: at,
    trouble: error?.message ?? trouble,
    ...(reason === "" ? {} : { reason }),
    ...(failingSince === Infinity ? {} : { failingSince })
  }
}

/** The name of the line that tells of a problem, or of its end. */
const eventOf = ({ reason, split }: Problem, isGood: boolean): Log.Name => {
  if (split !== undefined) return isGood ? "split-well" : "split-unreadable"
  if (isGood) return "source-well"
  return reason === "gone" ? "source-gone" : "source-unreadable"
}

/** All that is wrong; each line names its source where there are several. */
const together = (states: ReadonlyMap<string, State>): SourceError | undefined => {
  const errors = [...states].flatMap(([name, { gate }]) => {
    const error = gate.error()
    return error === undefined ? [] : [{ name, error }]
  })
  const [first] = errors
  if (first === undefined || states.size === 1) return first?.error
  const detail = errors.map(({ name, error }) => `source ${name}: ${error.message}`).join("\n")
  return new SourceError({ kind: first.error.kind ?? "retry", detail })
}

export const make = Effect.fnUntraced(function* (options: {
  readonly sources: ReadonlyArray<string>
  readonly follow: boolean
  /** Milliseconds for which a finite run bears with a source that fails. */
  readonly patience: number
  readonly observe: Observe | undefined
}): Effect.fn.Return<SourceStates, never, Scope.Scope> {
  const clock = yield* Clock.Clock
  const states = new Map<string, State>()
  for (const name of options.sources) {
    const gate = yield* SourceGate.make({ ...options, name })
    states.set(name, {
      lastRead: undefined,
      claims: 0,
      newest: Number.NEGATIVE_INFINITY,
      rate: Rate.make(yield* Clock.currentTimeMillis),
      lags: new Map(),
      gate,
      byReader: new Map(),
      standing: new Map()
    })
  }
  return of(states, options.follow, clock)
})

const of = (states: ReadonlyMap<string, State>, follow: boolean, clock: Clock.Clock): SourceStates => {
  const log = Effect.fnUntraced(function* (
    source: string,
    lines: ReadonlyArray<Standing>,
    isGood: boolean,
    textOf: (one: Standing) => string
  ) {
    for (const one of lines.slice(0, most)) {
      const { split, reason } = one
      const about = { source, ...(split === undefined ? {} : { split }), reason }
      yield* Log.write(eventOf(one, isGood), textOf(one), about)
    }
    const rest = lines.length - most
    if (rest <= 0) return
    const text = isGood ? `and ${rest} more can be read` : `and ${rest} more cannot be read`
    yield* Log.write(isGood ? "split-well" : "split-unreadable", text, { source })
  })

  return {
    onRead: (source, now, { events, newest }) => {
      const state = states.get(source)
      if (state === undefined) return
      state.lastRead = now
      state.rate.add(now, events)
      state.newest = Math.max(state.newest, newest)
      state.gate.onRead(now)
    },
    onClaim: (source, change) => {
      const state = states.get(source)
      if (state !== undefined) state.claims += change
    },
    problems: Effect.fnUntraced(function* (source, reader, found) {
      const state = states.get(source)
      if (state === undefined) return
      const now = yield* Clock.currentTimeMillis
      const before = state.standing
      state.byReader.set(reader, found)
      state.standing = merged(state.byReader, before, now)
      const begun = [...state.standing].filter(([key]) => !before.has(key)).map(([, one]) => one)
      const over = [...before].filter(([key]) => !state.standing.has(key)).map(([, one]) => one)
      // A finite run ends with what it could not read, and tells of it then.
      if (follow) yield* log(source, begun, false, ({ detail }) => detail)
      yield* log(source, over, true, ({ split, since }) => {
        const lasted = Duration.format(Duration.seconds(Math.round((now - since) / 1000)))
        return split === undefined
          ? `the source can be read again, after ${lasted}`
          : `no problem any more, after ${lasted}: ${split}`
      })
    }),
    lag: (source, reader, found) => Effect.sync(() => void states.get(source)?.lags.set(reader, found)),
    again: (source, error) => states.get(source)?.gate.again(error) ?? Effect.succeed(false),
    ended: (source) => states.get(source)?.gate.ended ?? Effect.void,
    error: () => together(states),
    statuses: () => {
      const now = clock.currentTimeMillisUnsafe()
      return [...states].map(([source, state]) => ({
        source,
        state: stateOf(state),
        ...troubleOf(state),
        problems: [...state.standing.values()],
        ...behindOf(state, now),
        ...(state.lastRead === undefined ? {} : { lastRead: state.lastRead })
      }))
    }
  }
}
