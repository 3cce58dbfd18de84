/**
 * What lanes did in the last hour, minute by minute, in bounded memory: fed by an observer, read by the page. A restart forgets
 * it.
 *
 * @since 1.0.0
 */
import type { Attempt, Observe } from "@millrace/core/Observer"
import type { LaneKey } from "@millrace/core/Outbox"
import * as Spread from "./internal/spread.ts"

/**
 * The last hour of a lane. Milliseconds; lists hold one number for each of the last sixty minutes, the oldest first.
 *
 * @since 1.0.0
 * @category models
 */
export interface LaneHour extends LaneKey {
  readonly attempts: number
  readonly failed: number
  /** How long half of the attempts took at most, and 99 of 100; exact to a tenth or so. Absent without attempts. */
  readonly half?: number
  readonly most?: number
  /** Events that were delivered. */
  readonly events: ReadonlyArray<number>
  /** Attempts that failed. */
  readonly failures: ReadonlyArray<number>
}

/**
 * The history of an exporter.
 *
 * @since 1.0.0
 * @category models
 */
export interface History {
  /** For the observer of the exporter that it tells of. */
  readonly observe: Observe
  /** As it stands at a time in epoch milliseconds. */
  readonly lanes: (now: number) => ReadonlyArray<LaneHour>
}

const minute = 60_000
const minutes = 60

/** Lanes that are remembered; of more, those that came first. */
const mostLanes = 1000

interface Minute {
  /** Minutes since the epoch. */
  readonly at: number
  attempts: number
  failed: number
  events: number
  readonly spread: Spread.Spread
}

interface Lane extends LaneKey {
  /** By their minute's remainder. */
  readonly ring: Array<Minute | undefined>
}

/** A remote that refuses an event has answered: that is told by dead letters. */
const isFailed = ({ outcome }: Attempt): boolean =>
  outcome === "retry" || outcome === "unauthorized" || outcome === "defect"

/**
 * A history that remembers nothing yet.
 *
 * @since 1.0.0
 * @category constructors
 */
export const make = (): History => {
  const lanes = new Map<string, Lane>()

  const laneOf = ({ route, lane }: LaneKey): Lane | undefined => {
    const key = JSON.stringify([route, lane])
    const found = lanes.get(key)
    if (found !== undefined || lanes.size >= mostLanes) return found
    const made: Lane = { route, lane, ring: Array.from({ length: minutes }) }
    lanes.set(key, made)
    return made
  }

  const minuteOf = (key: LaneKey, time: number): Minute | undefined => {
    const ring = laneOf(key)?.ring
    if (ring === undefined) return undefined
    const at = Math.floor(time / minute)
    const found = ring[at % minutes]
    if (found?.at === at) return found
    const made: Minute = { at, attempts: 0, failed: 0, events: 0, spread: Spread.make() }
    ring[at % minutes] = made
    return made
  }

  return {
    observe: (observation) => {
      if (observation._tag === "Settlement") {
        const entry = minuteOf(observation, observation.at)
        if (entry !== undefined) entry.events += observation.delivered
      } else if (observation._tag === "Attempt") {
        const entry = minuteOf(observation, observation.ended)
        if (entry === undefined) return
        entry.attempts++
        if (isFailed(observation)) entry.failed++
        Spread.add(entry.spread, observation.ended - observation.began)
      }
    },
    lanes: (now) => {
      const last = Math.floor(now / minute)
      return [...lanes.values()].map(({ route, lane, ring }) => {
        const hour = Array.from({ length: minutes }, (_, index) => {
          const at = last - minutes + 1 + index
          const entry = ring[at % minutes]
          return entry?.at === at ? entry : undefined
        })
        const present = hour.flatMap((entry) => entry ?? [])
        const spread = Spread.sum(present.map((entry) => entry.spread))
        const sumOf = (of: (entry: Minute) => number) => present.reduce((sum, entry) => sum + of(entry), 0)
        const attempts = sumOf((entry) => entry.attempts)
        return {
          route,
          lane,
          attempts,
          failed: sumOf(({ failed }) => failed),
          ...(attempts === 0 ? {} : { half: Spread.part(spread, 0.5), most: Spread.part(spread, 0.99) }),
          events: hour.map((entry) => entry?.events ?? 0),
          failures: hour.map((entry) => entry?.failed ?? 0)
        }
      })
    }
  }
}
