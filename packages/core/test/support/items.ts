/** Messages as a lane has them in memory, made up. */
import type { Message } from "@millrace/core"
import type { Pending } from "../../src/engine/message/Batches.ts"
import { batchOf } from "../../src/engine/message/BatchOf.ts"
import * as Item from "../../src/engine/message/Item.ts"
import * as OrderSlots from "../../src/engine/message/OrderSlots.ts"
import * as OwnTrack from "../../src/engine/message/OwnTrack.ts"
import * as Sheet from "../../src/engine/message/Sheet.ts"
import * as Remote from "./remote.ts"

export interface Options {
  readonly user?: string | undefined
  readonly bytes?: number
  readonly parcel?: number
  readonly position?: number
}

export const item = (id: string, options: Options = {}): Item.Item => ({
  id,
  sheet: { ...Sheet.empty, bytes: new Uint8Array(options.bytes ?? 10) },
  start: 0,
  end: options.bytes ?? 10,
  slot: OrderSlots.slotOf(options.user),
  parcel: options.parcel ?? 1,
  position: options.position ?? 0,
  own: OwnTrack.none,
  attempts: 0,
  group: undefined,
  meta: undefined
})

/** A message of several events, which are at the positions 0, 1, ... of parcel 1. */
export const grouped = (id: string, events: number): Item.Item => {
  const members = Array.from({ length: events }, (_, position) => ({ parcel: 1, position }))
  return { ...item(id), group: { id, members, events: Remote.events(events) } }
}

export const pending = (items: ReadonlyArray<Item.Item>, attempts = 0): Pending => ({
  items,
  due: 0,
  attempts
})

/** As a plugin is given them. */
export const batch = (items: ReadonlyArray<Item.Item>): Message.Batch =>
  batchOf("main", items, new Uint8Array(items.reduce((sum, one) => sum + Item.size(one), 0)), {
    open: "",
    separator: "",
    close: ""
  })

export const ids = (items: ReadonlyArray<Item.Item> | undefined): ReadonlyArray<string> | undefined =>
  items?.map(({ id }) => id)
