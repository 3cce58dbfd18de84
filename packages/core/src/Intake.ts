/**
 * The intake is the part of core that a source talks to: "append this chunk", "where was I", "may I read this split".
 *
 * @since 1.0.0
 */
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { Records } from "./Codec.ts"
import type { Event } from "./Event.ts"

/**
 * An independently readable piece of a source: a file, an object, a partition. A file's split is its path
 * relative to the source's root.
 *
 * @since 1.0.0
 * @category models
 */
export type Split = string

/**
 * The position up to which a split is safely taken. Only its source understands it.
 *
 * @since 1.0.0
 * @category models
 */
export type Checkpoint = string

/**
 * The most of a bad record that is kept, in bytes.
 *
 * @since 1.0.0
 * @category models
 */
export const rawLimit = 1024 * 1024

/**
 * A record that could not be read as an event. It becomes one dead letter of every route that reads the source.
 *
 * @since 1.0.0
 * @category models
 */
export interface Malformed {
  /** A declared kebab-case name, such as `malformed`, `truncated` or `damaged-block`: a ledger key. */
  readonly reason: string
  /** What is wrong, for people, without the record's content. */
  readonly detail: string
  /** Where it stands in its split: `line 12`, `byte 4096`. */
  readonly position: string
  /** The record's bytes as read; the outbox keeps at most 1 MiB of them. */
  readonly raw: Uint8Array
}

/**
 * The end of a split that cannot be read yet, such as a half-written last line of a file. Nothing of it is stored. When the split
 * has grown, reading goes on there.
 *
 * @since 1.0.0
 * @category models
 */
export interface Unread {
  /** The first byte that is not read; of a packed file, counted in what it unpacks to. */
  readonly byte: number
  /** What is wrong there, for people, without content. */
  readonly what: string
}

/**
 * Something that a source cannot read now: the source as a whole, such as a folder that is gone, or one of its splits.
 *
 * @since 1.0.0
 * @category models
 */
export interface Problem {
  /** The split at fault; absent for the source as a whole. */
  readonly split?: Split
  /** A declared kebab-case name: `gone`, `unreadable`, `replaced` or the source's own. */
  readonly reason: string
  /** The thing at fault, such as a path, then what is wrong and what to do. */
  readonly detail: string
}

/**
 * How far a source is behind: the input that is there and not read yet.
 *
 * @since 1.0.0
 * @category models
 */
export interface Lag {
  /** How many are not read to their end: files, objects, messages. */
  readonly count: number
  /** Their bytes, as far as known. A file that is being read counts whole. */
  readonly bytes?: number
  /**
   * Since when the oldest of them has been there, in epoch milliseconds: the beginning of the hour in its name or, without one,
   * the time when it was stored. Never the time of an event, since devices report late.
   */
  readonly oldest?: number
}

/**
 * A run of records of one split, in the order read. A push source names neither split nor checkpoint.
 *
 * @since 1.0.0
 * @category models
 */
export interface Chunk<out E extends Event = Event> {
  readonly events: ReadonlyArray<E>
  /** The bytes of exactly these events. Without them the events are stored as core's own JSON. */
  readonly records?: Records
  readonly malformed: ReadonlyArray<Malformed>
  readonly split?: Split
  /** Where the split stands once this chunk is durable. */
  readonly checkpoint?: Checkpoint
  /** Bytes of input this chunk used up, to tell progress. */
  readonly consumed?: number
}

/**
 * A split that this reader alone may read.
 *
 * @since 1.0.0
 * @category models
 */
export interface Claim {
  /**
   * Completes when another reader wants the split: append what is under way, and end. A reading that goes on for more than half
   * a minute is interrupted.
   */
  readonly revoked: Effect.Effect<void>
}

/**
 * How a claim ended.
 *
 * - `Finished`: the reading ended.
 * - `Elsewhere`: another reader had the split, and nothing was read.
 * - `Lost`: the split was lost while reading, and the reading was interrupted. Chunks appended before are stored.
 *
 * @since 1.0.0
 * @category models
 */
export type Claimed<A> =
  | { readonly _tag: "Finished"; readonly value: A }
  | { readonly _tag: "Elsewhere" }
  | { readonly _tag: "Lost" }

/**
 * What the core hands a source.
 *
 * @since 1.0.0
 * @category models
 */
export interface Intake<in E extends Event = Event> {
  /**
   * Makes events, bad records and checkpoint durable together, then resolves. Suspends while the outbox is full. Never fails:
   * when the outbox fails, the source is interrupted.
   */
  readonly append: (chunk: Chunk<E>) => Effect.Effect<void>
  /** `true` while `append` would suspend: a push source answers 429 before it reads. */
  readonly full: Effect.Effect<boolean>
  /**
   * Runs `read` from the last checkpoint while this reader alone owns the split, and interrupts it when ownership is lost. Does
   * nothing when another owns the split. Yields which of the three happened.
   */
  readonly claim: <A, X>(
    split: Split,
    read: (after: Option.Option<Checkpoint>, claim: Claim) => Effect.Effect<A, X>
  ) => Effect.Effect<Claimed<A>, X>
  /** Says how many bytes of input lie ahead, to tell progress. */
  readonly expect: (bytes: number) => Effect.Effect<void>
  /**
   * Tells from where on a claimed split is left unread, although the source is done with it for now. The exporter's progress
   * shows it until the split is claimed again. A finite run that ends with unread splits has not read its whole input.
   */
  readonly unread: (split: Split, left: Unread) => Effect.Effect<void>
  /**
   * Tells everything that the source cannot read now. Call it after each look, with an empty list when all can be read. The
   * source's status shows it. While a run follows, the log tells of each problem once when it begins and once when it is over.
   */
  readonly problems: (found: ReadonlyArray<Problem>) => Effect.Effect<void>
  /**
   * Tells how far the source is behind: call it each time that the source knows, with `{ count: 0 }` when all is read. The
   * source's status shows it. A source that cannot know, such as a push source, never calls it.
   */
  readonly lag: (found: Lag) => Effect.Effect<void>
  /**
   * Tells that the source has looked through all of its input. Once a day core then calls `among` with splits that were not read
   * for long, and `among` yields those that are still there. When a split has been gone for as many days as the exporter's
   * `checkpointRetention` says, its checkpoint is forgotten.
   *
   * `among` must yield a split unless it is sure that the split is gone, and fails if it cannot tell. Do not call `present` while
   * the source itself is gone or looks empty. A source whose splits never go need not call it.
   */
  readonly present: <X>(
    among: (splits: ReadonlyArray<Split>) => Effect.Effect<ReadonlyArray<Split>, X>
  ) => Effect.Effect<void, X>
}
