/**
 * A prepared message in a lane's memory, with the events it stands for.
 */
import type { Event } from "../../Event.ts"
import type { Sequence } from "../../Outbox.ts"
import type { Meta } from "./Meta.ts"
import type { OwnTrack } from "./OwnTrack.ts"
import type { Sheet } from "./Sheet.ts"

export interface Member {
  readonly parcel: Sequence
  readonly position: number
}

/** What a message of several events keeps, to be split when the remote refuses it. */
export interface Group {
  /** Id of the stored composition. */
  readonly id: string
  readonly members: ReadonlyArray<Member>
  readonly events: ReadonlyArray<Event>
}

export interface Item {
  /** The message's id. */
  readonly id: string
  /** The message is `sheet.bytes[start, end)`; set once all messages of the parcel are written. */
  sheet: Sheet
  readonly start: number
  readonly end: number
  readonly slot: number
  /** Set when the parcel is durable and has its sequence. Of a group, the first member's. */
  parcel: Sequence
  readonly position: number
  /** Set with `parcel`: the track that the parcel is of. */
  own: OwnTrack
  /** Attempts made before it was last taken into memory. */
  readonly attempts: number
  readonly group: Group | undefined
  /** What the plugin gave beside the message, if anything. */
  readonly meta: Meta | undefined
}

/** A message, or some of its events, that ended without being delivered. */
export interface Dead {
  readonly item: Item
  readonly reason: string
  readonly detail: string
}

/** Bytes in a body. */
export const size = (item: Item): number => item.end - item.start

/** Bytes in memory. */
export const weight = (item: Item): number => item.end - item.start + (item.meta?.bytes ?? 0)

export const events = (item: Item): number => item.group?.events.length ?? 1

export const members = (item: Item): ReadonlyArray<Member> => item.group?.members ?? [item]

/** Some events of a message of several, by their positions in it; the bytes are still those of the whole. */
export const part = (item: Item, group: Group, positions: ReadonlyArray<number>): Item => {
  const members = positions.map((position) => group.members[position]!)
  return {
    ...item,
    ...members[0]!,
    group: { id: group.id, members, events: positions.map((position) => group.events[position]!) }
  }
}
