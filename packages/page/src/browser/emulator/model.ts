/** What the emulator answers, and what follows from it for people. Pure. */

export interface Counts {
  readonly requests: number
  readonly accepted: number
  readonly distinctEvents: number
  readonly duplicates: number
  readonly conflicting: number
  readonly dropped: number
  readonly unanswered: number
  readonly refused: Readonly<Record<string, number>>
  readonly types: Readonly<Record<string, number>>
}

export interface State {
  readonly seed: number
  readonly feeds: Readonly<Record<string, Counts>>
  readonly unknown: Counts
  readonly totals: Counts
  readonly failures: ReadonlyArray<unknown>
}

export interface TypeCount {
  readonly type: string
  readonly events: number
  readonly byFeed: Readonly<Record<string, number>>
}

/** Events by type, the most first. */
export const typesOf = ({ feeds, totals }: State): ReadonlyArray<TypeCount> =>
  Object.entries(totals.types)
    .map(([type, events]) => ({
      type,
      events,
      byFeed: Object.fromEntries(Object.entries(feeds).map(([feed, { types }]) => [feed, types[type] ?? 0]))
    }))
    .sort((one, other) => other.events - one.events || one.type.localeCompare(other.type))

interface Seen {
  /** In epoch milliseconds. */
  readonly at: number
  readonly total: number
  readonly byFeed: Readonly<Record<string, number>>
}

/** Seconds of the last minute, of which a state each is kept, and the one before. */
const seconds = 60
/** Milliseconds that a rate looks back. */
const span = 10_000

export const withState = (
  seen: ReadonlyArray<Seen>,
  { feeds, totals }: State,
  at: number
): ReadonlyArray<Seen> =>
  [
    ...seen,
    {
      at,
      total: totals.distinctEvents,
      byFeed: Object.fromEntries(Object.entries(feeds).map(([feed, counts]) => [feed, counts.distinctEvents]))
    }
  ].slice(-seconds - 1)

/** Events a second, of one feed or of all. */
export const rateOf = (seen: ReadonlyArray<Seen>, feed: string | undefined): number | undefined => {
  const last = seen.at(-1)
  const first = seen.find(({ at }) => last !== undefined && last.at - at <= span)
  if (first === undefined || last === undefined || first.at === last.at) return undefined
  const of = (one: Seen): number => (feed === undefined ? one.total : (one.byFeed[feed] ?? 0))
  return Math.max(0, ((of(last) - of(first)) * 1000) / (last.at - first.at))
}

/** Distinct events that came between one state and the next, the newest last; nothing before there were states. */
export const lastMinute = (seen: ReadonlyArray<Seen>): ReadonlyArray<number> => {
  const came = seen.slice(1).map(({ total }, index) => Math.max(0, total - (seen[index]?.total ?? 0)))
  return [...Array.from({ length: seconds - came.length }, () => 0), ...came]
}
