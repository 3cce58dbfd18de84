import * as Bitmap from "../Bitmap.ts"
import type { Composition, Parcel, Sequence, TrackKey } from "../Outbox.ts"
import * as OutboxRules from "../OutboxRules.ts"

/** What the outbox in memory holds of one track. */
export interface MemoryLane {
  readonly key: TrackKey
  /** What waits, in the order of append. */
  readonly parcels: Map<Sequence, Parcel>
  /** Every sequence still in `parcels`, ascending, and some that no longer are. */
  order: Array<Sequence>
  waiting: number
  /** Of the records in `parcels`. */
  bytes: number
  readonly compositions: Map<string, Composition>
  /** Ids of the compositions that a parcel has, or had, a part in. */
  readonly composed: Map<Sequence, Set<string>>
}

export const make = (key: TrackKey): MemoryLane => ({
  key,
  parcels: new Map(),
  order: [],
  waiting: 0,
  bytes: 0,
  compositions: new Map(),
  composed: new Map()
})

export const add = (lane: MemoryLane, parcel: Parcel): void => {
  lane.parcels.set(parcel.sequence, parcel)
  lane.order.push(parcel.sequence)
  lane.waiting += parcel.records.ends.length
  lane.bytes += parcel.records.bytes.length
}

export const remove = (lane: MemoryLane, { sequence, records }: Parcel): void => {
  lane.parcels.delete(sequence)
  lane.bytes -= records.bytes.length
  // Tidied by halves, so that a long lane costs no more per parcel than a short one.
  if (lane.order.length > 2 * lane.parcels.size + 16) {
    lane.order = lane.order.filter((kept) => lane.parcels.has(kept))
  }
  for (const id of lane.composed.get(sequence) ?? []) {
    const composition = lane.compositions.get(id)
    if (composition !== undefined && !isOpen(lane, composition)) lane.compositions.delete(id)
  }
  lane.composed.delete(sequence)
}

/** The parcel with nothing left of some of its records; what was appended belongs to who appended it. */
export const blank = (parcel: Parcel, positions: ReadonlyArray<number>): Parcel => {
  const bytes = new Uint8Array(parcel.records.bytes)
  OutboxRules.blank({ bytes, ends: parcel.records.ends }, positions)
  return { ...parcel, records: { ...parcel.records, bytes } }
}

export const compose = (lane: MemoryLane, composition: Composition): void => {
  if (!isOpen(lane, composition)) return
  lane.compositions.set(composition.id, composition)
  for (const { parcel } of composition.members) {
    const ids = lane.composed.get(parcel)
    if (ids !== undefined) ids.add(composition.id)
    else if (lane.parcels.has(parcel)) lane.composed.set(parcel, new Set([composition.id]))
  }
}

export const compositions = (lane: MemoryLane): ReadonlyArray<Composition> =>
  [...lane.compositions.values()].flatMap(({ id, members }) => {
    const left = members.filter((member) => isWaiting(lane, member))
    return left.length === 0 ? [] : [{ id, members: left }]
  })

/** The parcels beyond `after`: at least one when there is one, more while they fit in `bytes`. */
export const take = (lane: MemoryLane, after: Sequence, bytes: number): ReadonlyArray<Parcel> => {
  const taken: Array<Parcel> = []
  let size = 0
  for (let i = firstBeyond(lane.order, after); i < lane.order.length; i++) {
    const parcel = lane.parcels.get(lane.order[i]!)
    if (parcel === undefined) continue
    size += parcel.records.bytes.length
    if (taken.length > 0 && size > bytes) break
    taken.push(parcel)
  }
  return taken
}

const firstBeyond = (order: ReadonlyArray<Sequence>, after: Sequence): number => {
  let low = 0
  let high = order.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (order[middle]! > after) high = middle
    else low = middle + 1
  }
  return low
}

const isOpen = (lane: MemoryLane, { members }: Composition): boolean =>
  members.some((member) => isWaiting(lane, member))

const isWaiting = (lane: MemoryLane, { parcel, position }: Composition["members"][number]): boolean => {
  const found = lane.parcels.get(parcel)
  return found !== undefined && !Bitmap.has(found.settled, position)
}
