/** Lists what is due, and tells what of it is to be read. */
import type { Split } from "@millrace/core/Intake"
import type { SourceError } from "@millrace/core/Source"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as ObjectKey from "../ObjectKey.ts"
import type { ObjectStore, StoredObject } from "../ObjectStore.ts"
import type * as Range from "../Range.ts"
import * as Schedule from "../Schedule.ts"
import * as KeySet from "./keySet.ts"
import * as Listing from "./listing.ts"
import * as Pending from "./pending.ts"

export interface Options {
  readonly store: ObjectStore
  readonly prefix: string
  /** The first hour that is read, as in a key; empty for all. */
  readonly from: string
  readonly pace: Schedule.Pace
  /** The part of the store that is read; all of it without one. */
  readonly isAsked?: (filed: Range.Filed) => boolean
  /** Whether an object is to be left alone for now although it is not read. */
  readonly isHeld: (object: StoredObject) => boolean
}

/** What a look has found. */
export interface Found {
  /** In the order to read them. */
  readonly objects: ReadonlyArray<Pending.Found>
  /** Everything was listed, and so many objects were there that may be read. */
  readonly all: number | undefined
  /** What kept it from listing the rest, which is still due. */
  readonly trouble: SourceError | undefined
}

export interface Discovery {
  /** Lists what is due; what is read meanwhile is to be told before the next look. */
  readonly look: (now: number) => Effect.Effect<Found>
  /** Whether there is more to be found at once: objects to be looked at again, or more than a look hands on. */
  readonly hasMore: () => { readonly again: boolean; readonly cut: boolean }
  /** When the next look is due. */
  readonly nextAt: (now: number) => number
  /** The object was read, as far as it can be. */
  readonly onRead: (object: StoredObject) => void
  /** A notification has told of this key. */
  readonly onTold: (key: string) => void
  /** To be looked at again with the next look, whatever is due. */
  readonly again: (key: string) => void
  /** Which of some splits were there when everything was listed; `undefined` where that cannot be told. */
  readonly among: (splits: ReadonlyArray<Split>) => ReadonlyArray<Split> | undefined
  /** Keys with a name of no kind that is read: how many, and one of them. */
  readonly ignored: () => { readonly count: number; readonly such: string }
}

/** The folders from the prefix down to the one that holds the series. */
const foldersAbove = ({ folder }: ObjectKey.Series, prefix: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  let above = folder
  do {
    above = above.slice(0, above.slice(0, -1).lastIndexOf("/") + 1)
    found.push(above.length < prefix.length ? prefix : above)
  } while (above.length > prefix.length)
  return found
}

/** Keys that are looked at one by one; to list everything is cheaper for more. */
const mostSingle = 1000

export const make = ({ from, isAsked = () => true, isHeld, pace, prefix, store }: Options): Discovery => {
  let known = Schedule.unknown
  let keys = KeySet.make()
  /** Folders beside the series that were looked into. */
  let others = new Set<string>()
  let ignored = { count: 0, such: "" }
  const single = new Set<string>()

  /** Hands on what is new; tells whether anything was. */
  const consider = (object: StoredObject, pending: Pending.Pending, place: ObjectKey.Place | undefined) => {
    const hour = place?.hour ?? ""
    if (!isAsked({ name: object.key, hour, modified: object.modified })) return false
    if ((hour !== "" && hour < from) || keys.isRead(object.key, object.tag) || isHeld(object)) return false
    pending.add(object, hour)
    return true
  }

  const all = Effect.fnUntraced(function* (pending: Pending.Pending, now: number) {
    const next = KeySet.make()
    const series = new Map<string, readonly [ObjectKey.Series, boolean]>()
    const passed = { count: 0, such: "" }
    let hasOthers = false
    let count = 0
    const calls = yield* Listing.objects(store, { prefix }, (object) => {
      const kind = Listing.kindOf(object.key)
      if (kind === "ignore" && passed.count++ === 0) passed.such = object.key
      if (kind !== "read") return
      count++
      const place = ObjectKey.placeOf(object.key, prefix)
      const isNew = consider(object, pending, place)
      next.add(object.key, keys.isRead(object.key, object.tag) ? object.tag : undefined)
      if (place === undefined) hasOthers = true
      else {
        const { folder } = place.series
        if (isNew || !series.has(folder)) series.set(folder, [place.series, isNew])
      }
    })
    keys = next
    ignored = passed
    others = new Set()
    known = Schedule.afterAll(known, { calls, hasOthers, series: series.values() }, now)
    return count
  })

  /** Objects below a prefix, and the series that they stand in. */
  const below = Effect.fnUntraced(function* (listed: string, pending: Pending.Pending, now: number) {
    const series = new Map<string, readonly [ObjectKey.Series, boolean]>()
    yield* Listing.objects(store, { prefix: listed }, (object) => {
      if (Listing.kindOf(object.key) !== "read") return
      const place = ObjectKey.placeOf(object.key, prefix)
      const isNew = consider(object, pending, place)
      if (place === undefined) known = { ...known, hasOthers: true }
      else if (isNew || !series.has(place.series.folder))
        series.set(place.series.folder, [place.series, isNew])
    })
    for (const [found, isNew] of series.values()) {
      if (!known.series.has(found.folder))
        known = Schedule.afterSeries(known, { series: found, isLate: true }, isNew, now)
    }
    return series.size
  })

  const newFolders = Effect.fnUntraced(function* (pending: Pending.Pending, now: number) {
    const above = new Set([...known.series.values()].flatMap(({ series }) => foldersAbove(series, prefix)))
    const unknown: Array<string> = []
    for (const folder of above) {
      yield* Listing.folders(store, folder, (found) => {
        if (!known.series.has(found) && !above.has(found) && !others.has(found)) unknown.push(found)
      })
    }
    for (const folder of unknown) {
      // What is in none today is found with everything; so is one that holds nothing yet.
      if ((yield* below(folder, pending, now)) === 0) others.add(folder)
    }
    known = Schedule.afterFolders(known, now)
  })

  const ofSeries = Effect.fnUntraced(function* (
    due: Extract<Schedule.Due, { _tag: "Series" }>,
    pending: Pending.Pending,
    now: number
  ) {
    const { folder } = due.series
    const after = ObjectKey.before(due.series, due.from < from ? from : due.from)
    let hasNews = false
    yield* Listing.objects(store, { prefix: folder, after }, (object) => {
      if (Listing.kindOf(object.key) !== "read") return
      const place = ObjectKey.placeOf(object.key, prefix)
      if (consider(object, pending, place)) hasNews = true
    })
    known = Schedule.afterSeries(known, due, hasNews, now)
  })

  const listAll = () => {
    known = { ...known, allAt: Number.NEGATIVE_INFINITY }
  }

  const listDue = Effect.fnUntraced(function* (pending: Pending.Pending, now: number) {
    let found: number | undefined
    for (const due of Schedule.due(known, pace, now)) {
      if (due._tag === "All") found = yield* all(pending, now)
      else if (due._tag === "Folders") yield* newFolders(pending, now)
      else yield* ofSeries(due, pending, now)
    }
    for (const key of single) {
      if (found === undefined) yield* below(key, pending, now)
      single.delete(key)
    }
    return found
  })

  const lookAtOnly = (key: string) => {
    if (single.size < mostSingle) single.add(key)
    else listAll()
  }

  return {
    look: Effect.fnUntraced(function* (now) {
      const pending = Pending.make()
      const listed = yield* Effect.result(listDue(pending, now))
      if (pending.isCut()) listAll()
      return {
        objects: pending.inOrder(),
        all: Result.isSuccess(listed) ? listed.success : undefined,
        trouble: Result.isFailure(listed) ? listed.failure : undefined
      }
    }),
    hasMore: () => ({ again: single.size > 0, cut: known.allAt === Number.NEGATIVE_INFINITY }),
    nextAt: (now) => (single.size > 0 ? now : Schedule.nextDueAt(known, pace, now)),
    onRead: ({ key, tag }) => keys.add(key, tag),
    onTold: (key) => {
      if (!key.startsWith(prefix) || Listing.kindOf(key) !== "read") return
      const place = ObjectKey.placeOf(key, prefix)
      const after = place === undefined ? undefined : Schedule.told(known, place)
      if (after !== undefined) known = after
      else lookAtOnly(key)
    },
    again: lookAtOnly,
    among: (splits) => (keys.isFull() ? undefined : splits.filter((split) => keys.has(split))),
    ignored: () => ignored
  }
}
