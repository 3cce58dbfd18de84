/**
 * Events of a lane that wait for others of their group, and the compositions that a crash left: their events leave
 * together again under the same id.
 */
import type { Composition } from "../Outbox.ts"
import type { Member } from "./Item.ts"
import type { Grouped } from "./Prepare.ts"

/** What one message may hold. */
export interface Size {
  readonly events: number
  readonly bytes: number
}

export interface Formed {
  readonly events: ReadonlyArray<Grouped>
  /** The stored composition that is formed again; `undefined` for a new one. */
  readonly stored: Composition | undefined
}

export interface Groups {
  readonly push: (events: ReadonlyArray<Grouped>, now: number) => void
  /** Groups that wait no longer: full, past the window, or all when `flush` is set. */
  readonly take: (now: number, window: number, limits: Size, flush: boolean) => Array<Formed>
  /** When the oldest group's window ends, in epoch milliseconds. */
  readonly due: (window: number) => number | undefined
  /** An event of a stored composition is gone: the rest of it is grouped anew. */
  readonly dissolve: (parcel: number, position: number, now: number) => void
  /** The events of all parcels up to `last` are gone; returns later members of stored compositions that go with them. */
  readonly forget: (last: number) => ReadonlyArray<Member>
  readonly waiting: () => number
  readonly bytes: () => number
}

const key = (parcel: number, position: number) => `${parcel}:${position}`

export const make = (stored: ReadonlyArray<Composition>): Groups => {
  const open = new Map<string, { since: number; bytes: number; events: Array<Grouped> }>()
  const fixed = new Map<string, Composition>()
  const gathered = new Map<string, Array<Grouped>>()
  for (const composition of stored) {
    for (const member of composition.members) fixed.set(key(member.parcel, member.position), composition)
  }
  /** Groups that grew since the last search. */
  const touched = new Set<string>()
  let full: Array<{ readonly events: ReadonlyArray<Grouped>; readonly stored: Composition }> = []
  let waiting = 0
  let bytes = 0

  const join = (event: Grouped, now: number) => {
    touched.add(event.group)
    const group = open.get(event.group)
    if (group === undefined) open.set(event.group, { since: now, bytes: event.bytes, events: [event] })
    else {
      group.events.push(event)
      group.bytes += event.bytes
    }
  }

  const gather = (event: Grouped, composition: Composition) => {
    const events = gathered.get(composition.id) ?? []
    events.push(event)
    gathered.set(composition.id, events)
    if (events.length < composition.members.length) return
    const order = new Map(
      composition.members.map((member, index) => [key(member.parcel, member.position), index])
    )
    const place = (member: Grouped) => order.get(key(member.parcel, member.position)) ?? 0
    full.push({ events: events.sort((a, b) => place(a) - place(b)), stored: composition })
    gathered.delete(composition.id)
    for (const member of composition.members) fixed.delete(key(member.parcel, member.position))
  }

  return {
    push: (events, now) => {
      for (const event of events) {
        waiting++
        bytes += event.bytes
        const composition = fixed.get(key(event.parcel, event.position))
        if (composition === undefined) join(event, now)
        else gather(event, composition)
      }
    },
    take: (now, window, limits, flush) => {
      const formed: Array<Formed> = full
      full = []
      const form = (name: string, ripe: boolean) => {
        const group = open.get(name)!
        while (group.events.length > 0 && (ripe || isFull(group, limits))) {
          const events = cut(group.events, limits)
          group.events.splice(0, events.length)
          for (const event of events) group.bytes -= event.bytes
          formed.push({ events, stored: undefined })
        }
        if (group.events.length === 0) open.delete(name)
      }
      // Groups stand in the order of their first event: the first that is not ripe ends the search.
      for (const [name, group] of open) {
        if (!flush && now < group.since + window) break
        form(name, true)
      }
      for (const name of touched) if (open.has(name)) form(name, false)
      touched.clear()
      for (const { events } of formed) {
        waiting -= events.length
        for (const event of events) bytes -= event.bytes
      }
      return formed
    },
    due: (window) => {
      if (full.length > 0) return 0
      for (const group of open.values()) return group.since + window
      return undefined
    },
    dissolve: (parcel, position, now) => {
      const composition = fixed.get(key(parcel, position))
      if (composition === undefined) return
      for (const member of composition.members) fixed.delete(key(member.parcel, member.position))
      for (const event of gathered.get(composition.id) ?? []) join(event, now)
      gathered.delete(composition.id)
    },
    forget: (last) => {
      const isOld = ({ parcel }: Member) => parcel <= last
      const keep = (events: ReadonlyArray<Grouped>): Array<Grouped> => {
        const kept = events.filter((event) => !isOld(event))
        waiting -= events.length - kept.length
        for (const event of events) if (isOld(event)) bytes -= event.bytes
        return kept
      }
      for (const [name, group] of open) {
        group.events = keep(group.events)
        group.bytes = group.events.reduce((sum, event) => sum + event.bytes, 0)
        if (group.events.length === 0) open.delete(name)
      }
      // A stored composition with an old member may have been sent: the rest of it never leaves as another message.
      const broken = new Set([...fixed.values()].filter(({ members }) => members.some(isOld)))
      const drop = (events: ReadonlyArray<Grouped>) => {
        waiting -= events.length
        for (const event of events) bytes -= event.bytes
      }
      full = full.filter(({ events, stored }) => {
        if (!stored.members.some(isOld)) return true
        broken.add(stored)
        drop(events)
        return false
      })
      for (const { id, members } of broken) {
        for (const member of members) fixed.delete(key(member.parcel, member.position))
        drop(gathered.get(id) ?? [])
        gathered.delete(id)
      }
      return [...broken].flatMap(({ members }) => members.filter((member) => !isOld(member)))
    },
    waiting: () => waiting,
    bytes: () => bytes
  }
}

const isFull = (group: { readonly events: ReadonlyArray<Grouped>; readonly bytes: number }, limits: Size) =>
  group.events.length >= limits.events || group.bytes >= limits.bytes

/** The first events that fit one message: at least one. */
const cut = (events: ReadonlyArray<Grouped>, limits: Size): Array<Grouped> => {
  let bytes = 0
  let count = 0
  while (count < events.length && count < limits.events) {
    bytes += events[count]!.bytes
    if (count > 0 && bytes > limits.bytes) break
    count++
  }
  return events.slice(0, count)
}
