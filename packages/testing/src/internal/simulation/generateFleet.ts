/** A plan of a fleet from a seed: the same input, routes and remotes as of one process, and faults of several. */
import * as Chance from "./chance.ts"
import { hour, minute, second } from "./duration.ts"
import { generate } from "./generate.ts"
import type { Plan, PlannedInstance } from "./plan.ts"

const times = <A>(length: number, make: (index: number) => A): Array<A> =>
  Array.from({ length }, (_, index) => make(index))

export const generateFleet = (seed: number): Plan => {
  const chance = Chance.make(seed, "fleet")
  const plan = generate(seed)
  // An exporter that waits costs as much to simulate as one that works: in most histories little time passes without any event.
  const dense = chance.hit(0.97)
  const horizon = dense ? chance.spread(10 * second, 2 * minute) : chance.spread(minute, hour)
  const longest = dense ? minute : 10 * minute
  const within = (at: number) => Math.min(at, Math.floor(horizon * chance.next()))
  const leaseTime = 12 * second
  const splits = plan.splits.map((split) => ({ ...split, at: within(split.at) }))
  const requests = plan.requests.map((request) => ({ ...request, at: within(request.at) }))
  const arrivals = [...splits, ...requests].map(({ at }) => at)

  // Without hard faults nothing is to be sent twice.
  const rough = chance.hit(0.7)

  const span = () => {
    // Most begin while something is under way.
    const from = chance.hit(0.8) ? chance.pick(arrivals) + chance.below(500) : chance.below(horizon)
    // Many end when another has just taken over, and has not done what there was to do.
    return {
      from,
      to: from + (chance.hit(0.5) ? leaseTime + chance.below(4 * second) : chance.spread(second, longest))
    }
  }
  const instanceOf = (index: number, count: number): PlannedInstance => ({
    // One reads and one delivers at the least.
    roles:
      count < 3 || chance.hit(0.6)
        ? ["read", "deliver"]
        : index === 0
          ? ["read"]
          : index === 1
            ? ["deliver"]
            : ["read", "deliver"],
    from: index === 0 || chance.hit(0.5) ? 0 : chance.below(horizon),
    skew: chance.hit(0.5) ? 0 : chance.between(-longest / 2, longest / 2),
    pauses: rough && chance.hit(0.5) ? times(chance.between(1, 2), span) : [],
    cuts: rough && chance.hit(0.5) ? times(chance.between(1, 2), span) : [],
    crashes: times(rough ? chance.between(0, 3) : 0, () => ({
      at: chance.hit(0.5)
        ? { hook: chance.spread(1, 200) }
        : chance.hit(0.5)
          ? { step: chance.spread(1, 3000) }
          : { time: chance.spread(1, horizon) },
      down: chance.spread(100, longest)
    })),
    restarts: chance.hit(0.4) ? [chance.below(horizon)] : []
  })
  const count = chance.between(2, 5)
  // Pauses of one process do not overlap with each other: it stands still or it does not.
  const apart = (instance: PlannedInstance): PlannedInstance => ({
    ...instance,
    pauses: instance.pauses.slice(0, 1)
  })
  return {
    ...plan,
    splits,
    requests,
    routes: plan.routes.map(({ share: _, ...route }) => ({
      ...route,
      retention: 7 * 24 * hour,
      ...(dense ? { probeEvery: 20 * second } : {})
    })),
    windows: plan.windows.map((window) => {
      const from = within(window.from)
      return {
        ...window,
        from,
        to: from + Math.min(window.to - window.from, horizon),
        after: Math.min(window.after, longest)
      }
    }),
    rotations: plan.rotations.map((rotation) => ({
      ...rotation,
      at: within(rotation.at),
      lag: Math.min(rotation.lag, horizon)
    })),
    pauses: [],
    full: [],
    failures: [],
    crashes: [],
    follow: [true],
    fleet: {
      tracks: chance.pick([1, 2, 3, 8]),
      leaseTime,
      instances: times(count, (index) => apart(instanceOf(index, count)))
    }
  }
}
