/**
 * What a lane holds in memory: messages that wait, events that wait for their group, batches to be tried again, and
 * how far into the stored parcels all this reaches. Plain state, no effects.
 */
import type { Composition, Sequence, Settlement } from "../Outbox.ts"
import * as Batches from "./Batches.ts"
import * as Groups from "./Groups.ts"
import * as Item from "./Item.ts"
import type { Prepared } from "./Prepare.ts"
import * as Settlements from "./Settlements.ts"
import type { Ended } from "./Verdict.ts"

/** Bytes of messages a lane keeps in memory; beyond it the lane lags to disk. */
const limit = 2 * 1024 * 1024

/** Bytes of records that wait for others of their group: the more of them, the fewer messages they make. */
const groupLimit = 8 * 1024 * 1024

/** Bytes read back at a time. */
export const readBackBytes = limit / 2

export interface LaneMemory {
  readonly batches: Batches.Batches
  readonly groups: Groups.Groups
  /** Batches that wait for their time, as they were composed. */
  readonly again: Array<Batches.Pending>
  /** Whether stored parcels are not in memory. */
  readonly isLagging: () => boolean
  /** Whether it lags by so little that it is soon up with what is stored, if nothing more is for a moment. */
  readonly isNear: () => boolean
  /** Memory holds everything up to here. */
  readonly cursor: () => Sequence
  /** A parcel is durable. Told for every parcel of the lane, in the order of their sequences. */
  readonly offer: (sequence: Sequence, bytes: number, prepared: Prepared | undefined, now: number) => void
  /** A parcel was read back. */
  readonly restore: (sequence: Sequence, prepared: Prepared, attempts: number, now: number) => void
  /** Reading back found so many bytes beyond the cursor. */
  readonly readBack: (bytes: number) => void
  readonly lag: () => void
  /** Adds what ended before any attempt. */
  readonly end: (dead: ReadonlyArray<Ended>, now: number) => void
  /** Forgets everything of the parcels up to `last`; returns members of groups that reach beyond it. */
  readonly forget: (last: Sequence) => ReadonlyArray<Item.Member>
  /** What is to be told to the outbox; empties it. */
  readonly endings: () => ReadonlyArray<Settlement>
  readonly isEmpty: () => boolean
  readonly hasRoom: () => boolean
  readonly isHungry: () => boolean
}

export const make = (stored: ReadonlyArray<Composition>, isBehind: boolean): LaneMemory => {
  const batches = Batches.make()
  const groups = Groups.make(stored)
  const again: Array<Batches.Pending> = []
  let endings: Array<Settlement> = []
  let cursor: Sequence = 0
  let newest: Sequence = 0
  let lagging = isBehind
  /** Bytes that were stored since it last read back to the end, or since it lags. */
  let behind = isBehind ? Infinity : 0

  /** How full it is, from 0 to 1 and a little more. */
  const filled = () => Math.max(batches.bytes() / limit, groups.bytes() / groupLimit)

  const admit = (sequence: Sequence, prepared: Prepared, attempts: number, now: number) => {
    cursor = sequence
    for (const item of prepared.items) item.parcel = sequence
    for (const event of prepared.grouped) event.parcel = sequence
    batches.push(prepared.items)
    groups.push(prepared.grouped, now)
    endings.push(...Settlements.ofPrepared(sequence, prepared, attempts, now))
  }

  const forget = (last: Sequence): ReadonlyArray<Item.Member> => {
    const isOld = (item: Item.Item) => Item.members(item).some(({ parcel }) => parcel <= last)
    const gone = batches.remove(isOld)
    for (const [index, pending] of [...again.entries()].reverse()) {
      const old = pending.items.filter(isOld)
      if (old.length === 0) continue
      gone.push(...old)
      batches.release(old)
      const items = pending.items.filter((item) => !isOld(item))
      again.splice(index, 1, ...(items.length === 0 ? [] : [{ ...pending, items }]))
    }
    const members = groups.forget(last)
    cursor = Math.max(cursor, last)
    return [...members, ...gone.flatMap(Item.members).filter(({ parcel }) => parcel > last)]
  }

  return {
    batches,
    groups,
    again,
    isLagging: () => lagging,
    isNear: () => lagging && behind < limit,
    cursor: () => cursor,
    offer: (sequence, bytes, prepared, now) => {
      // Read back already.
      if (sequence <= cursor) return
      newest = sequence
      if (lagging || prepared === undefined) {
        lagging = true
        behind += bytes
      } else admit(sequence, prepared, 0, now)
    },
    restore: (sequence, prepared, attempts, now) => {
      admit(sequence, prepared, attempts, now)
      for (const { position } of prepared.dead) groups.dissolve(sequence, position, now)
    },
    readBack: (bytes) => {
      behind = bytes < readBackBytes / 2 ? 0 : Infinity
      // A parcel stored since the question was asked is still ahead.
      if (bytes === 0 && newest <= cursor) lagging = false
    },
    lag: () => {
      lagging = true
    },
    end: (dead, now) => {
      endings.push(...Settlements.ofEnded(dead, now))
    },
    forget,
    endings: () => {
      const told = endings
      endings = []
      return told
    },
    isEmpty: () => !lagging && endings.length + again.length + batches.waiting() + groups.waiting() === 0,
    hasRoom: () => filled() < 1,
    isHungry: () => filled() < 0.5
  }
}
