/**
 * What a lane holds in memory: messages that wait, events that wait for their group, batches to be tried again, and of each track
 * that it owns how far into the stored parcels all this reaches. Plain state, no effects.
 *
 * Who stores parcels adds to it (`offer`, `lag`); `Filling` reads back and forms groups, `Sender` takes batches out, and what
 * follows from an answer (`Conclude`) frees their users or puts them back.
 */
import type { Composition, Sequence, Stored } from "../../Outbox.ts"
import * as Batches from "../message/Batches.ts"
import * as Groups from "../message/Groups.ts"
import * as Item from "../message/Item.ts"
import type { OwnTrack } from "../message/OwnTrack.ts"
import type { Prepared } from "../message/Prepare.ts"
import * as Settlements from "./Settlements.ts"
import * as TrackReach from "./TrackReach.ts"

/** Bytes of messages a lane keeps in memory; beyond it the lane lags to disk. */
const limit = 2 * 1024 * 1024

/** Bytes of records that wait for others of their group: the more of them, the fewer messages they make. */
const groupLimit = 8 * 1024 * 1024

/** Bytes read back at a time, of all tracks that lag; and of how many tracks, since of each there is one parcel at the least. */
export const readBackBytes = limit / 2
const readBackTracks = 32

/** A track that is to be read back, and up to where memory holds everything of it. */
export interface Lagging {
  readonly own: OwnTrack
  readonly after: Sequence
}

export interface LaneMemory {
  readonly batches: Batches.Batches
  readonly groups: Groups.Groups
  /** Batches that wait for their time, as they were composed. */
  readonly tryAgain: (batches: ReadonlyArray<Batches.Pending>) => void
  /** When the first of them is due, in epoch milliseconds; `Infinity` without one. */
  readonly retryAt: () => number
  /** Takes out the first that is due. */
  readonly takeDue: (now: number) => Batches.Pending | undefined
  /** From now on with this track, of which these compositions are stored; `isBehind`: and parcels may be. */
  readonly own: (own: OwnTrack, stored: ReadonlyArray<Composition>, isBehind: boolean) => void
  /** Forgets everything of a track, which is another's, or nobody's. */
  readonly disown: (own: OwnTrack) => void
  /** Whether stored parcels of its tracks are not in memory. */
  readonly isLagging: () => boolean
  /** Whether it lags by so little that it is soon up with what is stored, if nothing more is for a moment. */
  readonly isNear: () => boolean
  /** Begins to read back: yields the tracks that are next. */
  readonly beginReadBack: () => ReadonlyArray<Lagging>
  /**
   * A parcel is durable. Told for every parcel of this instance, in the order of their sequences; yields whether its track is
   * the lane's own.
   */
  readonly offer: (
    track: number,
    stored: Stored,
    bytes: number,
    prepared: Prepared | undefined,
    now: number
  ) => boolean
  /** A parcel was read back. */
  readonly restore: (
    own: OwnTrack,
    sequence: Sequence,
    prepared: Prepared,
    attempts: number,
    now: number
  ) => void
  /** Reading back found so many bytes of a track beyond where memory ended, of at most so many. */
  readonly readBack: (own: OwnTrack, bytes: number, most: number) => void
  /** Parcels may be stored that it was not told of: of one of its tracks, or of any. */
  readonly lag: (track?: number) => void
  /** Adds what ended before any attempt. */
  readonly end: (dead: ReadonlyArray<Item.Dead>, now: number) => void
  /** Forgets everything of these parcels, the first of a track; returns members of groups that reach beyond them. */
  readonly forget: (own: OwnTrack, parcels: ReadonlyArray<Sequence>) => ReadonlyArray<Item.Member>
  /** Forgets everything of its tracks: all that is stored, with the compositions, is to be read back. */
  readonly startOver: (stored: ReadonlyMap<OwnTrack, ReadonlyArray<Composition>>) => void
  /** What is to be told to the outbox; empties it. */
  readonly endings: () => ReadonlyArray<Settlements.OfTrack>
  readonly isEmpty: () => boolean
  readonly hasRoom: () => boolean
  readonly isHungry: () => boolean
}

export const make = (): LaneMemory => {
  let batches = Batches.make()
  let groups = Groups.make()
  let again: Array<Batches.Pending> = []
  let endings: Array<Settlements.OfTrack> = []
  const reaches = new Map<number, TrackReach.TrackReach>()

  /** How full it is, from 0 to 1 and a little more. */
  const filled = () => Math.max(batches.bytes() / limit, groups.bytes() / groupLimit)

  const of = (own: OwnTrack): TrackReach.TrackReach | undefined => {
    const reach = reaches.get(own.track)
    return reach?.own === own ? reach : undefined
  }

  const lagging = () => {
    const found: Array<TrackReach.TrackReach> = []
    for (const reach of reaches.values()) if (reach.isLagging && !reach.own.isLeaving) found.push(reach)
    return found
  }

  const isLagging = () => {
    for (const reach of reaches.values()) if (reach.isLagging && !reach.own.isLeaving) return true
    return false
  }

  const admit = (
    { own }: TrackReach.TrackReach,
    sequence: Sequence,
    prepared: Prepared,
    attempts: number,
    now: number
  ) => {
    for (const item of prepared.items) {
      item.parcel = sequence
      item.own = own
    }
    for (const event of prepared.grouped) {
      event.parcel = sequence
      event.own = own
    }
    batches.push(prepared.items)
    groups.push(prepared.grouped, now)
    endings.push(...Settlements.ofPrepared(own, sequence, prepared, attempts, now))
  }

  /** Takes messages out; those under way stay. */
  const remove = (isGone: (item: Item.Item) => boolean): ReadonlyArray<Item.Item> => {
    const gone = batches.remove(isGone)
    for (const [index, pending] of [...again.entries()].reverse()) {
      const old = pending.items.filter(isGone)
      if (old.length === 0) continue
      gone.push(...old)
      batches.release(old)
      const items = pending.items.filter((item) => !isGone(item))
      again.splice(index, 1, ...(items.length === 0 ? [] : [{ ...pending, items }]))
    }
    return gone
  }

  return {
    get batches() {
      return batches
    },
    get groups() {
      return groups
    },
    tryAgain: (pending) => {
      again.push(...pending)
    },
    retryAt: () => again.reduce((first, { due }) => Math.min(first, due), Infinity),
    takeDue: (now) => {
      const due = again.findIndex((pending) => pending.due <= now)
      return due < 0 ? undefined : again.splice(due, 1)[0]
    },
    own: (own, stored, isBehind) => {
      reaches.set(own.track, TrackReach.make(own, isBehind))
      groups.gathers(own, stored)
    },
    disown: (own) => {
      if (of(own) !== undefined) reaches.delete(own.track)
      remove((item) => item.own === own)
      groups.disown(own)
      endings = endings.filter((ending) => ending.own !== own)
    },
    isLagging,
    isNear: () => {
      const behind = lagging()
      return behind.length > 0 && behind.reduce((sum, reach) => sum + reach.behind, 0) < limit
    },
    beginReadBack: () => {
      const next = lagging().slice(0, readBackTracks)
      for (const reach of next) reach.isTold = false
      return next.map(({ own, cursor }) => ({ own, after: cursor }))
    },
    offer: (track, stored, bytes, prepared, now) => {
      const reach = reaches.get(track)
      if (reach === undefined || reach.own.isLost) return false
      if (TrackReach.offer(reach, stored, bytes, prepared !== undefined))
        admit(reach, stored.sequence, prepared!, 0, now)
      return true
    },
    restore: (own, sequence, prepared, attempts, now) => {
      const reach = of(own)
      if (reach === undefined) return
      reach.cursor = sequence
      admit(reach, sequence, prepared, attempts, now)
      for (const { position } of prepared.dead) groups.dissolve(sequence, position, now)
    },
    readBack: (own, bytes, most) => {
      const reach = of(own)
      if (reach === undefined) return
      TrackReach.readBack(reach, bytes, most)
      // The next of those that lag are read first: none waits for the end of another.
      reaches.delete(own.track)
      reaches.set(own.track, reach)
    },
    lag: (track) => {
      for (const reach of reaches.values())
        if (track === undefined || reach.own.track === track) TrackReach.lag(reach)
    },
    end: (dead, now) => {
      endings.push(...Settlements.ofEnded(dead, now))
    },
    forget: (own, parcels) => {
      const old = new Set(parcels)
      const gone = remove((item) => Item.members(item).some(({ parcel }) => old.has(parcel)))
      const members = groups.forget(old)
      const reach = of(own)
      if (reach !== undefined) reach.cursor = Math.max(reach.cursor, ...parcels)
      return [...members, ...gone.flatMap(Item.members).filter(({ parcel }) => !old.has(parcel))]
    },
    startOver: (stored) => {
      batches = Batches.make()
      groups = Groups.make()
      again = []
      endings = []
      for (const { own } of reaches.values()) {
        groups.gathers(own, stored.get(own) ?? [])
        reaches.set(own.track, TrackReach.make(own, true))
      }
    },
    endings: () => {
      const told = endings
      endings = []
      return told
    },
    isEmpty: () => !isLagging() && endings.length + again.length + batches.waiting() + groups.waiting() === 0,
    hasRoom: () => filled() < 1,
    isHungry: () => filled() < 0.5
  }
}
