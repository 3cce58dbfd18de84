/**
 * What an operator should know of, read off the state of an exporter. Pure; holds no event data and no secret.
 */
import { type Definition, retentionOf } from "@millrace/core/Definition"
import * as Ledger from "@millrace/core/Ledger"
import type { LaneState } from "@millrace/core/Outbox"
import type { Share } from "@millrace/core/Route"
import type { LaneStatus } from "@millrace/core/Running"
import * as Lanes from "../Lanes.ts"
import type * as Status from "../Status.ts"
import * as Text from "../Text.ts"
import { counted, lasting, number } from "../Text.ts"
import { because, kept } from "./words.ts"

/**
 * What a condition is of, for receivers that group and resolve alerts.
 *
 * @since 1.0.0
 * @category models
 */
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
    | "disk-full"
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

/**
 * What is so now, and in need of somebody.
 *
 * @since 1.0.0
 * @category models
 */
export interface Condition extends Labels {
  /** How many events or files it concerns. */
  readonly count?: number
  /** Since when, in epoch milliseconds, as far as that is known. */
  readonly since?: number
  /** A rise is told of at once. */
  readonly level?: number
  readonly text: string
}

/**
 * When something is worth an alert: times in milliseconds.
 *
 * @since 1.0.0
 * @category models
 */
export interface Thresholds {
  /** A lane has had no success for so long although events wait; a minute at least where the remote asks to wait. */
  readonly noSuccessFor: number
  /** An event has waited for so long. */
  readonly waitingFor: number
  /** Nothing was read from a source for so long; absent for never. */
  readonly nothingReadFor?: number
  /** A source, or a file of it, could not be read for so long. */
  readonly unreadableFor: number
  /** A file has not been read to its end for so long. */
  readonly unreadFor: number
  /** Fewer bytes than this are free on the outbox's disk; absent for a twentieth of the disk, at most 1 GiB. */
  readonly freeBelow?: number
}

/** What the exporter's definition and thresholds say, as conditions ask for it. */
export interface Limits {
  /** Milliseconds that an event of a route may wait. */
  readonly retentionOf: (route: string) => number
  /** The part of the outbox that each lane of a route may fill. */
  readonly shareOf: (route: string) => Share | undefined
  /** Milliseconds that attempts of a lane fail, without a success, until it is a condition. */
  readonly failingFor: number
  readonly thresholds: Thresholds
}

/** Who looks sees attempts that fail after so long, in milliseconds, also where an alert is to wait for longer. */
const shownFor = 5000

/** `shown`: of what a log, a status and metrics show, and not of what is sent to somebody. */
export const limitsOf = (definition: Definition, thresholds: Thresholds, shown: boolean): Limits => {
  const routeOf = (name: string) => definition.routes.find((found) => found.name === name)
  const { noSuccessFor } = thresholds
  return {
    thresholds,
    failingFor: shown ? Math.min(noSuccessFor, shownFor) : noSuccessFor,
    retentionOf: (route) => retentionOf(definition, routeOf(route)),
    shareOf: (route) => routeOf(route)?.share
  }
}

/** Retention nears: the last part passed is the one that holds. */
const parts = [0.9, 0.5]

/** The part of a size from which on it counts as nearly full, and below which it has room again. */
const nearlyFull = 0.8
const roomAgain = 0.75

/** Whether a condition was told of and is not over yet: sizes rise and fall, and nobody is told of every turn. */
export type Stands = (key: string) => boolean

const isFull = (bytes: number, size: number, stands: boolean): boolean =>
  bytes >= size * (stands ? roomAgain : nearlyFull)

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

/** A remote that asks to wait is there. Milliseconds. */
const asksToWait = 60_000

/** A remote that cannot be reached, or takes nothing. */
const ofSuccess = (
  lane: LaneStatus,
  state: LaneState | undefined,
  now: number,
  started: number,
  { failingFor, thresholds }: Limits
): ReadonlyArray<Condition> => {
  const { route, gate, lastSuccess, failingSince, underWay, reason = "no-answer" } = lane
  if (!gate.open || state === undefined || state.waiting === 0 || state.oldest === undefined) return []
  if (failingSince === undefined && underWay === 0) return []
  const since = Math.max(lastSuccess ?? started, state.oldest)
  // An attempt that only takes long has not failed.
  const longest = failingSince === undefined ? thresholds.noSuccessFor : failingFor
  if (now - since < (reason === "throttled" ? Math.max(longest, asksToWait) : longest)) return []
  const next =
    gate.notBefore > now ? `; the next attempt is at ${new Date(gate.notBefore).toISOString()}` : ""
  const text = `${nameOf(lane)} has had no success for ${lasting(now - since)} (${reason}): ${because(reason)}; ${kept(state.waiting)}${next}; millrace lanes show tells more`
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

const ofShare = (
  { route, lane, bytes }: LaneState,
  limits: Limits,
  stands: Stands
): ReadonlyArray<Condition> => {
  const share = limits.shareOf(route)
  const key = `share ${route}/${lane}`
  if (share === undefined || !isFull(bytes, share.size, stands(key))) return []
  const text = `${nameOf({ route, lane })} holds ${number(Math.floor((bytes / share.size) * 100))} % of what it may: ${Text.share(share)}`
  return [{ key, condition: "share", route, lane, text }]
}

const states: { readonly [State in Status.Source["state"]]?: string } = {
  gone: "is not there: put it back, and it is read on from where it stands",
  unreadable: "cannot be read: millrace status tells why",
  failing: "fails, and is run again and again: millrace status tells why",
  closed: "is closed, its credentials are refused: correct them, and it goes on from where it stands",
  failed: "cannot go on: millrace status tells why; mend it, and start the exporter again"
}

const ofSource = (
  found: Status.Source,
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

const ofUsage = ({ usage }: Status.Status, stands: Stands): ReadonlyArray<Condition> => {
  if (usage?.limit === undefined || !isFull(usage.bytes, usage.limit, stands("outbox-full"))) return []
  const share = Math.floor((usage.bytes / usage.limit) * 100)
  const text = `the outbox is ${share} % full; when it is full the sources are held back; let the lanes deliver, purge dead letters, or give it more`
  return [{ key: "outbox-full", condition: "outbox-full", text }]
}

/** Of a disk that is smaller than this, a twentieth has to be free, unless the configuration says how much. */
const largeDisk = 20 * 1024 ** 3

const ofDisk = (
  { disk }: Status.Status,
  { freeBelow }: Thresholds,
  stands: Stands
): ReadonlyArray<Condition> => {
  if (disk === undefined) return []
  const least = freeBelow ?? Math.min(disk.bytes, largeDisk) / 20
  if (disk.free >= least * (stands("disk-full") ? 1.25 : 1)) return []
  const text = `only ${Text.bytes(disk.free)} are free on the disk of the outbox; when it is full the exporter stops, and nothing is lost; free space on it, or give it more`
  return [{ key: "disk-full", condition: "disk-full", text }]
}

/** `stands` is for who told of conditions before; by default none has been told of. */
export const conditionsOf = (
  status: Status.Status,
  now: number,
  limits: Limits,
  stands: Stands = () => false
): ReadonlyArray<Condition> => {
  const storedOf = (lane: LaneStatus) => Lanes.find(status.stored, lane)
  const { started = now } = status
  return [
    ...status.lanes.flatMap((lane) => ofGate(lane, storedOf(lane)?.waiting ?? 0)),
    ...status.lanes.flatMap((lane) => ofSuccess(lane, storedOf(lane), now, started, limits)),
    ...status.stored.flatMap((state) => ofAge(state, now, limits)),
    ...status.stored.flatMap((state) => ofShare(state, limits, stands)),
    ...(status.follows === false ? [] : status.sources).flatMap((source) =>
      ofSource(source, now, started, limits)
    ),
    ...ofUsage(status, stands),
    ...ofDisk(status, limits.thresholds, stands)
  ]
}

/** Dead letters of all routes. */
export const deadOf = ({ ledger }: Pick<Status.Status, "ledger">): number => Ledger.total(ledger, "dead")

/** Events of a route that died of waiting. */
export const diedOf = ({ ledger }: Pick<Status.Status, "ledger">, route: string): number => {
  const dead = ledger.routes[route]?.dead ?? {}
  return (dead["expired"] ?? 0) + (dead["share-full"] ?? 0)
}
