/**
 * Events of one parcel turned into what their lane keeps in memory: finished messages, or events that wait for
 * others of their group. Pure, but for the defects it reports.
 */
import * as Result from "effect/Result"
import type { Opened } from "../../Destination.ts"
import { type Event, userKey } from "../../Event.ts"
import { metaBytes } from "../../Message.ts"
import type { Ordering } from "../../Route.ts"
import type { Item } from "./Item.ts"
import type * as MessageBuffer from "./MessageBuffer.ts"
import * as Meta from "./Meta.ts"
import * as OrderSlots from "./OrderSlots.ts"
import * as OwnTrack from "./OwnTrack.ts"
import * as Sheet from "./Sheet.ts"

/** An event that waits for others of its group. */
export interface Grouped {
  readonly group: string
  readonly event: Event
  parcel: number
  own: OwnTrack.OwnTrack
  readonly position: number
  readonly slot: number
  readonly bytes: number
}

/** An event that ends here. */
export interface Ended {
  readonly position: number
  readonly reason: string
  readonly detail: string
}

export interface Prepared {
  readonly items: ReadonlyArray<Item>
  readonly grouped: ReadonlyArray<Grouped>
  readonly dead: ReadonlyArray<Ended>
}

/** An event of a parcel, with its position in it. */
export interface Placed {
  readonly event: Event
  readonly position: number
  readonly group: string | undefined
  /** Bytes of its record. */
  readonly bytes: number
}

const slotOf = (event: Event, ordering: Ordering): number =>
  ordering === "none" ? OrderSlots.noSlot : OrderSlots.slotOf(userKey(event))

/** None for a user that a change of the route left without being one. */
const slotIn = (event: Event, ordering: Ordering): number | undefined => {
  try {
    return slotOf(event, ordering)
  } catch {
    return undefined
  }
}

/** What went wrong inside a plugin, by class only: its message might quote the event. */
export const defectDetail = (where: string, cause: unknown): string =>
  `${where} threw ${cause instanceof Error ? cause.name : typeof cause}`

export const prepareParcel = (
  opened: Opened,
  lane: string,
  ordering: Ordering,
  placed: ReadonlyArray<Placed>,
  attempts: number,
  buffer: MessageBuffer.MessageBuffer
): Prepared => {
  const items: Array<Item> = []
  const grouped: Array<Grouped> = []
  const dead: Array<Ended> = []
  for (const { event, position, group, bytes } of placed) {
    const slot = slotIn(event, ordering)
    if (slot === undefined) {
      dead.push({ position, reason: "defect", detail: "its user has no ids that can be read" })
      continue
    }
    if (group !== undefined) {
      grouped.push({ group, event, parcel: 0, own: OwnTrack.none, position, slot, bytes })
      continue
    }
    const message = prepareOne(opened, lane, [event], buffer)
    if (Result.isFailure(message)) dead.push({ position, ...message.failure })
    else {
      const { id, start, end, meta } = message.success
      items.push({
        id,
        sheet: Sheet.empty,
        start,
        end,
        slot,
        parcel: 0,
        position,
        own: OwnTrack.none,
        attempts,
        group: undefined,
        meta
      })
    }
  }
  const sheet = buffer.take(items.length)
  for (const item of items) item.sheet = sheet
  return { items, grouped, dead }
}

export interface Written extends Pick<Item, "id" | "start" | "end" | "meta"> {}

/** Prepares and writes one message; a throw, a rejection or too many bytes ends its events. */
export const prepareOne = (
  opened: Opened,
  lane: string,
  events: readonly [Event, ...ReadonlyArray<Event>],
  buffer: MessageBuffer.MessageBuffer
): Result.Result<Written, { readonly reason: string; readonly detail: string }> => {
  try {
    const prepared = opened.prepare(events, lane)
    if (Result.isFailure(prepared)) {
      return Result.fail({ reason: prepared.failure.reason, detail: prepared.failure.detail ?? "" })
    }
    const meta = Meta.of(prepared.success.meta, metaBytes)
    if (meta !== undefined && meta.bytes > metaBytes)
      return tooLarge(`the meta of the message has more than ${metaBytes} bytes, which are allowed`)
    const start = buffer.end()
    const end = buffer.write(prepared.success)
    const limit = opened.limits.messageBytes
    return end - start > limit
      ? tooLarge(`the message has ${end - start} bytes, ${limit} are allowed`)
      : Result.succeed({ id: prepared.success.id, start, end, meta })
  } catch (cause) {
    return Result.fail({ reason: "defect", detail: defectDetail("prepare", cause) })
  }
}

const tooLarge = (detail: string) => Result.fail({ reason: "too-large", detail })
