/** How an exporter stands, as metrics: its ledger, lanes, sources, outbox and fleet. */
import { imbalance, type RouteLedger } from "@millrace/core/Ledger"
import type { Overview } from "@millrace/operations/Overview"
import { Metrics } from "../Metrics.ts"
import type { Series } from "./Series.ts"

const states = ["reading", "waiting", "gone", "unreadable", "failing", "closed", "ended", "failed"] as const

const byReason = ["filtered", "skipped", "dead", "erased"] as const

/** Seconds from one time to another, both in epoch milliseconds; never less than 0. */
const between = (from: number, to: number): number => Math.max(0, to - from) / 1000

const route = (name: string, counts: RouteLedger, { record }: Series): void => {
  record(Metrics.events, { route: name, outcome: "read" }, counts.read)
  for (const outcome of byReason)
    for (const [reason, events] of Object.entries(counts[outcome] ?? {}))
      record(Metrics.events, { route: name, outcome, reason }, events)
  for (const [lane, events] of Object.entries(counts.delivered))
    record(Metrics.events, { route: name, lane, outcome: "delivered" }, events)
  for (const [lane, events] of Object.entries(counts.waiting))
    record(Metrics.waitingEvents, { route: name, lane }, events)
  for (const [reason, letters] of Object.entries(counts.dead))
    record(Metrics.deadLetters, { route: name, reason }, letters)
}

const ledger = (overview: Overview, series: Series): void => {
  for (const [name, counts] of Object.entries(overview.routes)) {
    route(name, counts, series)
    series.record(Metrics.missing, { route: name }, 0)
  }
  for (const { route, missing } of imbalance(overview)) series.record(Metrics.missing, { route }, missing)
}

const lanes = (overview: Overview, now: number, { record }: Series): void => {
  for (const one of overview.lanes) {
    const { route, lane, gate, oldest, expires, failingSince, lastSuccess } = one
    const labels = { route, lane }
    // The ledger's own count: all numbers of a page are of one moment.
    record(Metrics.waitingEvents, labels, overview.routes[route]?.waiting[lane] ?? 0)
    record(Metrics.waitingBytes, labels, one.bytes)
    record(Metrics.oldestWaiting, labels, oldest === undefined ? 0 : between(oldest, now))
    if (expires !== undefined) record(Metrics.retentionLeft, labels, between(now, expires))
    record(Metrics.laneOpen, labels, gate.open ? 1 : 0)
    if (!gate.open) record(Metrics.laneClosed, { ...labels, reason: gate.reason }, 1)
    record(Metrics.laneWait, labels, between(now, gate.notBefore))
    record(Metrics.laneFailing, labels, failingSince === undefined ? 0 : between(failingSince, now))
    if (lastSuccess !== undefined) record(Metrics.laneSuccess, labels, lastSuccess / 1000)
    record(Metrics.underWay, labels, one.underWay)
  }
}

const sources = (overview: Overview, now: number, { record }: Series): void => {
  for (const one of overview.sources) {
    const { source, state, lag, lastRead, newestEvent } = one
    for (const name of states) record(Metrics.sourceState, { source, state: name }, name === state ? 1 : 0)
    if (lag !== undefined) {
      record(Metrics.sourceLagPieces, { source }, lag.count)
      if (lag.bytes !== undefined) record(Metrics.sourceLagBytes, { source }, lag.bytes)
      if (lag.count === 0) record(Metrics.sourceLag, { source }, 0)
      else if (lag.oldest !== undefined) record(Metrics.sourceLag, { source }, between(lag.oldest, now))
    }
    if (lastRead !== undefined) record(Metrics.sourceRead, { source }, lastRead / 1000)
    if (newestEvent !== undefined) record(Metrics.sourceNewest, { source }, newestEvent / 1000)
    record(Metrics.sourceProblems, { source }, one.problems.count)
    record(Metrics.sourceUnread, { source }, one.unread.splits)
  }
}

const outbox = ({ outbox: { bytes, free, limit } }: Overview, { record }: Series): void => {
  if (bytes !== undefined) record(Metrics.outboxBytes, {}, bytes)
  if (limit !== undefined) record(Metrics.outboxLimit, {}, limit)
  if (free !== undefined) record(Metrics.diskFree, {}, free)
}

const fleet = ({ instances = [] }: Overview, now: number, { record }: Series): void => {
  for (const { name, lanes, seen, splits } of instances) {
    for (const { route, lane, tracks } of lanes) record(Metrics.instanceTracks, { name, route, lane }, tracks)
    record(Metrics.instanceSplits, { name }, splits)
    record(Metrics.instanceSilent, { name }, between(seen, now))
  }
}

/** `now` in epoch milliseconds. */
export const standing = (overview: Overview, now: number, series: Series): void => {
  ledger(overview, series)
  lanes(overview, now, series)
  sources(overview, now, series)
  outbox(overview, series)
  fleet(overview, now, series)
  for (const { condition, route, lane, source } of overview.attention)
    series.record(Metrics.attention, { condition, route, lane, source }, 1)
  if (overview.started !== undefined) series.record(Metrics.started, {}, overview.started / 1000)
}
