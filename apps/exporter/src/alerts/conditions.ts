/**
 * What an operator should know of, read off the state of an exporter. Pure; holds no event data and no secret.
 */
import type { Thresholds } from "@millrace/config/Config"
import * as Ledger from "@millrace/core/Ledger"
import type { LaneState } from "@millrace/core/Outbox"
import type { Share } from "@millrace/core/Route"
import type { LaneStatus } from "@millrace/core/Running"
import type { Status } from "../operations.ts"
import { shareText } from "../policyText.ts"
import type { SourceState } from "../sources.ts"
import { counted, number } from "../table.ts"
import { because, kept, lasting } from "./words.ts"

/** What a condition is of, for receivers that group and resolve alerts. */
export interface Labels {
  /** The same while the condition lasts; no other has it. */
  readonly key: string
  readonly condition:
    | "closed"
    | "no-success"
    | "late"
    | "retention"
    | "share"
    | "outbox-full"
    | "source"
    | "problems"
    | "unread"
    | "nothing-read"
    | "dead-letters"
    | "stopped"
  readonly route?: string
  readonly lane?: string
  readonly source?: string
}

/** What is so now, and in need of somebody. */
export interface Condition extends Labels {
  /** How many events or files it concerns. */
  readonly count?: number
  /** Since when, in epoch milliseconds, as far as that is known. */
  readonly since?: number
  /** A rise is told of at once. */
  readonly level?: number
  readonly text: string
}

export interface Limits {
  /** Milliseconds that an event of a route may wait. */
  readonly retentionOf: (route: string) => number
  /** The part of the outbox that each lane of a route may fill. */
  readonly shareOf: (route: string) => Share | undefined
  readonly thresholds: Thresholds
}

/** Retention nears: the last part passed is the one that holds. */
const parts = [0.9, 0.5]

/** The part of a size from which on it counts as nearly full. */
const nearlyFull = 0.8

const nameOf = ({ route, lane }: { readonly route: string; readonly lane: string }) =>
  `lane ${lane} of route ${route}`

const ofGate = (lane: LaneStatus, waiting: number): ReadonlyArray<Condition> => {
  const { route, gate } = lane
  if (gate.open || gate.reason === "paused") return []
  // Not why, in the words of the remote: they may repeat what it was sent, and alerts leave the house.
  const text = `${nameOf(lane)} is closed (${gate.reason}) since ${new Date(gate.since).toISOString()}; ${kept(waiting)}; ${because(gate.reason)}; millrace lanes show tells more`
  return [
    {
      key: `closed ${route}/${lane.lane}`,
      condition: "closed",
      route,
      lane: lane.lane,
      count: waiting,
      since: gate.since,
      text
    }
  ]
}

/** A remote that cannot be reached, or takes nothing. */
const ofSuccess = (
  lane: LaneStatus,
  state: LaneState | undefined,
  now: number,
  started: number,
  { thresholds }: Limits
): ReadonlyArray<Condition> => {
  const { route, gate, lastSuccess, failingSince, underWay, reason } = lane
  if (!gate.open || state === undefined || state.waiting === 0 || state.oldest === undefined) return []
  if (failingSince === undefined && underWay === 0) return []
  const since = Math.max(lastSuccess ?? started, state.oldest)
  if (now - since < thresholds.noSuccessFor) return []
  const why = reason ?? "no-answer"
  const next =
    gate.notBefore > now ? `; the next attempt is at ${new Date(gate.notBefore).toISOString()}` : ""
  const text = `${nameOf(lane)} has had no success for ${lasting(now - since)} (${why}): ${because(why)}; ${kept(state.waiting)}${next}; millrace lanes show tells more`
  return [
    {
      key: `no-success ${route}/${lane.lane}`,
      condition: "no-success",
      route,
      lane: lane.lane,
      count: state.waiting,
      since,
      text
    }
  ]
}

const ofAge = (state: LaneState, now: number, limits: Limits): ReadonlyArray<Condition> => {
  const { route, lane, oldest, waiting, gate } = state
  if (oldest === undefined || waiting === 0) return []
  const labels = { route, lane, count: waiting, since: oldest }
  const retention = limits.retentionOf(route)
  const passed = parts.find((part) => now - oldest >= retention * part)
  const nearing: ReadonlyArray<Condition> =
    passed === undefined
      ? []
      : [
          {
            ...labels,
            key: `retention ${route}/${lane}`,
            condition: "retention",
            level: passed,
            text: `${nameOf(state)}: the oldest of ${counted(waiting, "waiting event")} becomes a dead letter in ${lasting(oldest + retention - now)}; let the lane deliver, or raise retention`
          }
        ]
  // Of a lane that is closed, that says enough.
  if (!gate.open || now - oldest < limits.thresholds.waitingFor) return nearing
  const text = `${nameOf(state)}: the oldest of ${counted(waiting, "waiting event")} waits for ${lasting(now - oldest)}; the remote takes less than comes, or nothing; millrace lanes show tells more`
  return [{ ...labels, key: `late ${route}/${lane}`, condition: "late", text }, ...nearing]
}

const ofShare = ({ route, lane, bytes }: LaneState, limits: Limits): ReadonlyArray<Condition> => {
  const share = limits.shareOf(route)
  if (share === undefined || bytes < share.size * nearlyFull) return []
  const text = `${nameOf({ route, lane })} holds ${number(Math.floor((bytes / share.size) * 100))} % of what it may: ${shareText(share)}`
  return [{ key: `share ${route}/${lane}`, condition: "share", route, lane, text }]
}

const states: { readonly [State in SourceState["state"]]?: string } = {
  gone: "is not there: put it back, and it is read on from where it stands",
  unreadable: "cannot be read: millrace status tells why",
  failing: "fails, and is run again and again: millrace status tells why",
  closed: "is closed, its credentials are refused: correct them, and it goes on from where it stands",
  failed: "cannot go on: millrace status tells why; mend it, and start the exporter again"
}

const ofSource = (
  found: SourceState,
  now: number,
  started: number,
  { thresholds }: Limits
): ReadonlyArray<Condition> => {
  const { source, state, since, problems, unread, lastRead } = found
  const conditions: Array<Condition> = []
  const wrong = states[state]
  // What only a person can mend is told at once.
  const isForPerson = state === "closed" || state === "failed"
  if (wrong !== undefined && (isForPerson || now - (since ?? 0) >= thresholds.unreadableFor)) {
    conditions.push({
      key: `source ${source}`,
      condition: "source",
      source,
      ...(since === undefined ? {} : { since }),
      text: `source ${source} ${wrong}`
    })
  }
  const bad = problems.first.find(({ split }) => split !== undefined)
  if (bad !== undefined && wrong === undefined && now - bad.since >= thresholds.unreadableFor) {
    const text = `source ${source} cannot read ${counted(problems.count, "file")} (${bad.reason}): millrace status names ${problems.count === 1 ? "it" : "them"} and says what to do`
    conditions.push({
      key: `problems ${source}`,
      condition: "problems",
      source,
      count: problems.count,
      since: bad.since,
      text
    })
  }
  if (unread.since !== undefined && now - unread.since >= thresholds.unreadFor) {
    const text = `source ${source}: ${counted(unread.splits, "file")} ${unread.splits === 1 ? "is" : "are"} not read to the end, since ${lasting(now - unread.since)}: millrace status says from which byte on; make ${unread.splits === 1 ? "it" : "them"} whole`
    conditions.push({
      key: `unread ${source}`,
      condition: "unread",
      source,
      count: unread.splits,
      since: unread.since,
      text
    })
  }
  const quietSince = Math.max(lastRead ?? 0, started)
  if (thresholds.nothingReadFor !== undefined && now - quietSince >= thresholds.nothingReadFor) {
    const text = `nothing has been read from source ${source} for ${lasting(now - quietSince)}: look whether anything is still sent there`
    conditions.push({
      key: `nothing-read ${source}`,
      condition: "nothing-read",
      source,
      since: quietSince,
      text
    })
  }
  return conditions
}

const ofUsage = ({ usage }: Status): ReadonlyArray<Condition> => {
  if (usage?.limit === undefined || usage.bytes < usage.limit * nearlyFull) return []
  const share = Math.floor((usage.bytes / usage.limit) * 100)
  const text = `the outbox is ${share} % full; when it is full the sources are held back; let the lanes deliver, purge dead letters, or give it more`
  return [{ key: "outbox-full", condition: "outbox-full", text }]
}

export const conditionsOf = (status: Status, now: number, limits: Limits): ReadonlyArray<Condition> => {
  const storedOf = (lane: LaneStatus) =>
    status.stored.find((state) => state.route === lane.route && state.lane === lane.lane)
  const { started = now } = status
  return [
    ...status.lanes.flatMap((lane) => ofGate(lane, storedOf(lane)?.waiting ?? 0)),
    ...status.lanes.flatMap((lane) => ofSuccess(lane, storedOf(lane), now, started, limits)),
    ...status.stored.flatMap((state) => ofAge(state, now, limits)),
    ...status.stored.flatMap((state) => ofShare(state, limits)),
    ...(status.follows === false ? [] : status.sources).flatMap((source) =>
      ofSource(source, now, started, limits)
    ),
    ...ofUsage(status)
  ]
}

/** Dead letters of all routes. */
export const deadOf = ({ ledger }: Pick<Status, "ledger">): number => Ledger.total(ledger, "dead")

/** Events of a route that died of waiting. */
export const diedOf = ({ ledger }: Pick<Status, "ledger">, route: string): number => {
  const dead = ledger.routes[route]?.dead ?? {}
  return (dead["expired"] ?? 0) + (dead["share-full"] ?? 0)
}
