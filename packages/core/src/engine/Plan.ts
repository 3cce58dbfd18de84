/**
 * One chunk through one route: selected, changed and assigned, in plain loops.
 */
import type { Catalogue } from "../Catalogue.ts"
import type { Opened } from "../Destination.ts"
import type { Event } from "../Event.ts"
import type { Count } from "../Ledger.ts"
import { type Filtered, matches, type Route } from "../Route.ts"
import { defectDetail, type Placed } from "./Prepare.ts"

/** Why a type does not pass, or `undefined` when it does. */
export type Selection = (type: string) => "not-selected" | "unknown-type" | undefined

/** The most types whose verdict is remembered; a source with more invents them. */
const remembered = 10_000

export const selection = (route: Route, known: ReadonlyArray<Catalogue>): Selection => {
  const { accepts, selection: own } = route.destination
  const isKnown = (type: string) => known.some((catalogue) => catalogue.types?.has(type) ?? true)
  const isAccepted = (type: string) => accepts.types?.has(type) ?? true
  const patterns = route.when
  const verdict = (type: string) => {
    if (route.except?.some((pattern) => matches(pattern, type))) return "not-selected"
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
    if (cache.has(type)) return cache.get(type)
    if (cache.size >= remembered) cache.clear()
    const found = verdict(type)
    cache.set(type, found)
    return found
  }
}

/** The events that leave by one lane. */
export interface Leaving {
  /** Positions in the chunk, in order. */
  readonly positions: Array<number>
  readonly placed: Array<Placed>
}

/** An event at which the route failed, with its position in the chunk. */
export interface Failed {
  readonly position: number
  readonly reason: string
  readonly detail: string
}

export interface RoutePlan {
  readonly lanes: ReadonlyMap<string, Leaving>
  readonly failed: ReadonlyArray<Failed>
  readonly counts: ReadonlyArray<Count>
}

/** Runs a route's changes; `undefined` stands for a filtered event whose reason `onFiltered` was told. */
export const change = (
  route: Route,
  event: Event,
  onFiltered: (reason: string) => void
): Event | undefined => {
  let current = event
  for (const step of route.changes) {
    const result: Event | Filtered = step(current)
    if ("filtered" in result) {
      onFiltered(result.filtered)
      return undefined
    }
    current = result
  }
  return current
}

/** The chunk as all routes see it. */
export interface Input {
  readonly events: ReadonlyArray<Event>
  /** Bytes of an event's record. */
  readonly sizeOf: (position: number) => number
  /** What is wrong with an event of a known type; asked only for events that a route selects. */
  readonly invalid: (position: number) => string | undefined
}

export const plan = (route: Route, selected: Selection, opened: Opened, input: Input): RoutePlan => {
  const { events, sizeOf, invalid } = input
  const lanes = new Map<string, Leaving>()
  const failed: Array<Failed> = []
  const filtered = new Map<string, number>()
  const skipped = new Map<string, number>()
  const count = (counts: Map<string, number>, reason: string) =>
    counts.set(reason, (counts.get(reason) ?? 0) + 1)
  const onFiltered = (reason: string) => count(filtered, reason)
  for (const lane of opened.lanes) lanes.set(lane.name, { positions: [], placed: [] })
  for (let position = 0; position < events.length; position++) {
    const original = events[position]!
    const refused = selected(original.type)
    if (refused !== undefined) {
      onFiltered(refused)
      continue
    }
    const wrong = invalid(position)
    if (wrong !== undefined) {
      failed.push({ position, reason: "invalid", detail: wrong })
      continue
    }
    let where = "through"
    try {
      const event = change(route, original, onFiltered)
      if (event === undefined) continue
      where = "assign"
      const assignment = opened.assign(event)
      if (assignment._tag === "Skip") {
        count(skipped, assignment.reason)
        continue
      }
      const leaving = lanes.get(assignment.lane)
      if (leaving === undefined) {
        failed.push({
          position,
          reason: "defect",
          detail: `assign named a lane that is not there: ${assignment.lane}`
        })
        continue
      }
      leaving.placed.push({
        event,
        position: leaving.positions.length,
        group: assignment.group,
        bytes: sizeOf(position)
      })
      leaving.positions.push(position)
    } catch (cause) {
      failed.push({ position, reason: "defect", detail: defectDetail(where, cause) })
    }
  }
  const counts: Array<Count> = [{ route: route.name, kind: "read", key: "", events: events.length }]
  for (const [reason, events] of filtered)
    counts.push({ route: route.name, kind: "filtered", key: reason, events })
  for (const [reason, events] of skipped)
    counts.push({ route: route.name, kind: "skipped", key: reason, events })
  return { lanes, failed, counts }
}
