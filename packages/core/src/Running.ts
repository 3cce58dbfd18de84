/**
 * A running exporter, as its surroundings see it.
 *
 * @since 1.0.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Lag, Problem, Split, Unread } from "./Intake.ts"
import type { Filter, Replayed } from "./internal/deadLetters.ts"
import type { Reader } from "./internal/reader.ts"
import type * as Ledger from "./Ledger.ts"
import type { GateState, Instance, LaneKey, OutboxError } from "./Outbox.ts"
import type { PluginError } from "./Plugin.ts"
import type { SourceError } from "./Source.ts"

/**
 * How an exporter is to run.
 *
 * @since 1.0.0
 * @category models
 */
export interface StartOptions {
  /** Keep watching the sources and never end by itself; default no. */
  readonly follow?: boolean
  /**
   * A finite run gives up on a lane that has failed for this long without a success, and on a source that has failed for this
   * long without reading anything; default 60 seconds. It never gives up on a lane that was not tried.
   */
  readonly patience?: Duration.Input
  /** Read this range of the past in place of the present. */
  readonly past?: Past
  /** Read this part of a source's past in place of the present. */
  readonly backfill?: Backfill
  /** Threads that read beside the exporter's own. */
  readonly readers?: ReadonlyArray<Reader>
  /** Who it is among several that share an outbox; alone, it reads and delivers. */
  readonly instance?: Instance
  /** The longest that draining waits for attempts under way; default 30 seconds. */
  readonly drain?: Duration.Input
}

/**
 * The exporter cannot be started: a route names something that does not exist, or two things have the same name.
 *
 * @since 1.0.0
 * @category errors
 */
export class DefinitionError extends Schema.TaggedError<DefinitionError>()("DefinitionError", {
  /** The route, then what is wrong and what to do. */
  detail: Schema.String
}) {
  override get message(): string {
    return this.detail
  }
}

/**
 * Why an exporter ended otherwise than by itself.
 *
 * @since 1.0.0
 * @category errors
 */
export type RunError = DefinitionError | OutboxError | PluginError | SourceError

/**
 * A lane as it stands.
 *
 * @since 1.0.0
 * @category models
 */
export interface LaneStatus {
  readonly route: string
  readonly lane: string
  readonly gate: GateState
  /** The words of the last failed attempt; empty after a success. */
  readonly trouble: string
  /** The declared reason of the last failed attempt, such as `unavailable`; absent after a success. */
  readonly reason?: string
  /** When the first attempt failed since the last success, in epoch milliseconds; absent while none has. */
  readonly failingSince?: number
  /** When an attempt last succeeded, in epoch milliseconds; absent before the first of this run. */
  readonly lastSuccess?: number
  readonly underWay: number
}

/**
 * A split of a source that could not be read to its end yet.
 *
 * @since 1.0.0
 * @category models
 */
export interface UnreadSplit extends Unread {
  readonly source: string
  readonly split: Split
  /** When the source noticed it, in epoch milliseconds. */
  readonly since?: number
}

/**
 * A source as it stands.
 *
 * @since 1.0.0
 * @category models
 */
export interface SourceStatus {
  readonly source: string
  /**
   * It reads, waits for more, is not there (`gone`), cannot be read as a whole, fails and is run again (`failing`), waits for
   * valid credentials (`closed`), has read everything (`ended`), or cannot go on (`failed`).
   */
  readonly state: "reading" | "waiting" | "gone" | "unreadable" | "failing" | "closed" | "ended" | "failed"
  /** Closed while its credentials are refused; not run again before `notBefore`. A restart forgets it and tries at once. */
  readonly gate: GateState
  /** The words of its last failure; empty when all is well. */
  readonly trouble: string
  /** The declared reason of its last failure; absent when all is well. */
  readonly reason?: string
  /** When it first failed since anything was read, in epoch milliseconds; absent while it has not. */
  readonly failingSince?: number
  /** When a chunk of it was last stored, in epoch milliseconds; absent before the first of this run. */
  readonly lastRead?: number
  /** How far it is behind, as it last told; absent for a source that cannot tell. */
  readonly lag?: Lag
  /** The latest time of an event that was read in this run, in epoch milliseconds. */
  readonly newestEvent?: number
  /** Events and bad records read in a second, on average over the last minute. */
  readonly eventsPerSecond: number
  /** What it cannot read now, and since when, in epoch milliseconds. */
  readonly problems: ReadonlyArray<Problem & { readonly since: number }>
}

/**
 * How far the sources are, in bytes of input.
 *
 * @since 1.0.0
 * @category models
 */
export interface Progress {
  readonly consumed: number
  readonly expected: number
  readonly sourcesEnded: boolean
  /** Splits that are not read to their end, although their sources are done with them for now; in the order of finding. */
  readonly unread: ReadonlyArray<UnreadSplit>
}

/**
 * A range of the past, to be read again for one route. Members that are left out limit nothing.
 *
 * @since 1.0.0
 * @category models
 */
export interface Past {
  readonly route: string
  /** When the event happened, in epoch milliseconds; `from` is included, `to` is not. */
  readonly from?: number
  readonly to?: number
  /** Event types by name or wildcard. */
  readonly types?: ReadonlyArray<string>
  /**
   * Derives new ids from the events' ids and this text. Use it when the remote has taken the events before, and is to take them
   * again with a corrected mapping. The same text gives the same ids.
   */
  readonly as?: string
  /** Also events of users that were erased since they happened; default no. */
  readonly erased?: boolean
}

/**
 * A part of a source's past, to be read for every route that takes it.
 *
 * @since 1.0.0
 * @category models
 */
export interface Backfill {
  readonly source: string
  /** Hours of the input, as `Source.Range` counts them, in epoch milliseconds: `from` is included, `to` is not. */
  readonly from: number
  readonly to: number
  /** Event types by name or wildcard; all of them without it. */
  readonly types?: ReadonlyArray<string>
  /** The most events to read in a second; by default as many as the lanes take. */
  readonly rate?: number
}

/**
 * A backfill as it stands, or as it ended. Times are in epoch milliseconds, sizes in bytes of input.
 *
 * @since 1.0.0
 * @category models
 */
export interface BackfillStatus extends Backfill {
  /** The name of its checkpoints, and of the source in its dead letters. The same request always has the same name. */
  readonly name: string
  readonly state: "reading" | "failing" | "closed" | "ended" | "failed"
  readonly started: number
  readonly ended?: number
  /** Events of the wanted types that were read since it was last started. */
  readonly events: number
  readonly consumed: number
  /** Bytes that there are to read, as far as known. */
  readonly expected: number
  /** The split that was read last. */
  readonly split?: Split
  /** The words of its last failure; empty when all is well. */
  readonly trouble: string
  readonly unread: ReadonlyArray<UnreadSplit>
}

/**
 * How much was removed of a user.
 *
 * @since 1.0.0
 * @category models
 */
export interface Erased {
  /** Events that waited. */
  readonly events: number
  /** Dead letters. */
  readonly letters: number
}

/**
 * How an exporter stood when it ended.
 *
 * @since 1.0.0
 * @category models
 */
export interface Report {
  readonly ledger: Ledger.Ledger
  readonly lanes: ReadonlyArray<LaneStatus>
  readonly sources: ReadonlyArray<SourceStatus>
  /** Whether attempts were still under way when the drain's time ran out. */
  readonly cutShort: boolean
  /** Splits that were not read to their end. After a run that follows, they may still be growing. */
  readonly unread: ReadonlyArray<UnreadSplit>
  /**
   * Why sources could not go on: a line for each, which names the source if there are several. After a drain it also has sources
   * that were failing and would have been run again. Events that they had read before were delivered all the same.
   */
  readonly sourceError?: SourceError
}

/**
 * A running exporter; also the service that `Exporter.layer` gives.
 *
 * @since 1.0.0
 * @category models
 */
export interface Running {
  /** Resolves when the exporter has ended by itself or was drained; fails when the outbox did. */
  readonly ended: Effect.Effect<Report, RunError>
  /** Stops the sources, finishes what is under way within the drain's time, then ends. */
  readonly drain: Effect.Effect<void>
  /** An operator's pause of one lane, or its end; kept across a restart. `false` when there is no such lane. */
  readonly pause: (lane: LaneKey, paused: boolean) => Effect.Effect<boolean, OutboxError>
  /** Puts dead letters through today's routes again; their lanes deliver them. */
  readonly replay: (filter: Filter) => Effect.Effect<Replayed, OutboxError>
  /**
   * Removes for good all that the outbox holds of a person, by any id of theirs, and counts it as `erased`. When it resolves, no
   * byte of these events stands in a file of the outbox, and a replay does not bring them back.
   */
  readonly erase: (user: string) => Effect.Effect<Erased, OutboxError>
  /**
   * Reads the past of the route's sources again, for this route alone. After an interruption the same request goes on where it
   * stopped. Resolves when all is stored, with the number of events. Fails when a source cannot be read again.
   */
  readonly replayPast: (past: Past) => Effect.Effect<number, DefinitionError | OutboxError | SourceError>
  /**
   * Reads a part of a source's past, beside the present, for the routes with `backfill` or, if there are none, for all routes
   * that read the source. After an interruption the same request goes on where it stopped. A source that fails is tried again,
   * for as long as the patience of a finite run. Resolves when all is stored.
   */
  readonly backfill: (
    backfill: Backfill
  ) => Effect.Effect<BackfillStatus, DefinitionError | OutboxError | SourceError>
  /** The backfills of this run, the last begun first. */
  readonly backfills: Effect.Effect<ReadonlyArray<BackfillStatus>>
  readonly ledger: Effect.Effect<Ledger.Ledger, OutboxError>
  readonly lanes: Effect.Effect<ReadonlyArray<LaneStatus>>
  readonly sources: Effect.Effect<ReadonlyArray<SourceStatus>>
  readonly progress: Effect.Effect<Progress>
}

/**
 * The running exporter of the surrounding app, by `Exporter.layer`.
 *
 * @since 1.0.0
 * @category services
 */
export const Running = Context.Service<Running>("@millrace/core/Running")
