/**
 * Which objects are there, and under which tag each was read, in twelve bytes an object: two numbers that follow from the key
 * and one from the tag. An object passes for another that was read when all three are the same: of a million by a chance
 * of less than one in ten to the sixteenth.
 */
import { hash } from "node:crypto"

export interface KeySet {
  /** Room for no more: what is added is not kept. */
  readonly isFull: () => boolean
  /** Under which tag it was read; without one it is there and unread. */
  readonly add: (key: string, tag?: string) => void
  readonly has: (key: string) => boolean
  /** Whether it was read under this tag. */
  readonly isRead: (key: string, tag: string) => boolean
}

const first = 4096
const width = 3

const odd = (number: number): number => (number | 1) >>> 0
const digestOf = (text: string): Buffer => hash("sha1", text, "buffer")
const unread = 0
/** Never that of what is unread. */
const markOf = (tag: string): number => odd(digestOf(tag).readUInt32LE(0))

/** `most` keys are kept. */
export const make = (most = 2_000_000): KeySet => {
  let slots = new Uint32Array(first * width)
  let size = 0

  const indexOf = (table: Uint32Array, low: number, high: number): number => {
    const mask = table.length / width - 1
    let slot = low & mask
    for (;;) {
      const at = slot * width
      const isFree = table[at] === 0 && table[at + 1] === 0
      if (isFree || (table[at] === low && table[at + 1] === high)) return at
      slot = (slot + 1) & mask
    }
  }

  const grow = (): void => {
    const larger = new Uint32Array(slots.length * 2)
    for (let at = 0; at < slots.length; at += width) {
      if (slots[at] === 0 && slots[at + 1] === 0) continue
      larger.set(slots.subarray(at, at + width), indexOf(larger, slots[at]!, slots[at + 1]!))
    }
    slots = larger
  }

  const find = (key: string) => {
    const digest = digestOf(key)
    const low = digest.readUInt32LE(0)
    const high = odd(digest.readUInt32LE(4))
    return { low, high, at: indexOf(slots, low, high) }
  }

  const isThere = (at: number): boolean => slots[at + 1] !== 0

  const put = (key: string, mark: number): void => {
    const { high, low, ...found } = find(key)
    let { at } = found
    if (!isThere(at)) {
      if (size === most) return
      if (++size * 2 > slots.length / width) {
        grow()
        at = indexOf(slots, low, high)
      }
      slots[at] = low
      slots[at + 1] = high
    }
    slots[at + 2] = mark
  }

  return {
    isFull: () => size === most,
    add: (key, tag) => put(key, tag === undefined ? unread : markOf(tag)),
    has: (key) => isThere(find(key).at),
    isRead: (key, tag) => slots[find(key).at + 2] === markOf(tag)
  }
}
