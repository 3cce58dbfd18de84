/**
 * The outbox: the durable store of events not yet settled, with the checkpoints, the dead letters and the ledger.
 * It is the one port for state.
 *
 * Every method is all or nothing. An implementation keeps nothing in memory that a crash may not take.
 *
 * @since 1.0.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { Records } from "./Codec.ts"
import type { Checkpoint, Split } from "./Intake.ts"
import type { Count, Ledger } from "./Ledger.ts"
import * as Plugin from "./Plugin.ts"

/**
 * One lane of one route.
 *
 * @since 1.0.0
 * @category models
 */
export interface LaneKey {
  readonly route: string
  readonly lane: string
}

/**
 * Position of a parcel in the store's own order; grows with every append.
 *
 * @since 1.0.0
 * @category models
 */
export type Sequence = number

/**
 * The events of one lane from one chunk, to be stored together.
 *
 * @since 1.0.0
 * @category models
 */
export interface NewParcel extends LaneKey {
  readonly records: Records
}

/**
 * A stored parcel.
 *
 * @since 1.0.0
 * @category models
 */
export interface Parcel {
  readonly sequence: Sequence
  readonly records: Records
  /** Where its events came from. */
  readonly origin: Origin
  /** When it was appended, in epoch milliseconds: retention counts from here. */
  readonly appendedAt: number
  /** One bit per event, lowest first: set for those already settled. */
  readonly settled: Uint8Array
  /** Attempts made so far on what remains. */
  readonly attempts: number
  /** Its records are not the bytes that were appended: its events end as dead letters, and none is sent. */
  readonly damaged: boolean
}

/**
 * Where a chunk came from. `position` is the checkpoint that its append set; empty for a push source.
 *
 * @since 1.0.0
 * @category models
 */
export interface Origin {
  readonly source: string
  readonly split: string
  readonly position: string
}

/**
 * A record that ends at the intake: one that could not be read, or an event at which a route failed. It becomes one
 * dead letter of each of `routes`, its bytes stored once.
 *
 * @since 1.0.0
 * @category models
 */
export interface Buried {
  readonly routes: ReadonlyArray<string>
  readonly reason: string
  /** For people: what is wrong, and where the record stands in its split. */
  readonly detail: string
  /** The record as read; the store keeps at most `rawLimit` bytes of it. */
  readonly record: Uint8Array
  /** Codec and parameter that read it; empty for a record that none can read. */
  readonly codec: string
  readonly parameter: string
}

/**
 * One chunk, for all routes. Made durable as a whole: parcels, dead letters, counts and checkpoint.
 *
 * The store itself counts `waiting` for the parcels and `dead` for the buried records and, downwards, for the dead
 * letters that are revived; `counts` holds the rest.
 *
 * @since 1.0.0
 * @category models
 */
export interface Appending {
  readonly origin: Origin
  /** Epoch milliseconds. */
  readonly at: number
  readonly parcels: ReadonlyArray<NewParcel>
  readonly buried: ReadonlyArray<Buried>
  readonly counts: ReadonlyArray<Count>
  /** Dead letters whose events are in this chunk again: they are removed. Ids that are gone are passed over. */
  readonly revives?: ReadonlyArray<number>
  /** Ids of its events, which `seen` tells from now on. One remembered before is remembered anew. */
  readonly remember?: ReadonlyArray<string>
  /** Ids remembered before this time, in epoch milliseconds, may be forgotten; it is done in small steps. */
  readonly forget?: number
  /** Refused as `Overtaken` unless the stored checkpoint is still `after`: a reader that lost its split writes nothing. */
  readonly advance?: {
    readonly split: Split
    readonly after: Checkpoint | undefined
    readonly to: Checkpoint
  }
}

/**
 * What became of some events of a parcel. A position settled before is passed over, so settling twice counts once.
 *
 * @since 1.0.0
 * @category models
 */
export interface Settlement {
  readonly parcel: Sequence
  readonly delivered: ReadonlyArray<number>
  readonly dead: ReadonlyArray<{
    readonly position: number
    readonly reason: string
    readonly detail: string
  }>
  /**
   * Removed for good, counted as `erased` under this reason. Their bytes are overwritten, also those of positions that were
   * settled before.
   */
  readonly erased?: { readonly positions: ReadonlyArray<number>; readonly reason: string }
  /** Attempts made so far on what remains; kept across a restart. */
  readonly attempts: number
  /** Epoch milliseconds. */
  readonly at: number
}

/**
 * Events that leave as one message, kept until all are settled: after a crash the same events go out under the same id.
 *
 * @since 1.0.0
 * @category models
 */
export interface Composition {
  /** A hash of the event ids in order, and of where they are stored. */
  readonly id: string
  readonly members: ReadonlyArray<{ readonly parcel: Sequence; readonly position: number }>
}

/**
 * The users that were erased, never by their own ids.
 *
 * @since 1.0.0
 * @category models
 */
export interface Erasures {
  /** Made by the store, once: what users' ids are hashed with. */
  readonly key: string
  /** When a user was last erased, in epoch milliseconds, by `OutboxRules.digestOf`. */
  readonly users: ReadonlyMap<string, number>
}

/**
 * What opens and closes a lane, kept across a restart.
 *
 * @since 1.0.0
 * @category models
 */
export interface GateState {
  readonly open: boolean
  /** A declared kebab-case name, such as `unauthorized` or `throttled`; empty while open. */
  readonly reason: string
  /** Epoch milliseconds. */
  readonly since: number
  /** No attempt before this time, in epoch milliseconds; 0 for none. */
  readonly notBefore: number
  /** Of a lane that an operator paused: what its gate was before, and is again once the lane may go on. */
  readonly former?: Omit<GateState, "former">
}

/**
 * What the outbox knows of a lane, also of one that the configuration no longer names.
 *
 * @since 1.0.0
 * @category models
 */
export interface LaneState extends LaneKey {
  readonly waiting: number
  /** Of the records of its parcels; a parcel counts whole until all its events are settled. */
  readonly bytes: number
  /** When the oldest waiting parcel was appended, in epoch milliseconds. */
  readonly oldest: number | undefined
  readonly gate: GateState
}

/**
 * What a dead letter tells without its record.
 *
 * @since 1.0.0
 * @category models
 */
export interface DeadLetterHead {
  readonly id: number
  readonly route: string
  /** Empty for a bad record: it never had a lane. */
  readonly lane: string
  readonly reason: string
  /** For people: what is wrong, or what the remote answered, masked. */
  readonly detail: string
  readonly attempts: number
  /** Epoch milliseconds. */
  readonly at: number
  readonly origin: Origin
  /** Bytes of the record as it came. */
  readonly length: number
  /** Bytes of the record that are kept: fewer than `length` when it was cut. */
  readonly kept: number
}

/**
 * An event that ended rejected, malformed or expired, kept whole.
 *
 * @since 1.0.0
 * @category models
 */
export interface DeadLetter extends DeadLetterHead {
  /** The record; of a buried one at most the first `rawLimit` bytes. */
  readonly record: Uint8Array
  /** Codec and parameter that read it; empty for a bad record. */
  readonly codec: string
  readonly parameter: string
}

/**
 * Which dead letters, by what their heads tell; what is left out does not matter.
 *
 * @since 1.0.0
 * @category models
 */
export interface DeadLetterFilter {
  readonly ids?: ReadonlyArray<number>
  readonly route?: string
  readonly lane?: string
  readonly reason?: string
  /** When the letter was written, in epoch milliseconds; `from` is included, `to` is not. */
  readonly from?: number
  readonly to?: number
}

/**
 * Some of the dead letters that were asked for. It may be empty before the end: a store looks at so many in one go, and
 * lets others have their turn.
 *
 * @since 1.0.0
 * @category models
 */
export interface DeadLetterPage<Letter extends DeadLetterHead> {
  readonly letters: ReadonlyArray<Letter>
  /** Asks for what follows; absent at the end. */
  readonly after?: number
}

/**
 * The store failed. `Full` and `Unavailable` may pass; `Damaged`, `Newer` and `Owned` need a person.
 *
 * @since 1.0.0
 * @category errors
 */
export class OutboxError extends Schema.TaggedError<OutboxError>()("OutboxError", {
  reason: Schema.Literals(["Overtaken", "Full", "Unavailable", "Damaged", "Newer", "Owned"]),
  /** The thing at fault, then what is wrong and what to do. */
  detail: Schema.String
}) {
  override get message(): string {
    return this.detail
  }
}

/**
 * The most of a buried record that is kept, in bytes.
 *
 * @since 1.0.0
 * @category models
 */
export const rawLimit = 1024 * 1024

/**
 * What the outbox holds. While `bytes` has reached `limit`, appends wait for room; `undefined` stands for no limit.
 *
 * @since 1.0.0
 * @category models
 */
export interface Usage {
  /** Of everything kept: what waits, dead letters, and the store's own bookkeeping. */
  readonly bytes: number
  readonly limit: number | undefined
}

/**
 * The right of one instance to a split or a lane, held until its scope closes.
 *
 * @since 1.0.0
 * @category models
 */
export interface Lease {
  /** Completes when another instance asks for it: it is given up when what is under way has ended. */
  readonly revoked: Effect.Effect<void>
  /** Completes when it is another's: whoever had it stops at once. */
  readonly lost: Effect.Effect<void>
}

/**
 * The durable store of events not yet settled.
 *
 * @since 1.0.0
 * @category services
 */
export class Outbox extends Context.Service<
  Outbox,
  {
    /**
     * Resolves when the chunk is durable, with the sequence of each parcel. Suspends while there is no room, and goes
     * on by itself when settling or purging has made some; interrupted before that, it has stored nothing.
     *
     * A chunk that revives dead letters never waits: what it holds was held before. Nor does any chunk while neither
     * events wait nor dead letters are kept, for then nothing could make room. So usage may pass the limit by a chunk.
     */
    readonly append: (entry: Appending) => Effect.Effect<ReadonlyArray<Sequence>, OutboxError>
    /** `true` while `append` would suspend. */
    readonly full: Effect.Effect<boolean>
    /** Resolves when `append` would not suspend: at once while there is room. */
    readonly room: Effect.Effect<void>
    readonly usage: Effect.Effect<Usage, OutboxError>
    /**
     * Those of the ids that appends remembered at `since` or later, in epoch milliseconds. To go by the answer, hold
     * back all other appends until your own is durable.
     */
    readonly seen: (
      ids: ReadonlyArray<string>,
      since: number
    ) => Effect.Effect<ReadonlySet<string>, OutboxError>
    /**
     * Resolves when durable, with the bytes of the parcels that are settled whole by it. The store may gather
     * settlements into the next append's transaction.
     */
    readonly settle: (settlements: ReadonlyArray<Settlement>) => Effect.Effect<number, OutboxError>
    /**
     * The lane's parcels beyond `after`, oldest first: at least one when there is one, more while they fit in `bytes`.
     * Removes nothing.
     */
    readonly take: (
      lane: LaneKey,
      after: Sequence,
      bytes: number
    ) => Effect.Effect<ReadonlyArray<Parcel>, OutboxError>
    /** Keeps compositions, in place of those named in `replaces`. Resolves when durable. */
    readonly compose: (
      lane: LaneKey,
      compositions: ReadonlyArray<Composition>,
      replaces: ReadonlyArray<string>
    ) => Effect.Effect<void, OutboxError>
    /** Compositions with a member that is not settled. */
    readonly compositions: (lane: LaneKey) => Effect.Effect<ReadonlyArray<Composition>, OutboxError>
    readonly setGate: (lane: LaneKey, gate: GateState) => Effect.Effect<void, OutboxError>
    /** Every lane that something waits for or whose gate was ever set. */
    readonly lanes: Effect.Effect<ReadonlyArray<LaneState>, OutboxError>
    readonly checkpoint: (
      source: string,
      split: Split
    ) => Effect.Effect<Option.Option<Checkpoint>, OutboxError>
    /** Held until the scope closes. None: another instance has it. */
    readonly lease: (name: string) => Effect.Effect<Option.Option<Lease>, OutboxError, Scope.Scope>
    /**
     * Heads of the dead letters that the filter finds beyond the id `after`, oldest first: at least one where there is one,
     * and more while their texts fit in `bytes`. No record is read.
     */
    readonly deadLetterHeads: (
      filter: DeadLetterFilter,
      after: number,
      bytes: number
    ) => Effect.Effect<DeadLetterPage<DeadLetterHead>, OutboxError>
    /** The same letters whole: at least one where there is one, and more while their records fit in `bytes`, too. */
    readonly deadLetters: (
      filter: DeadLetterFilter,
      after: number,
      bytes: number
    ) => Effect.Effect<DeadLetterPage<DeadLetter>, OutboxError>
    /** Removes dead letters for good, counted as `erased` under `reason`; returns how many there were. */
    readonly purge: (ids: ReadonlyArray<number>, reason: string) => Effect.Effect<number, OutboxError>
    readonly erasures: Effect.Effect<Erasures, OutboxError>
    /**
     * Remembers that a user was erased, by the hash of an id, at a time in epoch milliseconds. What stands in the store is
     * removed by others; a `scrub` is due from now on, also after a crash.
     */
    readonly erase: (digest: string, at: number) => Effect.Effect<void, OutboxError>
    /**
     * Resolves when no byte of what was removed for good stands in any file of the store: not in free space, logs or
     * copies either. May take long; everything else waits meanwhile.
     */
    readonly scrub: Effect.Effect<void, OutboxError>
    readonly ledger: Effect.Effect<Ledger, OutboxError>
  }
>()("@millrace/core/Outbox") {}

/**
 * Something wrong in a store: the file itself (`damage`), counts that differ from what is kept (`ledger`), or rows that
 * belong to nothing, or lack what they belong to (`orphan`).
 *
 * @since 1.0.0
 * @category models
 */
export interface Problem {
  readonly kind: "damage" | "ledger" | "orphan"
  /** For people: where, what was found, and what was expected. Never content. */
  readonly detail: string
}

/**
 * What looking a store through has shown. It is sound when there are no problems.
 *
 * @since 1.0.0
 * @category models
 */
export interface Verification {
  readonly problems: ReadonlyArray<Problem>
  /** Bytes that the store takes, and how many of them are free to be used again. */
  readonly bytes: number
  readonly free: number
}

/**
 * Bytes that the store takes on disk, before it was compacted and after.
 *
 * @since 1.0.0
 * @category models
 */
export interface Compaction {
  readonly before: number
  readonly after: number
}

/**
 * What can be done with a store that nobody has open; all fail as `Owned` otherwise.
 *
 * @since 1.0.0
 * @category models
 */
export interface Maintenance {
  /** Looks the whole store through and changes nothing. */
  readonly verify: Effect.Effect<Verification, OutboxError>
  /** Makes the store as small as it can be. */
  readonly compact: Effect.Effect<Compaction, OutboxError>
  /**
   * An operator's word that the store is good as it is, where it refuses to open because it is not as it was left. Absent
   * for one that never refuses.
   */
  readonly accept?: Effect.Effect<void, OutboxError>
}

/**
 * A configured outbox, not yet opened.
 *
 * @since 1.0.0
 * @category models
 */
export interface Store {
  readonly plugin: string
  /** The state directory that one process at a time owns; `undefined` for a store without one. */
  readonly directory: string | undefined
  readonly layer: Layer.Layer<Outbox, OutboxError>
  /** The same store for reading only: opens on a full disk too, and where nothing may be written. */
  readonly look?: Layer.Layer<Outbox, OutboxError>
  /**
   * Fails as `layer` would, as far as it shows without changing anything; that the store is in use is no fault. Absent for
   * a store that can always be opened.
   */
  readonly check?: Effect.Effect<void, OutboxError>
  /** Absent for a store that has nothing to look after. */
  readonly maintenance?: Maintenance
}

/**
 * An outbox plugin: a function from settings to a store.
 *
 * @since 1.0.0
 * @category constructors
 */
export const plugin = <Settings, Input>(definition: {
  /** The npm name of the package. */
  readonly name: string
  readonly settings: Schema.Codec<Settings, Input>
  readonly store: (settings: Settings) => Omit<Store, "plugin">
}): Plugin.Plugin<Input, {}, Store> =>
  Plugin.make({
    name: definition.name,
    kind: "outbox",
    settings: definition.settings,
    credentials: Schema.Struct({}),
    make: (settings: Settings) => ({ plugin: definition.name, ...definition.store(settings) })
  })
