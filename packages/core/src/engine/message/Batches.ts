/**
 * The messages of one lane that wait in memory, and the rule by which they leave: in order of append, at most one of
 * a user under way, no more than a request may hold.
 */
import type { Limits } from "../../Destination.ts"
import type { Envelope } from "../../Message.ts"
import * as Item from "./Item.ts"
import * as OrderSlots from "./OrderSlots.ts"

/** Messages that go out in one request. */
export interface Pending {
  readonly items: ReadonlyArray<Item.Item>
  /** Not to be tried before, in epoch milliseconds. */
  readonly due: number
  readonly attempts: number
}

export interface Batches {
  readonly push: (items: ReadonlyArray<Item.Item>) => void
  /** The next batch, or nothing: all that waits belongs to users with a message under way, or nothing waits. */
  readonly next: (limits: Limits, envelope: Envelope) => ReadonlyArray<Item.Item> | undefined
  /** The messages are settled: their users' next ones may go. */
  readonly release: (items: ReadonlyArray<Item.Item>) => void
  /** Parts take the place of messages under way: before all later messages of their users, one after the other. */
  readonly replace: (items: ReadonlyArray<Item.Item>, parts: ReadonlyArray<Item.Item>) => void
  /** What is left of a message under way takes its place: its user's next ones wait for it. */
  readonly exchange: (item: Item.Item, left: Item.Item) => void
  /** Takes out messages that wait. */
  readonly remove: (which: (item: Item.Item) => boolean) => Array<Item.Item>
  /** Messages that wait and could go. */
  readonly waiting: () => number
  /** Whether as many wait as a request may hold. */
  readonly isAmple: (limits: Limits) => boolean
  /** Bytes of all messages pushed and not yet released, and of their meta. */
  readonly bytes: () => number
}

export const make = (): Batches => {
  const { busy, deferred } = OrderSlots.make()
  let queue: Array<Item.Item> = []
  let head = 0
  let held: Array<Item.Item> = []
  let freed = false
  let bytes = 0

  const waiting = () => queue.length - head + held.length

  const startPicking = (limits: Limits, envelope: Envelope) => {
    const picked: Array<Item.Item> = []
    let events = 0
    let size = Buffer.byteLength(envelope.open) + Buffer.byteLength(envelope.close)
    const separator = Buffer.byteLength(envelope.separator)
    const fits = (item: Item.Item) =>
      picked.length === 0 ||
      (picked.length < limits.messages &&
        events + Item.events(item) <= limits.events &&
        size + separator + Item.size(item) <= limits.bytes)
    const pick = (item: Item.Item) => {
      size += Item.size(item) + (picked.length === 0 ? 0 : separator)
      events += Item.events(item)
      if (item.slot !== OrderSlots.noSlot) busy[item.slot] = 1
      picked.push(item)
    }
    return { picked, fits, pick }
  }

  const pickDeferred = ({ fits, pick }: ReturnType<typeof startPicking>): void => {
    if (!freed) return
    const kept: Array<Item.Item> = []
    let open = true
    for (const item of held) {
      open = open && fits(item)
      if (open && busy[item.slot] === 0) {
        deferred[item.slot]!--
        pick(item)
      } else kept.push(item)
    }
    freed = !open
    held = kept
  }

  const pickQueued = ({ fits, pick }: ReturnType<typeof startPicking>): void => {
    while (head < queue.length && fits(queue[head]!)) {
      const item = queue[head++]!
      if (item.slot !== OrderSlots.noSlot && (busy[item.slot] !== 0 || deferred[item.slot] !== 0)) {
        deferred[item.slot]!++
        held.push(item)
      } else pick(item)
    }
    // The array is cut when half of it is spent, so that each message moves at most once.
    if (head > 1024 && head * 2 > queue.length) {
      queue = queue.slice(head)
      head = 0
    }
  }

  const push = (items: ReadonlyArray<Item.Item>): void => {
    for (const item of items) {
      bytes += Item.weight(item)
      queue.push(item)
    }
  }

  const release = (items: ReadonlyArray<Item.Item>): void => {
    for (const item of items) {
      bytes -= Item.weight(item)
      if (item.slot !== OrderSlots.noSlot) busy[item.slot] = 0
    }
    freed = true
  }

  return {
    push,
    next: (limits, envelope) => {
      const picking = startPicking(limits, envelope)
      pickDeferred(picking)
      pickQueued(picking)
      return picking.picked.length === 0 ? undefined : picking.picked
    },
    release,
    replace: (items, parts) => {
      release(items)
      push(parts.filter(({ slot }) => slot === OrderSlots.noSlot))
      const ordered = parts.filter(({ slot }) => slot !== OrderSlots.noSlot)
      for (const part of ordered) {
        bytes += Item.weight(part)
        deferred[part.slot]!++
      }
      held = [...ordered, ...held]
    },
    exchange: (item, left) => {
      bytes += Item.weight(left) - Item.weight(item)
    },
    remove: (which) => {
      const waiting = queue.slice(head)
      const gone = [...held.filter(which), ...waiting.filter(which)]
      for (const item of held) if (which(item)) deferred[item.slot]!--
      held = held.filter((item) => !which(item))
      queue = waiting.filter((item) => !which(item))
      head = 0
      for (const item of gone) bytes -= Item.weight(item)
      freed = true
      return gone
    },
    waiting,
    isAmple: (limits) => waiting() >= limits.messages || bytes >= limits.bytes,
    bytes: () => bytes
  }
}
