/**
 * The intake is what the core hands a source: "append this chunk", "where was I", "may I read this split".
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
 * Opaque position up to which a split is safely taken.
 *
 * @since 1.0.0
 * @category models
 */
export type Checkpoint = string

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
 * What of a split cannot be read yet, such as a file that ends in the middle of a line. Nothing of it is stored: when the
 * split has grown it is read on from there.
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
 * A split that is this source's own, while it is read.
 *
 * @since 1.0.0
 * @category models
 */
export interface Claim {
  /**
   * Completes when the split is wanted elsewhere: append what is under way, and end. What has not ended half a minute later
   * is interrupted.
   */
  readonly revoked: Effect.Effect<void>
}

/**
 * What became of a claim: the reading finished; another had the split, and nothing was read; or the split was lost under
 * way, and the reading was interrupted. What was appended before is stored in any case.
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
   * Events, bad records and checkpoint become durable together. Resolves after that; suspends while the outbox is
   * full. Never fails: when the outbox fails, the source is interrupted.
   */
  readonly append: (chunk: Chunk<E>) => Effect.Effect<void>
  /** `true` while `append` would suspend: a push source answers 429 before it reads. */
  readonly full: Effect.Effect<boolean>
  /**
   * Runs `read` from the last checkpoint while this instance alone owns the split, and interrupts it when ownership is lost.
   * Does nothing when another owns it. Tells which of the three it was.
   */
  readonly claim: <A, X>(
    split: Split,
    read: (after: Option.Option<Checkpoint>, claim: Claim) => Effect.Effect<A, X>
  ) => Effect.Effect<Claimed<A>, X>
  /** Says how many bytes of input lie ahead, to tell progress. */
  readonly expect: (bytes: number) => Effect.Effect<void>
  /**
   * Says what of a claimed split is left unread, although the source is done with it for now. It stands in the exporter's
   * progress until the split is claimed again; a finite run that ends so has not read its input.
   */
  readonly unread: (split: Split, left: Unread) => Effect.Effect<void>
  /**
   * Says all that the source cannot read now, each time it has looked; nothing when it can read everything. It stands in
   * the source's state; of a run that follows, the log tells once what begins and once what is over.
   */
  readonly problems: (found: ReadonlyArray<Problem>) => Effect.Effect<void>
}
