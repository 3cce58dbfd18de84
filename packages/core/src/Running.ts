/**
 * A running exporter, as its surroundings see it.
 *
 * @since 1.0.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Filter, Replayed } from "./DeadLetters.ts"
import type { Problem, Split, Unread } from "./Intake.ts"
import type * as Ledger from "./Ledger.ts"
import type { GateState, LaneKey, OutboxError } from "./Outbox.ts"
import type { PluginError } from "./Plugin.ts"
import type { Reader } from "./Reading.ts"
import type { SourceError } from "./Source.ts"

/**
 * How an exporter is to run.
 *
 * @since 1.0.0
 * @category models
 */
export interface RunOptions {
  /** Keep watching the sources and never end by itself; default no. */
  readonly follow?: boolean
  /**
   * A finite run gives up on a lane that has failed for this long without a success between, and on a source that has for
   * this long without reading anything; default 60 seconds. It never gives up on a lane that was not tried.
   */
  readonly patience?: Duration.Input
  /** Read this range of the past in place of the present. */
  readonly past?: Past
  /** Threads that read beside the exporter's own. */
  readonly readers?: ReadonlyArray<Reader>
  /** The longest that draining waits for attempts under way; default 30 seconds. */
  readonly drain?: Duration.Input
}

/**
 * The exporter cannot be started: a route names what is not there, or two things have one name.
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
  /** What the last failed attempt said; empty after a success. */
  readonly trouble: string
  /** The declared name of what the last failed attempt ended with, such as `unavailable`; absent after a success. */
  readonly reason?: string
  /** When the first attempt failed since the last success, in epoch milliseconds; absent while none has. */
  readonly failingSince?: number
  /** When an attempt last succeeded, in epoch milliseconds; absent before the first of this run. */
  readonly lastSuccess?: number
  readonly underWay: number
}

/**
 * What of a source's split could not be read yet.
 *
 * @since 1.0.0
 * @category models
 */
export interface UnreadSplit extends Unread {
  readonly source: string
  readonly split: Split
  /** When it was found so, in epoch milliseconds. */
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
   * What it does: it reads, waits for more, is not there (`gone`), cannot be read as a whole, fails and is run again
   * (`failing`), waits for credentials that are accepted (`closed`), has ended with nothing left, or cannot go on.
   */
  readonly state: "reading" | "waiting" | "gone" | "unreadable" | "failing" | "closed" | "ended" | "failed"
  /** Closed while its credentials are refused; not run again before `notBefore`. Of this run: a restart tries at once. */
  readonly gate: GateState
  /** What it last failed with; empty when all is well. */
  readonly trouble: string
  /** The declared name of what it last failed with; absent when all is well. */
  readonly reason?: string
  /** When it first failed since anything was read, in epoch milliseconds; absent while it has not. */
  readonly failingSince?: number
  /** When a chunk of it was last stored, in epoch milliseconds; absent before the first of this run. */
  readonly lastRead?: number
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
  /** What is left of splits that the sources are done with for now, in the order in which it was found. */
  readonly unread: ReadonlyArray<UnreadSplit>
}

/**
 * A range of the past, to be read again for one route. What is left out does not matter.
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
   * Derives new ids from the events' own and this text: for a corrected mapping that the remote is to take although it
   * took the events before. The same text gives the same ids.
   */
  readonly as?: string
  /** Also events of users that were erased since they happened; default no. */
  readonly erased?: boolean
}

/**
 * What was removed of a user.
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
 * What is left when an exporter has ended.
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
  /** What the sources could not read; of a run that follows, it may still be written. */
  readonly unread: ReadonlyArray<UnreadSplit>
  /**
   * Why sources could not go on, one line each that names the source where there are several; of a run that was drained,
   * also of those that failed just then and would have been run again. What they had read was delivered all the same.
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
   * Removes all that the outbox holds of a person for good, by any id of theirs, counted as `erased`. When it resolves no
   * byte of it stands in a file of the outbox, and a replay does not bring it back.
   */
  readonly erase: (user: string) => Effect.Effect<Erased, OutboxError>
  /**
   * Reads the past of the route's sources again, for this route alone; interrupted, the same request goes on where it
   * stopped. Resolves when all is stored, with the number of events; fails when a source cannot be read again.
   */
  readonly replayPast: (past: Past) => Effect.Effect<number, DefinitionError | OutboxError | SourceError>
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
