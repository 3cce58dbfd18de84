/**
 * What metrics, spans and a page are fed by: one function that is told what the engine does, once per chunk, append, attempt,
 * settlement, and change of a gate or of a lease. It is never told of single events.
 *
 * ```ts
 * const seen: Array<Observer.Observation> = []
 * const observer: Observer.Observe = (observation) => void seen.push(observation)
 * Exporter.run(definition).pipe(Effect.provideService(Observer.Observer, observer))
 * ```
 *
 * All times are in epoch milliseconds, by the exporter's clock, and all sizes in bytes. Nothing in an observation comes from an
 * event, a credential, or the words of a remote: lanes, routes and sources are named as in the configuration, splits as their
 * source names them, and reasons are declared names.
 *
 * @since 1.0.0
 */
import * as Context from "effect/Context"
import type { Split } from "./Intake.ts"
import type { LaneKey, Token } from "./Outbox.ts"

/**
 * A chunk was decoded, taken through the routes and assigned, and has become durable. A chunk that was refused, since another
 * exporter reads its split, is not told.
 *
 * @since 1.0.0
 * @category models
 */
export interface Chunk {
  readonly _tag: "Chunk"
  /** The name of the source; of a backfill, or a range of the past that is replayed, the name of that. */
  readonly source: string
  /** Empty for a source without splits. */
  readonly split: Split
  /** Events and bad records; those that were left out as duplicates are not among them. */
  readonly events: number
  /** The bad records among them. */
  readonly bad: number
  /** The latest time of an event; absent where there is none. */
  readonly newest?: number
  /** Of input, as far as the source tells. */
  readonly bytes: number
  /** When planning began and ended. Storing it is told by `Append`. */
  readonly began: number
  readonly ended: number
}

/**
 * A chunk has become durable: its parcels, dead letters, counts and checkpoint. Also told of dead letters that are put through
 * their route again, under the name of the source that they came from.
 *
 * @since 1.0.0
 * @category models
 */
export interface Append {
  readonly _tag: "Append"
  readonly source: string
  /** Empty for a source without splits. */
  readonly split: Split
  /** Those of all parcels, which wait for their lanes now. */
  readonly events: number
  /** Of the records in the parcels. */
  readonly bytes: number
  readonly parcels: number
  /** Dead letters that it made, by route and reason; empty when it made none. */
  readonly dead: ReadonlyArray<{ readonly route: string; readonly reason: string; readonly events: number }>
  readonly began: number
  readonly ended: number
}

/**
 * How an attempt went as a whole.
 *
 * - `delivered`: all messages were taken.
 * - `partly`: some were. What became of the others is told by settlements.
 * - `retry`, `unauthorized`, `rejected`, `too-large`: none was, and what the remote said of the first, or of all.
 * - `defect`: the plugin threw, or answered what is no answer. Its messages are tried again.
 *
 * @since 1.0.0
 * @category models
 */
export type AttemptOutcome =
  | "delivered"
  | "partly"
  | "retry"
  | "unauthorized"
  | "rejected"
  | "too-large"
  | "defect"

/**
 * An attempt has ended, and its answer was judged. A connection that could not be opened counts as an attempt without messages.
 *
 * @since 1.0.0
 * @category models
 */
export interface Attempt extends LaneKey {
  readonly _tag: "Attempt"
  readonly began: number
  readonly ended: number
  readonly messages: number
  readonly events: number
  /** Of the messages, without what stands around them in the request. */
  readonly bytes: number
  /** Attempts at these messages so far, with this one. */
  readonly attempts: number
  readonly outcome: AttemptOutcome
  /** The declared reason of the first message that was not taken; absent when all were. */
  readonly reason?: string
}

/**
 * The outbox has heard that events ended. What is erased, or revived, is not told.
 *
 * @since 1.0.0
 * @category models
 */
export interface Settlement extends LaneKey {
  readonly _tag: "Settlement"
  /** Events. */
  readonly delivered: number
  /** Events by reason; empty when all were delivered. */
  readonly dead: ReadonlyArray<{ readonly reason: string; readonly events: number }>
  readonly at: number
}

/**
 * The gate of a lane changed: it closed, opened, or waits until another time. A lane that begins closed is told once at the start;
 * of one that was never told, the gate is open.
 *
 * @since 1.0.0
 * @category models
 */
export interface Gate extends LaneKey {
  readonly _tag: "Gate"
  readonly open: boolean
  /** A declared name, such as `unauthorized` or `paused`; absent while it is open and waits for nothing. */
  readonly reason?: string
  /** No attempt before this time; absent where there is nothing to wait for. */
  readonly notBefore?: number
  readonly at: number
}

/**
 * The gate of a source changed: it fails and is run again later, was refused, cannot go on, or is well again. A source that was never
 * told of is well.
 *
 * @since 1.0.0
 * @category models
 */
export interface SourceGate {
  readonly _tag: "SourceGate"
  readonly source: string
  /** `false` while its credentials are refused, and once it cannot go on. */
  readonly open: boolean
  /** A declared name; absent when all is well. */
  readonly reason?: string
  /** It is not run again before this time; absent where there is nothing to wait for, or where it is not run again. */
  readonly notBefore?: number
  readonly at: number
}

/**
 * This instance has, or no longer has, the right to a track of a lane or to a split of a source.
 *
 * @since 1.0.0
 * @category models
 */
export type Lease = {
  readonly _tag: "Lease"
  readonly owned: boolean
  readonly token: Token
  readonly at: number
} & (
  | { readonly kind: "track"; readonly route: string; readonly lane: string; readonly track: number }
  | { readonly kind: "split"; readonly source: string; readonly split: Split }
)

/**
 * All that an observer is told.
 *
 * @since 1.0.0
 * @category models
 */
export type Observation = Chunk | Append | Attempt | Settlement | Gate | SourceGate | Lease

/**
 * Called in the engine's own thread, once for each thing that happened, in the order in which they happened. It must
 * return at once and keep nothing that grows. What it throws is caught: the log tells of the first, and the exporter goes on.
 *
 * @since 1.0.0
 * @category models
 */
export type Observe = (observation: Observation) => void

/**
 * Who is told; nobody unless it is provided where an exporter is started. An exporter takes it once, at its start.
 *
 * @since 1.0.0
 * @category services
 */
export const Observer: Context.Reference<Observe | undefined> = Context.Reference<Observe | undefined>(
  "@millrace/core/Observer",
  { defaultValue: () => undefined }
)

/**
 * Observers as one, told in this order; each whatever the others throw. Absent members are passed over; nobody without any.
 *
 * @since 1.0.0
 * @category constructors
 */
export const all = (observers: ReadonlyArray<Observe | undefined>): Observe | undefined => {
  const present = observers.filter((observe) => observe !== undefined)
  if (present.length < 2) return present[0]
  return (observation) => {
    const thrown: Array<unknown> = []
    for (const observe of present) {
      try {
        observe(observation)
      } catch (cause) {
        thrown.push(cause)
      }
    }
    if (thrown.length > 0) throw thrown[0]
  }
}
