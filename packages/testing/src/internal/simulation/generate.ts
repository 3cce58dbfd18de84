/** A plan from a seed. */
import * as Chance from "./chance.ts"
import { day, hour, minute, second } from "./duration.ts"
import * as FaultWindows from "./faultWindows.ts"
import type { Fate, Plan, PlannedChunk, PlannedEvent, PlannedRoute, Window } from "./plan.ts"

/** `small` histories are to be crashed at every point. */
export type Size = "usual" | "small"

const badFates: ReadonlyArray<Fate> = [
  "poison",
  "large",
  "bomb",
  "throw",
  "invalid",
  "filter",
  "other",
  "skip"
]

const times = <A>(length: number, make: (index: number) => A): Array<A> =>
  Array.from({ length }, (_, index) => make(index))

export const generate = (seed: number, size: Size = "usual"): Plan => {
  const chance = Chance.make(seed, "plan")
  const isSmall = size === "small"
  const horizon = isSmall ? minute : howLong(chance)
  const verdicts = Chance.make(seed, "verdicts")
  const routes = withVerdicts(withShares(routesOf(chance, isSmall), Chance.make(seed, "shares")), verdicts)
  const { splits, requests } = inputOf(chance, horizon, isSmall)
  const span = { horizon, arrivals: [...splits, ...requests].map(({ at }) => at) }

  // The first lane stays healthy, so that there is something to be delayed.
  const places = routes
    .flatMap(({ lanes }, route) => times(lanes, (lane) => ({ route, lane })))
    .filter(({ route, lane }) => route + lane > 0)
  const window = (fault: FaultWindows.Fault) => {
    const place = chance.pick(places)
    return { ...place, ...FaultWindows.windowOf(chance, span, fault, place.route > 0) }
  }
  const between = () => {
    const from = chance.below(horizon)
    return { from, to: from + chance.spread(second, horizon) }
  }
  const faults: ReadonlyArray<FaultWindows.Fault> = isSmall
    ? times(chance.between(0, 2), () => chance.pick(FaultWindows.faults))
    : [
        "throttled",
        "unauthorized",
        chance.pick(FaultWindows.outages),
        ...times(chance.between(0, 4), () => chance.pick(FaultWindows.faults))
      ]
  return {
    seed,
    preemption: chance.hit(1 / 3) ? chance.pick([0.02, 0.05, 0.2]) : 0,
    routes,
    splits,
    readers: chance.between(1, 2),
    requests,
    dedupe: chance.hit(0.3),
    windows: [...faults.map(window), ...partly(routes, places, span, verdicts)],
    rotations: firstOfEachLane(
      times(isSmall ? 0 : chance.between(1, 2), () => ({
        ...chance.pick(places),
        at: chance.below(horizon),
        lag: chance.spread(second, horizon),
        held: chance.hit(0.2)
      }))
    ),
    pauses: times(chance.hit(0.15) ? 1 : 0, () => ({ ...chance.pick(places), ...between() })),
    full: times(chance.hit(0.2) ? 1 : 0, between),
    failures: times(isSmall || chance.hit(0.7) ? 0 : chance.between(1, 3), () => chance.below(200)),
    crashes: times(isSmall ? 0 : chance.between(1, 4), () => crashOf(chance, horizon)),
    follow: times(3, () => chance.hit(0.5))
  }
}

const howLong = (chance: Chance.Chance): number =>
  chance.hit(0.5)
    ? chance.spread(minute, hour)
    : chance.hit(0.6)
      ? chance.spread(hour, day)
      : chance.spread(day, 5 * day)

const routesOf = (chance: Chance.Chance, isSmall: boolean): ReadonlyArray<PlannedRoute> => {
  const length = isSmall ? 1 : chance.between(1, 2)
  return times(length, (index) => ({
    name: `route-${index}`,
    lanes: isSmall ? 2 : chance.between(length === 1 ? 2 : 1, 3),
    grouped: chance.hit(0.4),
    ordering: chance.hit(0.85) ? "user" : "none",
    messages: chance.between(1, 6),
    concurrency: chance.between(1, 4),
    window: chance.hit(0.5) ? 0 : chance.spread(10, 5 * second),
    retention: !isSmall && chance.hit(0.15) ? chance.spread(hour, 3 * day) : 7 * day
  }))
}

const withShares = (
  routes: ReadonlyArray<PlannedRoute>,
  chance: Chance.Chance
): ReadonlyArray<PlannedRoute> =>
  routes.map((route) =>
    chance.hit(0.2)
      ? {
          ...route,
          share: { size: chance.spread(100, 5000), whenFull: chance.pick(["hold", "set-aside"] as const) }
        }
      : route
  )

const withVerdicts = (
  routes: ReadonlyArray<PlannedRoute>,
  chance: Chance.Chance
): ReadonlyArray<PlannedRoute> =>
  routes.map((route) => (chance.hit(0.5) && route.grouped ? { ...route, judgesEvents: true } : route))

/** Remotes that judge events take some of a message and put off others, now and then. */
const partly = (
  routes: ReadonlyArray<PlannedRoute>,
  places: ReadonlyArray<Pick<Window, "route" | "lane">>,
  span: FaultWindows.Span,
  chance: Chance.Chance
): ReadonlyArray<Window> =>
  places
    .filter(({ route }) => routes[route]!.judgesEvents ?? false)
    .map((place) => ({ ...place, ...FaultWindows.windowOf(chance, span, "partial", false) }))

const inputOf = (
  chance: Chance.Chance,
  horizon: number,
  isSmall: boolean
): Pick<Plan, "splits" | "requests"> => {
  const users = times(chance.between(2, 8), (index) => `user-${index}`)
  const badness = chance.hit(0.5) ? 0.15 : 0
  let events = 0
  const event = (): PlannedEvent => ({
    id: `event-${events++}`,
    user: chance.pick(users),
    fate: chance.hit(badness) ? chance.pick(badFates) : "deliver",
    place: chance.below(6)
  })
  const count = isSmall ? 3 : chance.between(3, 12)
  const most = isSmall ? 2 : Math.max(4, Math.floor(80 / count))
  const splits = times(isSmall ? 1 : chance.between(1, 3), (index) => ({
    name: `split-${index}`,
    at: index === 0 ? 0 : chance.below(horizon),
    chunks: [] as Array<PlannedChunk>
  }))
  const requests: Array<Plan["requests"][number]> = []
  for (let index = 0; index < count; index++) {
    const chunk: PlannedChunk = {
      name: `chunk-${index}`,
      events: times(chance.between(1, most), event),
      malformed: chance.hit(badness) ? 1 : 0,
      bytes: chance.hit(0.5)
    }
    if (chance.hit(0.35)) requests.push({ at: chance.below(horizon), lost: chance.hit(0.2) ? 1 : 0, chunk })
    else chance.pick(splits).chunks.push(chunk)
  }
  return { splits, requests }
}

const crashOf = (chance: Chance.Chance, horizon: number): Plan["crashes"][number] => ({
  at: chance.hit(0.5)
    ? { hook: chance.spread(1, 200) }
    : chance.hit(0.5)
      ? { step: chance.spread(1, 3000) }
      : { time: chance.spread(1, horizon) },
  down: chance.spread(100, Math.min(horizon, 6 * hour))
})

/** A lane changes its key once: what overlapping changes mean would be a matter of taste. */
const firstOfEachLane = <A extends { readonly route: number; readonly lane: number }>(
  rotations: ReadonlyArray<A>
): ReadonlyArray<A> =>
  rotations.filter(
    ({ route, lane }, index) =>
      rotations.findIndex((other) => other.route === route && other.lane === lane) === index
  )
