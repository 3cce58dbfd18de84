/**
 * What an operator should know of, read off the state of an exporter. Pure; holds no event data and no secret.
 */
import * as Ledger from "@millrace/core/Ledger"
import type { LaneState } from "@millrace/core/Outbox"
import type { Share } from "@millrace/core/Route"
import * as Duration from "effect/Duration"
import type { Status } from "../operations.ts"
import { shareText } from "../policyText.ts"
import { number } from "../table.ts"

/** What is so now, by a key that stays the same while it is: alerts are sent when a key comes and when it goes. */
export type Conditions = ReadonlyMap<string, string>

export interface Limits {
  /** Milliseconds that an event of a route may wait. */
  readonly retentionOf: (route: string) => number
  /** The part of the outbox that each lane of a route may fill. */
  readonly shareOf: (route: string) => Share | undefined
  /** How much of the outbox's size is in use, 0 to 1. */
  readonly usage: number
}

const span = (millis: number) => Duration.format(Duration.minutes(Math.max(0, Math.round(millis / 60_000))))

/** Retention nears: the last part passed is the one that holds. */
const parts = [0.9, 0.5]

/** The part of a size from which on it counts as nearly full. */
const nearlyFull = 0.8

const ofRetention = ({ route, lane, oldest, waiting }: LaneState, now: number, limits: Limits) => {
  if (oldest === undefined) return []
  const retention = limits.retentionOf(route)
  const passed = parts.find((part) => now - oldest >= retention * part)
  if (passed === undefined) return []
  const left = span(oldest + retention - now)
  const text = `lane ${lane} of route ${route}: the oldest of ${number(waiting)} waiting events becomes a dead letter in ${left}`
  return [[`retention ${passed} ${route}/${lane}`, text] as const]
}

const ofShare = ({ route, lane, bytes }: LaneState, limits: Limits) => {
  const share = limits.shareOf(route)
  if (share === undefined || bytes < share.size * nearlyFull) return []
  const text = `lane ${lane} of route ${route} holds ${number(Math.floor((bytes / share.size) * 100))} % of what it may: ${shareText(share)}`
  return [[`share ${route}/${lane}`, text] as const]
}

export const conditionsOf = ({ lanes, stored }: Status, now: number, limits: Limits): Conditions => {
  const closed = lanes
    .filter(({ gate }) => !gate.open && gate.reason !== "paused")
    .flatMap((status) => {
      const waiting =
        stored.find(({ route, lane }) => route === status.route && lane === status.lane)?.waiting ?? 0
      const since = new Date(status.gate.since).toISOString()
      // Not why, in the words of the remote: they may repeat what it was sent, and alerts leave the house.
      const text = `lane ${status.lane} of route ${status.route} is closed (${status.gate.reason}) since ${since}; ${number(waiting)} events wait and are kept; millrace lanes show tells more`
      return [[`closed ${status.route}/${status.lane}`, text] as const]
    })
  const nearing = stored.flatMap((state) => ofRetention(state, now, limits))
  const full: ReadonlyArray<readonly [string, string]> =
    limits.usage >= nearlyFull
      ? [
          [
            "full",
            `the outbox is ${Math.floor(limits.usage * 100)} % full; when it is full the sources are held back`
          ]
        ]
      : []
  const filling = stored.flatMap((state) => ofShare(state, limits))
  return new Map([...closed, ...nearing, ...filling, ...full])
}

/** Dead letters of all routes. */
export const deadOf = ({ ledger }: Status): number => Ledger.total(ledger, "dead")
