/** What an observer is told, as metrics. */
import type { Observation, Observe } from "@millrace/core/Observer"
import { Metrics } from "../Metrics.ts"
import type { Series } from "./Series.ts"

const seconds = ({ began, ended }: { readonly began: number; readonly ended: number }) =>
  Math.max(0, ended - began) / 1000

export const observed = ({ change, record }: Series): Observe => {
  /** Lanes whose gate is closed: a wait that is made longer is no other closing. */
  const closed = new Set<string>()

  const attempt = (one: Extract<Observation, { readonly _tag: "Attempt" }>): void => {
    const { route, lane, outcome, reason } = one
    record(Metrics.attemptSeconds, { route, lane, outcome }, seconds(one))
    record(Metrics.attemptEvents, { route, lane }, one.events)
    record(Metrics.attemptBytes, { route, lane }, one.bytes)
    if (outcome !== "delivered") record(Metrics.refusals, { route, lane, outcome, reason }, 1)
  }

  const gate = ({ route, lane, open, reason }: Extract<Observation, { readonly _tag: "Gate" }>): void => {
    const key = JSON.stringify([route, lane])
    if (open) closed.delete(key)
    else if (!closed.has(key)) {
      closed.add(key)
      record(Metrics.closings, { route, lane, reason }, 1)
    }
  }

  return (one) => {
    switch (one._tag) {
      case "Chunk": {
        const { source } = one
        record(Metrics.chunkSeconds, { source }, seconds(one))
        record(Metrics.chunkEvents, { source }, one.events)
        record(Metrics.sourceEvents, { source }, one.events)
        record(Metrics.sourceBad, { source }, one.bad)
        return record(Metrics.sourceBytes, { source }, one.bytes)
      }
      case "Append":
        record(Metrics.appendSeconds, {}, seconds(one))
        record(Metrics.appendBytes, { source: one.source }, one.bytes)
        for (const { route, reason, events } of one.dead)
          record(Metrics.settled, { route, outcome: "dead", reason }, events)
        return
      case "Attempt":
        return attempt(one)
      case "Settlement": {
        const { route, lane } = one
        record(Metrics.settled, { route, lane, outcome: "delivered" }, one.delivered)
        for (const { reason, events } of one.dead)
          record(Metrics.settled, { route, lane, outcome: "dead", reason }, events)
        return
      }
      case "Gate":
        return gate(one)
      case "SourceGate":
        if (one.reason !== undefined)
          record(Metrics.sourceFailures, { source: one.source, reason: one.reason }, 1)
        return
      case "Lease": {
        const by = one.owned ? 1 : -1
        return one.kind === "track"
          ? change(Metrics.ownedTracks, { route: one.route, lane: one.lane }, by)
          : change(Metrics.ownedSplits, { source: one.source }, by)
      }
    }
  }
}
