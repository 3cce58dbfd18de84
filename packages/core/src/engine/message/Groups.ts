/**
 * Events of a lane that wait for others of their group, and the compositions that a crash left: their events leave
 * together again under the same id.
 */
import type { Composition } from "../../Outbox.ts"
import type { Member } from "./Item.ts"
import type { OwnTrack } from "./OwnTrack.ts"
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
  /** Stored compositions of a track that is owned from now on. */
  readonly gathers: (own: OwnTrack, stored: ReadonlyArray<Composition>) => void
  /** The events of these parcels are gone; returns later members of stored compositions that go with them. */
  readonly forget: (parcels: ReadonlySet<number>) => ReadonlyArray<Member>
  /** Everything of a track is gone. */
  readonly disown: (own: OwnTrack) => void
  readonly waiting: () => number
  readonly bytes: () => number
}

const key = (parcel: number, position: number) => `${parcel}:${position}`

/** Events of two tracks never leave as one message: each track may be another's tomorrow. */
const nameOf = ({ group, own }: Grouped): string => (own.track === 0 ? group : `${group}\u0000${own.track}`)

interface Fixed extends Composition {
  readonly own: OwnTrack
}

export const make = (): Groups => {
  const open = new Map<string, { since: number; bytes: number; events: Array<Grouped> }>()
  const fixed = new Map<string, Fixed>()
  const gathered = new Map<string, Array<Grouped>>()
  /** Groups that grew since the last search. */
  const touched = new Set<string>()
  let full: Array<{ readonly events: ReadonlyArray<Grouped>; readonly stored: Fixed }> = []
  let waiting = 0
  let bytes = 0

  const join = (event: Grouped, now: number) => {
    const name = nameOf(event)
    touched.add(name)
    const group = open.get(name)
    if (group === undefined) open.set(name, { since: now, bytes: event.bytes, events: [event] })
    else {
      group.events.push(event)
      group.bytes += event.bytes
    }
  }

  const unfix = ({ members }: Composition) => {
    for (const member of members) fixed.delete(key(member.parcel, member.position))
  }

  const drop = (events: ReadonlyArray<Grouped>) => {
    waiting -= events.length
    for (const event of events) bytes -= event.bytes
  }

  /** Takes out the events that are gone, and the compositions that are broken. */
  const remove = (isGone: (event: Grouped) => boolean, isBroken: (fixed: Fixed) => boolean) => {
    for (const [name, group] of open) {
      drop(group.events.filter(isGone))
      group.events = group.events.filter((event) => !isGone(event))
      group.bytes = group.events.reduce((sum, event) => sum + event.bytes, 0)
      if (group.events.length === 0) open.delete(name)
    }
    const broken = new Set<Composition>([...fixed.values()].filter(isBroken))
    full = full.filter(({ events, stored }) => {
      if (!isBroken(stored)) return true
      broken.add(stored)
      drop(events)
      return false
    })
    for (const composition of broken) {
      unfix(composition)
      drop(gathered.get(composition.id) ?? [])
      gathered.delete(composition.id)
    }
    return broken
  }

  const gather = (event: Grouped, composition: Fixed) => {
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
    unfix(composition)
  }

  return {
    gathers: (own, stored) => {
      for (const composition of stored) {
        const entry = { ...composition, own }
        for (const member of composition.members) fixed.set(key(member.parcel, member.position), entry)
      }
    },
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
      unfix(composition)
      for (const event of gathered.get(composition.id) ?? []) join(event, now)
      gathered.delete(composition.id)
    },
    forget: (parcels) => {
      const isOld = ({ parcel }: Member) => parcels.has(parcel)
      // A stored composition with an old member may have been sent: the rest of it never leaves as another message.
      const broken = remove(isOld, ({ members }) => members.some(isOld))
      return [...broken].flatMap(({ members }) => members.filter((member) => !isOld(member)))
    },
    disown: (gone) => {
      remove(
        ({ own }) => own === gone,
        ({ own }) => own === gone
      )
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
