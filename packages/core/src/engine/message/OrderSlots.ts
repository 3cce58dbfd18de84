/**
 * Order per user by slots: a message whose user's slot is under way, or has earlier messages deferred, waits.
 *
 * Users share 65,536 slots by hash. Two users in one slot wait for each other needlessly, which costs little: about
 * 2 % of messages are deferred at 400 under way, and most of these because of the user, not the slot.
 */
export interface OrderSlots {
  readonly busy: Uint8Array
  /** Messages deferred per slot. */
  readonly deferred: Uint32Array
}

/** The slot of a message that needs no order. */
export const noSlot = -1

const count = 65_536

export const make = (): OrderSlots => ({ busy: new Uint8Array(count), deferred: new Uint32Array(count) })

/** The track of a slot: slots are divided among the tracks of a lane in order. */
export const trackOf = (slot: number, tracks: number): number => Math.floor((slot * tracks) / count)

/** FNV-1a over the key's UTF-16 code units, mixed, since short keys that differ at their end alone would lie side by side. */
export const slotOf = (key: string | undefined): number => {
  if (key === undefined) return noSlot
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) & (count - 1)
}
