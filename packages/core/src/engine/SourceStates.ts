/**
 * What each source does and what it cannot read: told by its intake, by that of each thread that reads it too.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Problem } from "../Intake.ts"
import type { SourceStatus } from "../Running.ts"
import type { SourceError } from "../Source.ts"

export interface SourceStates {
  /** A chunk of the source is durable. */
  readonly onRead: (source: string, now: number) => void
  /** One split more, or fewer, is being read. */
  readonly onClaim: (source: string, change: 1 | -1) => void
  /** What one reader of the source cannot read now; all that it said before is replaced. */
  readonly problems: (source: string, reader: number, found: ReadonlyArray<Problem>) => Effect.Effect<void>
  /** The source has ended by itself, or cannot go on. */
  readonly ended: (source: string, error?: SourceError) => Effect.Effect<void>
  readonly statuses: () => ReadonlyArray<SourceStatus>
}

interface State {
  lastRead: number | undefined
  claims: number
  outcome: "ended" | "failed" | undefined
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

const stateOf = ({ outcome, standing, claims }: State): SourceStatus["state"] => {
  if (outcome !== undefined) return outcome
  const whole = [...standing.values()].find(({ split }) => split === undefined)
  if (whole !== undefined) return whole.reason === "gone" ? "gone" : "unreadable"
  return claims > 0 ? "reading" : "waiting"
}

export const make = (sources: ReadonlyArray<string>, follow: boolean): SourceStates => {
  const states = new Map(
    sources.map((name): [string, State] => [
      name,
      { lastRead: undefined, claims: 0, outcome: undefined, byReader: new Map(), standing: new Map() }
    ])
  )

  const log = (
    source: string,
    lines: ReadonlyArray<Standing>,
    isGood: boolean,
    textOf: (one: Standing) => string
  ) =>
    Effect.gen(function* () {
      const say = (text: string, about: Readonly<Record<string, string>>) =>
        Effect.annotateLogs(isGood ? Effect.logInfo(text) : Effect.logWarning(text), { source, ...about })
      for (const one of lines.slice(0, most)) {
        const { split, reason } = one
        yield* say(textOf(one), { ...(split === undefined ? {} : { split }), reason })
      }
      const rest = lines.length - most
      if (rest > 0)
        yield* say(isGood ? `and ${rest} more can be read` : `and ${rest} more cannot be read`, {})
    })

  return {
    onRead: (source, now) => {
      const state = states.get(source)
      if (state !== undefined) state.lastRead = now
    },
    onClaim: (source, change) => {
      const state = states.get(source)
      if (state !== undefined) state.claims += change
    },
    problems: (source, reader, found) =>
      Effect.gen(function* () {
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
    ended: (source, error) =>
      Effect.gen(function* () {
        const state = states.get(source)
        if (state === undefined) return
        state.outcome = error === undefined ? "ended" : "failed"
        if (error === undefined || !follow) return
        yield* Effect.annotateLogs(Effect.logWarning(`the source cannot go on: ${error.message}`), { source })
      }),
    statuses: () =>
      [...states].map(([source, state]) => ({
        source,
        state: stateOf(state),
        problems: [...state.standing.values()],
        ...(state.lastRead === undefined ? {} : { lastRead: state.lastRead })
      }))
  }
}
