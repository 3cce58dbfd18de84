/**
 * One chunk through one route: selected, changed and assigned, in plain loops.
 */
import * as Result from "effect/Result"
import { type Catalogue, spelled } from "../../Catalogue.ts"
import * as Codec from "../../Codec.ts"
import type { Opened } from "../../Destination.ts"
import { type Event, userKey } from "../../Event.ts"
import type { Count } from "../../Ledger.ts"
import { matches, type Ordering, type Route } from "../../Route.ts"
import { change, isEvent } from "../message/Change.ts"
import * as OrderSlots from "../message/OrderSlots.ts"
import { defectDetail, type Placed } from "../message/Prepare.ts"
import type { IsErased } from "./Erasures.ts"

/** Why a type does not pass, or `undefined` when it does. */
export type Selection = (type: string) => "not-selected" | "unknown-type" | undefined

/** The most types whose verdict is remembered; a source with more invents them. */
const remembered = 10_000
/** The longest of them. */
const longest = 200

export const selection = (route: Route, known: ReadonlyArray<Catalogue>): Selection => {
  const { accepts, selection: own } = route.destination
  const isKnown = (type: string) => known.some((catalogue) => catalogue.types?.has(type) ?? true)
  const isAccepted = (type: string) => accepts.types?.has(type) ?? true
  const spell = (pattern: string) => spelled(known, pattern)
  const patterns = route.when?.map(spell)
  const except = route.except?.map(spell)
  const verdict = (type: string) => {
    if (except?.some((pattern) => matches(pattern, type))) return "not-selected"
    const everything = patterns?.includes("*") ?? false
    if (!isKnown(type) || !isAccepted(type)) {
      return everything && accepts.types === undefined
        ? undefined
        : isKnown(type)
          ? "not-selected"
          : "unknown-type"
    }
    const selected =
      patterns === undefined ? (own?.has(type) ?? true) : patterns.some((pattern) => matches(pattern, type))
    return selected ? undefined : "not-selected"
  }
  const cache = new Map<string, ReturnType<Selection>>()
  return (type) => {
    if (type.length > longest) return verdict(type)
    if (cache.has(type)) return cache.get(type)
    if (cache.size >= remembered) cache.clear()
    const found = verdict(type)
    cache.set(type, found)
    return found
  }
}

/** The events that leave by one track of a lane. */
export interface Leaving {
  readonly lane: string
  readonly track: number
  /** Positions in the chunk, in order. */
  readonly positions: Array<number>
  readonly placed: Array<Placed>
  /** The records of the events as they are to be stored, of a route that changes them at the intake. */
  readonly stored: Array<string>
}

/** An event at which the route failed, with its position in the chunk. */
export interface Failed {
  readonly position: number
  readonly reason: string
  readonly detail: string
  /** The record that may be kept, of a route that changes events at the intake: absent where that failed. */
  readonly stored: string | undefined
}

export interface RoutePlan {
  /** By lane and track, in the order of these; none is empty. */
  readonly leaving: ReadonlyArray<Leaving>
  readonly failed: ReadonlyArray<Failed>
  readonly counts: ReadonlyArray<Count>
}

/** What may be kept of an event that does not fit its catalogue: nothing, unless the intake can change it all the same. */
const keepable = (intake: Route["changes"], event: Event): string | undefined => {
  if (intake.length === 0) return undefined
  try {
    const kept = change(intake, event)
    return isEvent(kept) ? Result.getOrUndefined(Codec.encodeEvent(kept)) : undefined
  } catch {
    return undefined
  }
}

const none: Route["changes"] = []

/** The chunk as all routes see it. */
export interface Input {
  readonly events: ReadonlyArray<Event>
  /** Bytes of an event's record. */
  readonly sizeOf: (position: number) => number
  /** What is wrong with an event of a known type; asked only for events that a route selects. */
  readonly invalid: (position: number) => string | undefined
  /** Whether the events were changed at the intake before: they were stored so. */
  readonly isChanged: boolean
  /** Set where events are read again: those of users that were erased are left out. */
  readonly isErased?: IsErased | undefined
  /** Into how many tracks each lane is divided. */
  readonly tracks: number
}

/** The track of an event: that of its user, so that the order of a user is one track's; any where no order is asked for. */
export const trackOf = (event: Event, ordering: Ordering, tracks: number): number => {
  if (tracks === 1) return 0
  const user = ordering === "none" ? undefined : userKey(event)
  return OrderSlots.trackOf(OrderSlots.slotOf(user ?? event.id), tracks)
}

/** What leaves by the tracks of each lane, made as it is needed. */
const lanesOf = (opened: Opened) => {
  const lanes = new Map(opened.lanes.map(({ name }) => [name, new Map<number, Leaving>()]))
  return {
    has: (lane: string) => lanes.has(lane),
    of: (lane: string, track: number): Leaving => {
      const tracks = lanes.get(lane)!
      const found = tracks.get(track) ?? { lane, track, positions: [], placed: [], stored: [] }
      tracks.set(track, found)
      return found
    },
    all: (): ReadonlyArray<Leaving> =>
      [...lanes.values()].flatMap((tracks) =>
        tracks.size < 2 ? [...tracks.values()] : [...tracks.values()].sort((a, b) => a.track - b.track)
      )
  }
}

export const plan = (route: Route, selected: Selection, opened: Opened, input: Input): RoutePlan => {
  const { events, sizeOf, invalid, isChanged, isErased, tracks } = input
  const intake = isChanged ? none : (route.intake ?? none)
  const lanes = lanesOf(opened)
  const failed: Array<Failed> = []
  const filtered = new Map<string, number>()
  const skipped = new Map<string, number>()
  const count = (counts: Map<string, number>, reason: string) =>
    counts.set(reason, (counts.get(reason) ?? 0) + 1)
  const onFiltered = (reason: string) => count(filtered, reason)
  // Nothing is made anew for each event, not even a function that closes over it.
  const fail = (position: number, reason: string, detail: string, stored: string | undefined) =>
    failed.push({ position, reason, detail, stored })
  for (let position = 0; position < events.length; position++) {
    const original = events[position]!
    let stored: string | undefined
    let where = "selecting"
    try {
      const refused = selected(original.type)
      if (refused !== undefined) {
        onFiltered(refused)
        continue
      }
      where = "erasures"
      if (isErased?.(original) === true) {
        onFiltered("erased")
        continue
      }
      where = "the catalogue"
      const wrong = invalid(position)
      if (wrong !== undefined) {
        stored = keepable(intake, original)
        fail(position, "invalid", wrong, stored)
        continue
      }
      where = "at the intake"
      const kept = change(intake, original)
      if (intake.length > 0 && isEvent(kept)) {
        const written = Codec.encodeEvent(kept)
        if (Result.isFailure(written)) {
          fail(position, written.failure.reason, written.failure.detail, stored)
          continue
        }
        stored = written.success
      }
      // The ids by which a user was erased are those that were stored.
      if (isErased !== undefined && intake.length > 0 && isEvent(kept) && isErased(kept)) {
        onFiltered("erased")
        continue
      }
      where = "through"
      const event = isEvent(kept) ? change(route.changes, kept) : kept
      if ("filtered" in event) {
        onFiltered(event.filtered)
        continue
      }
      if ("refused" in event) {
        fail(position, event.refused, event.detail, stored)
        continue
      }
      where = "assign"
      const assignment = opened.assign(event)
      if (assignment._tag === "Skip") {
        count(skipped, assignment.reason)
        continue
      }
      if (!lanes.has(assignment.lane)) {
        fail(position, "defect", `assign named a lane that is not there: ${assignment.lane}`, stored)
        continue
      }
      const leaving = lanes.of(assignment.lane, trackOf(event, route.ordering, tracks))
      leaving.placed.push({
        event,
        position: leaving.positions.length,
        group: assignment.group,
        bytes: sizeOf(position)
      })
      leaving.positions.push(position)
      if (stored !== undefined) leaving.stored.push(stored)
    } catch (cause) {
      fail(position, "defect", defectDetail(where, cause), stored)
    }
  }
  const counts: Array<Count> = [{ route: route.name, kind: "read", key: "", events: events.length }]
  for (const [reason, events] of filtered)
    counts.push({ route: route.name, kind: "filtered", key: reason, events })
  for (const [reason, events] of skipped)
    counts.push({ route: route.name, kind: "skipped", key: reason, events })
  return { leaving: lanes.all(), failed, counts }
}
