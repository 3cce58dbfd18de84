/** The troubles of a remote: when a lane is in trouble, and in which. */
import type * as Chance from "./chance.ts"
import { day, hour, minute, second } from "./duration.ts"
import type { Window } from "./plan.ts"

export type Fault = Window["fault"]

export interface Span {
  readonly horizon: number
  /** When something is on its way. */
  readonly arrivals: ReadonlyArray<number>
}

export const outages: ReadonlyArray<Fault> = ["down", "reset-before", "reset-after", "hang"]

export const faults: ReadonlyArray<Fault> = [
  ...outages,
  "throttled",
  "slow",
  "unauthorized",
  "missing",
  "partial",
  "strangers",
  "defect",
  "busy"
]

/** Answers that make the engine wait long, so that days of them are few attempts. */
const patient: ReadonlyArray<Fault> = ["throttled", "unauthorized"]

/** One window, of seconds up to days. */
export const windowOf = (
  chance: Chance.Chance,
  { horizon, arrivals }: Span,
  fault: Fault,
  mayReachAll: boolean
): Omit<Window, "route" | "lane"> => {
  // Days of quick refusals are thousands of attempts, all alike: they are rare.
  const longest = patient.includes(fault) || chance.hit(0.05) ? horizon : Math.min(horizon, 2 * hour)
  const length = chance.spread(second, longest)
  const from = chance.hit(0.7)
    ? Math.max(0, chance.pick(arrivals) - chance.below(length))
    : chance.below(Math.max(1, horizon - length))
  const isLong = length > 2 * hour
  const least = isLong ? 10 * minute : second
  return {
    from,
    to: Math.min(from + length, 5 * day),
    fault,
    after: isLong || chance.hit(0.8) ? chance.spread(least, Math.max(least, Math.min(length, 6 * hour))) : 0,
    scope: mayReachAll && chance.hit(0.3) ? "destination" : "lane"
  }
}
