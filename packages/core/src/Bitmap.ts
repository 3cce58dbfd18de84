/**
 * One bit per event of a parcel, lowest first: how a stored parcel tells which of its events are settled.
 *
 * @since 1.0.0
 */
import type { Settlement } from "./Outbox.ts"

/**
 * A bitmap with no bit set, for so many events.
 *
 * @since 1.0.0
 * @category constructors
 */
export const empty = (events: number): Uint8Array => new Uint8Array((events + 7) >> 3)

/**
 * `false` for a position beyond the bitmap.
 *
 * @since 1.0.0
 * @category conversions
 */
export const has = (bitmap: Uint8Array, position: number): boolean =>
  ((bitmap[position >> 3] ?? 0) & (1 << (position & 7))) !== 0

/**
 * Sets a bit in place.
 *
 * @since 1.0.0
 * @category conversions
 */
export const add = (bitmap: Uint8Array, position: number): void => {
  bitmap[position >> 3]! |= 1 << (position & 7)
}

/**
 * How many bits are set.
 *
 * @since 1.0.0
 * @category conversions
 */
export const count = (bitmap: Uint8Array): number => {
  let total = 0
  for (let byte of bitmap) for (; byte !== 0; byte &= byte - 1) total++
  return total
}

/**
 * What a settlement changes in a parcel.
 *
 * @since 1.0.0
 * @category models
 */
export interface Settled {
  /** The parcel's bitmap afterwards; a new one, the old one is left as it was. */
  readonly settled: Uint8Array
  /** Events that were waiting and are now delivered. */
  readonly delivered: number
  /** Events that were waiting and are now dead. */
  readonly dead: Settlement["dead"]
  /** Events that were waiting and are now erased. */
  readonly erased: number
  /** Nothing of the parcel waits any longer. */
  readonly done: boolean
}

/**
 * Applies a settlement to a parcel of so many events. Positions settled before are passed over, and so are positions
 * that the parcel does not have.
 *
 * @since 1.0.0
 * @category conversions
 */
export const settle = (before: Uint8Array, events: number, settlement: Settlement): Settled => {
  const settled = new Uint8Array(before)
  const take = (position: number) => {
    if (!(position >= 0 && position < events) || has(settled, position)) return false
    add(settled, position)
    return true
  }
  let delivered = 0
  for (const position of settlement.delivered) if (take(position)) delivered++
  const dead = settlement.dead.filter(({ position }) => take(position))
  let erased = 0
  for (const position of settlement.erased?.positions ?? []) if (take(position)) erased++
  return { settled, delivered, dead, erased, done: count(settled) === events }
}
