/**
 * How an exporter stands, running or resting.
 *
 * @since 1.0.0
 */
import type { Lag } from "@millrace/core/Intake"
import type { Ledger } from "@millrace/core/Ledger"
import type { Instance, InstanceState, LaneKey, LaneState } from "@millrace/core/Outbox"
import * as OutboxRules from "@millrace/core/OutboxRules"
import type { LaneStatus, SourceStatus, UnreadSplit } from "@millrace/core/Running"

/**
 * What of the input is not read to its end. Of many splits the first few are named.
 *
 * @since 1.0.0
 * @category models
 */
export interface Unread {
  readonly splits: number
  readonly first: ReadonlyArray<UnreadSplit>
}

/**
 * A source as it stands. Times are in epoch milliseconds.
 *
 * @since 1.0.0
 * @category models
 */
export interface Source {
  readonly source: string
  readonly state: SourceStatus["state"]
  /** Since when it is gone, cannot be read, fails or is closed. */
  readonly since?: number
  /** The declared name of what it last failed with; absent for one that is well. */
  readonly reason?: string
  /** The same in words. */
  readonly trouble?: string
  readonly nextTry?: number
  readonly lastRead?: number
  /** How far it is behind: what is there and not read; absent for one that cannot tell. */
  readonly lag?: Lag
  /** The latest time of an event that it read in this run. */
  readonly newestEvent?: number
  /** Events that it read, a second, in the last minute. */
  readonly eventsPerSecond?: number
  /** What it cannot read. Of many problems the first few are told. */
  readonly problems: {
    readonly count: number
    readonly first: ReadonlyArray<SourceStatus["problems"][number]>
  }
  /** Splits that are not read to their end, and since when the first of them. */
  readonly unread: { readonly splits: number; readonly since?: number }
}

/**
 * A run: when it began, and when and how it ended. Of one that goes on, or was killed, the end is missing. Times are in
 * epoch milliseconds.
 *
 * @since 1.0.0
 * @category models
 */
export interface Run {
  readonly started: number
  readonly follows: boolean
  readonly end?: {
    readonly at: number
    /** All was settled or given up, an operator stopped it, or something failed. */
    readonly how: "ended" | "stopped" | "failed"
    /** What failed. */
    readonly why?: string
  }
}

/**
 * Bytes of a disk, and those that may still be written.
 *
 * @since 1.0.0
 * @category models
 */
export interface Disk {
  readonly bytes: number
  readonly free: number
}

/**
 * An exporter as it stands. Plain data: it passes through the control socket.
 *
 * @since 1.0.0
 * @category models
 */
export interface Status {
  readonly ledger: Ledger
  readonly lanes: ReadonlyArray<LaneStatus>
  /** What the outbox knows of its lanes: how much waits, and since when. */
  readonly stored: ReadonlyArray<LaneState>
  readonly unread: Unread
  /** Of an exporter that does not run, as its last run left them. */
  readonly sources: ReadonlyArray<Source>
  /** When the running exporter began to run, in epoch milliseconds; absent for one that does not run. */
  readonly started?: number
  /** Whether it follows its sources; of one that does not, the end tells what it could not read. */
  readonly follows?: boolean
  /** The outbox's disk; absent where it has none. */
  readonly disk?: Disk
  /** Of an exporter that does not run: its last run, as far as that is known. */
  readonly lastRun?: Run
  /** The exporters that share the outbox; absent where it has one owner. */
  readonly instances?: ReadonlyArray<FleetMember>
  /** Bytes in the outbox, and the most there may be; absent where it cannot tell. */
  readonly usage?: { readonly bytes: number; readonly limit?: number }
}

/**
 * One of the exporters that share an outbox. Times are in epoch milliseconds.
 *
 * @since 1.0.0
 * @category models
 */
export interface FleetMember extends Instance {
  /** When it joined, and when it was last heard of. */
  readonly since: number
  readonly seen: number
  /** How many tracks of each lane it owns, of how many there are. */
  readonly lanes: ReadonlyArray<LaneKey & { readonly tracks: number; readonly of: number }>
  /** How many splits it reads just now. */
  readonly splits: number
}

/**
 * The exporters that share an outbox, as `Status` tells them.
 *
 * @since 1.0.0
 * @category conversions
 */
export const instancesOf = (
  instances: ReadonlyArray<InstanceState>,
  lanes: ReadonlyArray<LaneKey>,
  tracks: number
): ReadonlyArray<FleetMember> =>
  instances.map(({ leases, ...instance }) => {
    const held = new Set(leases)
    const ownedOf = ({ route, lane }: LaneKey): number => {
      let owned = 0
      for (let track = 0; track < tracks; track++)
        if (held.has(OutboxRules.trackLease({ route, lane, track }))) owned++
      return owned
    }
    const owned = lanes.map(({ route, lane }) => ({
      route,
      lane,
      tracks: ownedOf({ route, lane }),
      of: tracks
    }))
    return {
      ...instance,
      lanes: owned.filter((lane) => lane.tracks > 0),
      splits: leases.filter(OutboxRules.isSplitLease).length
    }
  })

/** Splits and problems that are named; of more, the number is told. */
const most = 5

/**
 * What a run has not read, as `Status` tells it.
 *
 * @since 1.0.0
 * @category conversions
 */
export const unreadOf = (unread: ReadonlyArray<UnreadSplit>): Unread => ({
  splits: unread.length,
  first: unread.slice(0, most).map(({ source, split, byte, what }) => ({ source, split, byte, what }))
})

const sinceOf = (since: number | undefined) => (since === undefined ? {} : { since })

/**
 * The sources of a run, as `Status` tells them.
 *
 * @since 1.0.0
 * @category conversions
 */
export const sourcesOf = (
  sources: ReadonlyArray<SourceStatus>,
  unread: ReadonlyArray<UnreadSplit>
): ReadonlyArray<Source> =>
  sources.map((one) => {
    const { source, state, gate, trouble, reason, failingSince, lastRead, problems } = one
    const { eventsPerSecond, lag, newestEvent } = one
    const whole = problems.find(({ split }) => split === undefined)
    const left = unread.filter((other) => other.source === source)
    const since = left.flatMap((other) => other.since ?? [])
    return {
      source,
      state,
      ...sinceOf(state === "closed" ? gate.since : (failingSince ?? whole?.since)),
      ...(reason === undefined ? {} : { reason }),
      ...(trouble === "" ? {} : { trouble }),
      ...(state === "failing" || state === "closed" ? { nextTry: gate.notBefore } : {}),
      ...(lastRead === undefined ? {} : { lastRead }),
      ...(lag === undefined ? {} : { lag }),
      ...(newestEvent === undefined ? {} : { newestEvent }),
      eventsPerSecond: Math.round(eventsPerSecond * 10) / 10,
      problems: { count: problems.length, first: problems.slice(0, most) },
      unread: { splits: left.length, ...(since.length === 0 ? {} : { since: Math.min(...since) }) }
    }
  })
