/**
 * Which listings of a store are due: from what is known of it and the time, to what to ask next. Pure.
 *
 * No listing is a cursor. Each looks at a range of hours again, and what it finds is new when no object with that key and tag
 * was read before: an object may appear late, with any name and any time.
 *
 * @since 1.0.0
 */
import * as ObjectKey from "./ObjectKey.ts"

/**
 * How often to list.
 *
 * @since 1.0.0
 * @category models
 */
export interface Pace {
  /** Milliseconds between two listings of a busy series. */
  readonly interval: number
  /** Whether notifications tell of new objects: then a series is listed when they do, and else as a quiet one. */
  readonly isTold: boolean
}

/**
 * What is known of a series.
 *
 * @since 1.0.0
 * @category models
 */
export interface SeriesState {
  readonly series: ObjectKey.Series
  /** When its newest hours were listed, when those of the last days; in epoch milliseconds. */
  readonly recentAt: number
  readonly lateAt: number
  /** When something new was found in it; `-Infinity` when nothing ever was. */
  readonly newsAt: number
  /** The earliest hour of which a notification told since it was listed. */
  readonly toldFrom?: string
}

/**
 * What is known of a store.
 *
 * @since 1.0.0
 * @category models
 */
export interface Known {
  /** When all of it was listed, and in how many requests; `-Infinity` before the first time. */
  readonly allAt: number
  readonly allCalls: number
  /** Whether objects stand in it that are in no series: only a listing of all finds the next of them. */
  readonly hasOthers: boolean
  /** When the folders above the series were listed. */
  readonly foldersAt: number
  readonly series: ReadonlyMap<string, SeriesState>
}

/**
 * A store of which nothing is known.
 *
 * @since 1.0.0
 * @category constructors
 */
export const unknown: Known = {
  allAt: Number.NEGATIVE_INFINITY,
  allCalls: 0,
  hasOthers: false,
  foldersAt: Number.NEGATIVE_INFINITY,
  series: new Map()
}

/**
 * A listing that is due.
 *
 * @since 1.0.0
 * @category models
 */
export type Due =
  /** Everything below the prefix. */
  | { readonly _tag: "All" }
  /** The folders above the series, for series that are new. */
  | { readonly _tag: "Folders" }
  /** A series from this hour on: the newest hours, or those of the last days as well. */
  | {
      readonly _tag: "Series"
      readonly series: ObjectKey.Series
      readonly from: string
      readonly isLate: boolean
    }

const hour = 3_600_000

/**
 * The paces that the number of requests follows from: see `requestsAnHour`.
 *
 * @since 1.0.0
 * @category constants
 */
export const paces = {
  /** A series is busy for so many milliseconds after something new was found in it. */
  busyFor: hour,
  /** Intervals between two listings of a quiet series, and of the folders above the series. */
  quiet: 10,
  folders: 5,
  /** Milliseconds between two listings of the last days of a series, and how far they look back. */
  late: hour,
  lookBack: 48 * hour,
  /** How far a listing of the newest hours looks back. */
  recent: 2 * hour,
  /** Milliseconds between two listings of all, where every object stands in a series. */
  all: 24 * hour,
  /** The same for each request that it took, where objects stand in none. */
  allPerCall: 6_000
} as const

const restOf = (state: SeriesState, { interval, isTold }: Pace, now: number): number =>
  isTold || now - state.newsAt >= paces.busyFor ? paces.quiet * interval : interval

const allDueAt = ({ allAt, allCalls, hasOthers }: Known, { interval }: Pace): number =>
  allAt + Math.min(paces.all, hasOthers ? Math.max(interval, allCalls * paces.allPerCall) : paces.all)

const seriesDueAt = (state: SeriesState, pace: Pace, now: number): number =>
  state.toldFrom === undefined
    ? Math.min(state.recentAt + restOf(state, pace, now), state.lateAt + paces.late)
    : Number.NEGATIVE_INFINITY

const foldersDueAt = ({ foldersAt, series }: Known, { interval }: Pace): number =>
  series.size === 0 ? Number.POSITIVE_INFINITY : foldersAt + paces.folders * interval

/**
 * The listings that are due, those that tell the most first. A listing of all makes every other one needless.
 *
 * @since 1.0.0
 * @category conversions
 */
export const due = (known: Known, pace: Pace, now: number): ReadonlyArray<Due> => {
  if (now >= allDueAt(known, pace)) return [{ _tag: "All" }]
  const found: Array<Due> = now >= foldersDueAt(known, pace) ? [{ _tag: "Folders" }] : []
  for (const state of known.series.values()) {
    if (now < seriesDueAt(state, pace, now)) continue
    const isLate = now >= state.lateAt + paces.late
    const from = ObjectKey.hourAt(now - (isLate ? paces.lookBack : paces.recent))
    const { series, toldFrom } = state
    const isEarlier = toldFrom !== undefined && toldFrom < from
    found.push({ _tag: "Series", series, isLate, from: isEarlier ? toldFrom : from })
  }
  return found
}

/**
 * When the next listing is due, in epoch milliseconds, if nothing is told before.
 *
 * @since 1.0.0
 * @category conversions
 */
export const nextDueAt = (known: Known, pace: Pace, now: number): number => {
  let at = Math.min(allDueAt(known, pace), foldersDueAt(known, pace))
  for (const state of known.series.values()) at = Math.min(at, seriesDueAt(state, pace, now))
  return at
}

/**
 * Known after everything was listed: `places` are those of the objects found, `calls` the requests that it took.
 *
 * @since 1.0.0
 * @category conversions
 */
export const afterAll = (
  known: Known,
  found: {
    readonly calls: number
    readonly hasOthers: boolean
    readonly series: Iterable<readonly [ObjectKey.Series, boolean]>
  },
  now: number
): Known => ({
  allAt: now,
  allCalls: found.calls,
  hasOthers: found.hasOthers,
  foldersAt: now,
  series: new Map(
    Array.from(found.series, ([series, hasNews]) => {
      const newsAt = hasNews ? now : (known.series.get(series.folder)?.newsAt ?? Number.NEGATIVE_INFINITY)
      return [series.folder, { series, recentAt: now, lateAt: now, newsAt }]
    })
  )
})

/**
 * Known after a series was listed, also one that was not known.
 *
 * @since 1.0.0
 * @category conversions
 */
export const afterSeries = (
  known: Known,
  { isLate, series }: { readonly series: ObjectKey.Series; readonly isLate: boolean },
  hasNews: boolean,
  now: number
): Known => {
  const before = known.series.get(series.folder)
  const newsAt = hasNews ? now : (before?.newsAt ?? Number.NEGATIVE_INFINITY)
  const lateAt = isLate ? now : (before?.lateAt ?? now)
  return {
    ...known,
    series: new Map(known.series).set(series.folder, { series, recentAt: now, lateAt, newsAt })
  }
}

/**
 * Known after the folders above the series were listed.
 *
 * @since 1.0.0
 * @category conversions
 */
export const afterFolders = (known: Known, now: number): Known => ({ ...known, foldersAt: now })

/**
 * Known after a notification of an object at this place; `undefined` where its series is not known.
 *
 * @since 1.0.0
 * @category conversions
 */
export const told = (known: Known, { hour, series }: ObjectKey.Place): Known | undefined => {
  const state = known.series.get(series.folder)
  if (state === undefined) return undefined
  const toldFrom = state.toldFrom !== undefined && state.toldFrom < hour ? state.toldFrom : hour
  return { ...known, series: new Map(known.series).set(series.folder, { ...state, toldFrom }) }
}

/**
 * What `requestsAnHour` is asked of.
 *
 * @since 1.0.0
 * @category models
 */
export interface Shape {
  /** Series in which something new was found within an hour, and all the others. */
  readonly busy: number
  readonly quiet: number
  /** Folders above the series, such as the prefix and one for each Currents integration. */
  readonly folders: number
  /** All objects below the prefix. */
  readonly objects: number
}

/**
 * The most requests for lists that a store gets in an hour, of which every object stands in a series, no notification
 * tells, and no listing of a series needs a second page. The listing of all is counted by its share of the day.
 *
 * @since 1.0.0
 * @category conversions
 */
export const requestsAnHour = ({ busy, folders, objects, quiet }: Shape, interval: number): number => {
  const looks = hour / interval
  return (
    looks * (busy + quiet / paces.quiet + folders / paces.folders) +
    (busy + quiet) * (hour / paces.late) +
    Math.ceil(objects / 1000) * (hour / paces.all)
  )
}
