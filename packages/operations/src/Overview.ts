/**
 * All that is told of an exporter at once: what needs attention, the ledger, lanes, sources and the outbox. `millrace status
 * --json` prints it, and a page shows it.
 *
 * @since 1.0.0
 */
import type { Ledger, RouteLedger } from "@millrace/core/Ledger"
import { type Condition, conditions, type Watched } from "./Alerts.ts"
import * as Lanes from "./Lanes.ts"
import type { FleetMember, Run, Source, Status, Unread } from "./Status.ts"

/**
 * What is told of the outbox. Bytes.
 *
 * @since 1.0.0
 * @category models
 */
export interface OutboxOverview {
  readonly bytes?: number
  /** The most that it may hold; absent where there is no limit, or none is known. */
  readonly limit?: number
  /** Free on its disk; absent where it has none. */
  readonly free?: number
  /** Why it could not be opened for more than a look. */
  readonly problem?: string
}

/**
 * An exporter as it stands. Plain data; times are in epoch milliseconds.
 *
 * @since 1.0.0
 * @category models
 */
export interface Overview extends Ledger {
  readonly unread: Unread
  /** Its name. */
  readonly exporter: string
  readonly running: boolean
  readonly started?: number
  readonly lastRun?: Run
  readonly lanes: ReadonlyArray<Lanes.Lane>
  readonly sources: ReadonlyArray<Source>
  readonly outbox: OutboxOverview
  /** The exporters that share the outbox; absent where it has one owner. */
  readonly instances?: ReadonlyArray<FleetMember>
  /** What needs somebody's attention. */
  readonly attention: ReadonlyArray<Omit<Condition, "level">>
}

const nothing: RouteLedger = { read: 0, filtered: {}, skipped: {}, delivered: {}, waiting: {}, dead: {} }

/**
 * Made of a status. Every route of the definition stands in its ledger, also one that has taken nothing yet.
 *
 * @since 1.0.0
 * @category constructors
 */
export const make = (
  status: Status,
  { definition, name, thresholds }: Pick<Watched, "definition" | "name" | "thresholds">,
  /** In epoch milliseconds. */
  now: number,
  { isRunning, problem }: { readonly isRunning: boolean; readonly problem?: string | undefined }
): Overview => {
  const { disk, instances, lastRun, sources, started, unread, usage } = status
  const none = Object.fromEntries(definition.routes.map((route) => [route.name, nothing]))
  const ledger = { routes: { ...none, ...status.ledger.routes } }
  const attention = conditions({ ...status, ledger }, now, { definition, thresholds })
  return {
    ...ledger,
    unread,
    exporter: name,
    // Of a fleet any that is there runs.
    running: isRunning || (instances ?? []).some(({ roles }) => roles.length > 0),
    ...(started === undefined ? {} : { started }),
    ...(lastRun === undefined ? {} : { lastRun }),
    lanes: Lanes.list(status, definition),
    sources,
    outbox: {
      ...usage,
      ...(disk === undefined ? {} : { free: disk.free }),
      ...(problem === undefined ? {} : { problem })
    },
    ...(instances === undefined ? {} : { instances }),
    attention: attention.map(({ level: _, ...condition }) => condition)
  }
}
