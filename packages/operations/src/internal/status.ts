/**
 * Where a status comes from: of a run, from its parts and the outbox; of an exporter that rests, from the outbox and what
 * the last run noted.
 */
import type { LaneKey, Outbox, OutboxError } from "@millrace/core/Outbox"
import * as OutboxRules from "@millrace/core/OutboxRules"
import type { Running } from "@millrace/core/Running"
import * as Effect from "effect/Effect"
import * as Lanes from "../Lanes.ts"
import { instancesOf, type Status, sourcesOf, unreadOf } from "../Status.ts"
import { diskOf } from "./disk.ts"
import * as Noted from "./noted.ts"

/** An outbox that cannot tell how full it is, is no reason to tell nothing. */
const usageOf = (outbox: Outbox["Service"]): Effect.Effect<Pick<Status, "usage">> =>
  Effect.match(outbox.usage, {
    onSuccess: ({ bytes, limit }) => ({ usage: { bytes, ...(limit === undefined ? {} : { limit }) } }),
    onFailure: () => ({})
  })

/** Who shares the outbox, and which of these lanes each delivers. */
const fleetOf = (
  outbox: Outbox["Service"],
  lanes: ReadonlyArray<LaneKey>
): Effect.Effect<Pick<Status, "instances">, OutboxError> =>
  outbox.shared
    ? Effect.map(outbox.instances, (found) => ({ instances: instancesOf(found, lanes, outbox.tracks) }))
    : Effect.succeed({})

export const ofOutbox = (
  outbox: Outbox["Service"],
  directory: string | undefined
): Effect.Effect<Status, OutboxError> =>
  Effect.map(
    Effect.all([
      outbox.ledger,
      outbox.lanes,
      Noted.unread(directory),
      Noted.sources(directory),
      Noted.run(directory),
      usageOf(outbox),
      diskOf(directory),
      Effect.flatMap(outbox.ledger, (ledger) => fleetOf(outbox, Lanes.ofLedger(ledger)))
    ]),
    ([ledger, stored, unread, sources, lastRun, usage, disk, fleet]) => ({
      ...fleet,
      ...(lastRun === undefined ? {} : { lastRun }),
      ledger,
      stored,
      unread,
      sources,
      ...usage,
      ...disk,
      lanes: Lanes.ofLedger(ledger).map((key) => ({
        ...key,
        gate: Lanes.find(stored, key)?.gate ?? OutboxRules.openGate,
        trouble: "",
        underWay: 0
      }))
    })
  )

export const ofRun = (
  running: Running,
  outbox: Outbox["Service"],
  directory: string | undefined,
  { started, follows }: { readonly started: number; readonly follows: boolean }
): Effect.Effect<Status, OutboxError> =>
  Effect.map(
    Effect.all([
      running.ledger,
      running.lanes,
      outbox.lanes,
      running.progress,
      running.sources,
      usageOf(outbox),
      diskOf(directory),
      Effect.flatMap(running.lanes, (lanes) => fleetOf(outbox, lanes))
    ]),
    ([ledger, lanes, stored, { unread }, sources, usage, disk, fleet]) => ({
      ...fleet,
      ledger,
      lanes,
      stored,
      unread: unreadOf(unread),
      sources: sourcesOf(sources, unread),
      started,
      follows,
      ...usage,
      ...disk
    })
  )
