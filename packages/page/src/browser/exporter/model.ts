/** What the exporter answers, and what follows from it for people. Pure. */
import type { RouteLedger } from "@millrace/core/Ledger"
import type { LaneKey } from "@millrace/core/Outbox"
import type { BackfillStatus } from "@millrace/core/Running"
import type { Listed, Shown } from "@millrace/operations/DeadLetters"
import type { Lane } from "@millrace/operations/Lanes"
import type { Overview } from "@millrace/operations/Overview"

/** A backfill as the endpoint tells it. */
export type Backfill = Omit<BackfillStatus, "unread">

export type { Lane, LaneKey, Listed, Overview, RouteLedger, Shown }

export interface About {
  readonly exporter: string
  readonly version: string
  readonly readOnly: boolean
  readonly config?: string
  readonly routes: ReadonlyArray<{ readonly name: string; readonly sources: ReadonlyArray<string> }>
}

export interface LaneHour extends LaneKey {
  readonly attempts: number
  readonly failed: number
  readonly half?: number
  readonly most?: number
  readonly events: ReadonlyArray<number>
  readonly failures: ReadonlyArray<number>
}

export interface Hour {
  readonly lanes: ReadonlyArray<LaneHour>
}

/** Which dead letters: the parts that were given. */
export type Filter = Readonly<Partial<Record<(typeof filterParts)[number], string>>>

export const filterParts = ["route", "lane", "reason", "type", "user", "event"] as const

export const sum = (counts: Readonly<Record<string, number>> = {}): number =>
  Object.values(counts).reduce((total, events) => total + events, 0)

/** What a route has not accounted for: nothing, unless there is a fault in Millrace. */
export const missingOf = (counts: RouteLedger): number =>
  counts.read -
  (["filtered", "skipped", "delivered", "waiting", "dead", "erased"] as const).reduce(
    (total, kind) => total + sum(counts[kind]),
    0
  )

export const same = (one: LaneKey, other: LaneKey): boolean =>
  one.route === other.route && one.lane === other.lane

export type LaneState = "open" | "failing" | "paused" | "closed"

export const stateOf = ({ gate, failingSince }: Lane): LaneState =>
  gate.open
    ? failingSince === undefined
      ? "open"
      : "failing"
    : gate.reason === "paused"
      ? "paused"
      : "closed"

const grave: Readonly<Record<LaneState, number>> = { closed: 0, failing: 1, paused: 2, open: 3 }

/** Those in trouble first, then those in which most waits. */
export const byTrouble = (lanes: ReadonlyArray<Lane>): ReadonlyArray<Lane> =>
  [...lanes].sort(
    (one, other) =>
      grave[stateOf(one)] - grave[stateOf(other)] ||
      other.waiting - one.waiting ||
      one.route.localeCompare(other.route) ||
      one.lane.localeCompare(other.lane)
  )

export interface Group {
  readonly route: string
  readonly reason: string
  readonly letters: number
}

/** Dead letters by route and reason, the most first. */
export const groupsOf = ({ routes }: Overview): ReadonlyArray<Group> =>
  Object.entries(routes)
    .flatMap(([route, { dead }]) =>
      Object.entries(dead).map(([reason, letters]) => ({ route, reason, letters }))
    )
    .filter(({ letters }) => letters > 0)
    .sort((one, other) => other.letters - one.letters)

/** How much was read and delivered at a time, in epoch milliseconds. */
export interface Sample {
  readonly at: number
  readonly read: ReadonlyMap<string, number>
  readonly delivered: ReadonlyMap<string, number>
}

export const nameOf = ({ route, lane }: LaneKey): string => JSON.stringify([route, lane])

export const sampleOf = ({ routes }: Overview, at: number): Sample => ({
  at,
  read: new Map(Object.entries(routes).map(([route, { read }]) => [route, read])),
  delivered: new Map(
    Object.entries(routes).flatMap(([route, { delivered }]) =>
      Object.entries(delivered).map(([lane, events]) => [nameOf({ route, lane }), events] as const)
    )
  )
})

/** Milliseconds that a rate looks back. */
const span = 10_000

/** The samples that rates are told by, with a new one. */
export const withSample = (samples: ReadonlyArray<Sample>, next: Sample): ReadonlyArray<Sample> => [
  ...samples.filter(({ at }) => next.at - at <= span && next.at > at),
  next
]

/** Events a second. */
export const rateOf = (
  samples: ReadonlyArray<Sample>,
  kind: "read" | "delivered",
  name: string
): number | undefined => {
  const first = samples[0]
  const last = samples.at(-1)
  if (first === undefined || last === undefined || last.at === first.at) return undefined
  const events = (last[kind].get(name) ?? 0) - (first[kind].get(name) ?? 0)
  return Math.max(0, (events * 1000) / (last.at - first.at))
}

export type Member = NonNullable<Overview["instances"]>[number]

/** An exporter with the tracks that it had when it last had any: it may give them up, or lose them, before it goes. */
export interface Seen extends Member {
  readonly had: Member["lanes"]
}

/** The exporters of a fleet, and those that went while this page looked, as they were last seen. */
export interface FleetSeen {
  readonly members: ReadonlyArray<Seen>
  readonly gone: ReadonlyArray<Seen>
}

/** Exporters that are remembered after they went. */
const mostGone = 10

/** What is known after another look; who came back is not gone any more. */
export const withFleet = (before: FleetSeen, members: ReadonlyArray<Member>): FleetSeen => {
  const isThere = ({ name }: Member): boolean => members.some((member) => member.name === name)
  const had = new Map(before.members.map((member) => [member.name, member.had]))
  return {
    members: members.map((member) => ({
      ...member,
      had: member.lanes.length === 0 ? (had.get(member.name) ?? []) : member.lanes
    })),
    gone: [...before.members, ...before.gone].filter((member) => !isThere(member)).slice(0, mostGone)
  }
}

/** Tracks of a lane that nobody delivers just now. */
export const unowned = (members: ReadonlyArray<Member>, lane: Member["lanes"][number]): number =>
  lane.of -
  members
    .flatMap(({ lanes }) => lanes.filter((one) => same(one, lane)))
    .reduce((total, { tracks }) => total + tracks, 0)
