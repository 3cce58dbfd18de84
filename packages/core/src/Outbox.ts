/**
 * The outbox: the durable store of events not yet settled, with the checkpoints, the dead letters and the ledger.
 * It holds all state of an exporter.
 *
 * Every method is all or nothing. An implementation keeps in memory only what a crash may take.
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
import { noCredentials } from "./internal/noCredentials.ts"
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
 * One track of a lane: its share of users, owned by one instance at a time. `track` is 0 where it is absent, and 0 is the only one
 * in a store with one owner.
 *
 * @since 1.0.0
 * @category models
 */
export interface TrackKey extends LaneKey {
  /** From 0 to one less than `tracks` of the outbox. */
  readonly track?: number
}

/**
 * The epoch of a lease. It grows with every change of owner, so that what a former owner still writes is refused.
 *
 * @since 1.0.0
 * @category models
 */
export type Token = number

/**
 * Position of a parcel in the store's own order. In one track it grows in the order in which appends become durable.
 *
 * @since 1.0.0
 * @category models
 */
export type Sequence = number

/**
 * The events of one track from one chunk, to be stored together.
 *
 * @since 1.0.0
 * @category models
 */
export interface NewParcel extends TrackKey {
  readonly records: Records
}

/**
 * Where a parcel was stored.
 *
 * @since 1.0.0
 * @category models
 */
export interface Stored {
  readonly sequence: Sequence
  /**
   * The parcel before it in its track, where another instance appended that one: who owns the track has to read it first. 0
   * otherwise.
   */
  readonly after: Sequence
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
  /** Whether its records differ from the bytes that were appended. Then its events become dead letters, and none is sent. */
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
 * A record that ends at the intake: it could not be read, or a route failed at its event. It becomes one dead letter of each of
 * `routes`; its bytes are stored once.
 *
 * @since 1.0.0
 * @category models
 */
export interface Buried {
  readonly routes: ReadonlyArray<string>
  readonly reason: string
  /** For people: what is wrong, and where the record stands in its split. */
  readonly detail: string
  /** The record as read; the store keeps at most `Intake.rawLimit` bytes of it. */
  readonly record: Uint8Array
  /** Codec and parameter that read it; empty for a record that no codec can read. */
  readonly codec: string
  readonly parameter: string
}

/**
 * One chunk, for all routes. Made durable as a whole: parcels, dead letters, counts and checkpoint.
 *
 * The store itself counts `waiting` up for the parcels, `dead` up for the buried records, and `dead` down for dead letters that
 * are revived; `counts` holds the rest.
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
  /** Ids of its events, to be known from now on. An id remembered before is remembered anew. */
  readonly remember?: ReadonlyArray<string>
  /** The append is refused as `Seen`, before anything else, if one of `remember` was remembered at this time or later, in epoch milliseconds. */
  readonly unseenSince?: number
  /** Ids remembered before this time, in epoch milliseconds, may be forgotten; it is done in small steps. */
  readonly forget?: number
  /** The append is refused as `Overtaken` unless the stored checkpoint is `after`. So a reader that lost its split writes nothing. */
  readonly advance?: {
    readonly split: Split
    readonly after: Checkpoint | undefined
    readonly to: Checkpoint
    /** Of the lease of the split. A store with several owners also refuses a former owner. */
    readonly token?: Token
  }
}

/**
 * How some events of a parcel ended. Settling a position twice counts once.
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
   * Events removed for good, and counted as `erased` under this reason. Their bytes are overwritten, also at positions that were
   * settled before.
   */
  readonly erased?: { readonly positions: ReadonlyArray<number>; readonly reason: string }
  /** Attempts made so far on what remains; kept across a restart. */
  readonly attempts: number
  /** Epoch milliseconds. */
  readonly at: number
}

/**
 * Events that leave as one message. It is kept until all of them are settled: after a crash the unsettled ones go out together
 * again, in the same order.
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
 * The users that were erased, by hashes of their ids.
 *
 * @since 1.0.0
 * @category models
 */
export interface Erasures {
  /** The key of the hashes; the store makes it once. */
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
  /** The gate before an operator paused the lane; it holds again when the pause ends. */
  readonly former?: Omit<GateState, "former">
}

/**
 * What the outbox knows of a lane. The configuration need not name the lane any more.
 *
 * @since 1.0.0
 * @category models
 */
export interface LaneState extends LaneKey {
  readonly waiting: number
  /** Bytes of the records of its parcels; a parcel counts whole until all its events are settled. */
  readonly bytes: number
  /** When the oldest waiting parcel was appended, in epoch milliseconds. */
  readonly oldest: number | undefined
  readonly gate: GateState
}

/**
 * A dead letter without its record.
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
  /** The record; of a buried one at most the first `Intake.rawLimit` bytes. */
  readonly record: Uint8Array
  /** Codec and parameter that read it; empty for a bad record. */
  readonly codec: string
  readonly parameter: string
}

/**
 * What the event of a dead letter is found by. A record that no codec can ever read has no type, no event id and no user.
 *
 * @since 1.0.0
 * @category models
 */
export interface DeadLetterKeys {
  readonly id: number
  readonly type: string
  readonly eventId: string
  /** All ids of the event's user. */
  readonly users: ReadonlyArray<string>
}

/**
 * Which dead letters, by their heads and by their keys. Members that are left out limit nothing. A letter whose keys are not kept yet
 * is found whatever the filter asks of its event: who asks reads it.
 *
 * @since 1.0.0
 * @category models
 */
export interface DeadLetterFilter {
  /** The type of its event, by name or wildcard. */
  readonly type?: string
  readonly eventId?: string
  /** Any id of the event's user. */
  readonly user?: string
  /** Only letters whose keys are not kept yet. */
  readonly unread?: true
  readonly ids?: ReadonlyArray<number>
  readonly route?: string
  readonly lane?: string
  readonly reason?: string
  /** When the letter was written, in epoch milliseconds; `from` is included, `to` is not. */
  readonly from?: number
  readonly to?: number
}

/**
 * Some of the dead letters that were asked for. A page may be empty before the end, since a store looks at a limited number of
 * letters in one go.
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
 * How many dead letters a filter finds, as far as a store looks in one go.
 *
 * @since 1.0.0
 * @category models
 */
export interface DeadLetterCount {
  /** Those that it finds for certain. */
  readonly letters: number
  /** Those whose keys are not kept yet, of a filter that asks for something of the event. */
  readonly unread: number
  /** The id of the last letter that was looked at; `undefined` when there was none. */
  readonly last: number | undefined
  /** Asks for what follows; absent at the end. */
  readonly after?: number
}

/**
 * On how many days a source was looked through, and when last, in epoch milliseconds. Days without a look do not count. A clock
 * that is set forward adds at most one day.
 *
 * @since 1.0.0
 * @category models
 */
export interface Looks {
  readonly days: number
  readonly at: number
}

/**
 * A split that has a checkpoint, and on which of its source's days it was last known to be there.
 *
 * @since 1.0.0
 * @category models
 */
export interface KnownSplit {
  readonly split: Split
  readonly day: number
}

/**
 * Some of the splits that were asked for. It may be empty before the end, as `DeadLetterPage` may.
 *
 * @since 1.0.0
 * @category models
 */
export interface SplitPage {
  readonly splits: ReadonlyArray<KnownSplit>
  /** Asks for what follows; absent at the end. */
  readonly after?: Split
}

/**
 * The store failed. `Full` and `Unavailable` may pass; `Damaged`, `Newer` and `Owned` need a person. `Overtaken`: what was to be
 * written speaks for a split or a track that another has by now. `Seen`: events of an append were taken before. In both cases
 * nothing was stored.
 *
 * @since 1.0.0
 * @category errors
 */
export class OutboxError extends Schema.TaggedError<OutboxError>()("OutboxError", {
  reason: Schema.Literals(["Overtaken", "Seen", "Full", "Unavailable", "Damaged", "Newer", "Owned"]),
  /** The thing at fault, then what is wrong and what to do. */
  detail: Schema.String,
  /** Of `Seen`: the ids that were remembered before. */
  seen: Schema.optionalKey(Schema.Array(Schema.String))
}) {
  override get message(): string {
    return this.detail
  }
}

/**
 * How full the outbox is. While `bytes` has reached `limit`, appends wait for room; `undefined` means no limit.
 *
 * @since 1.0.0
 * @category models
 */
export interface Usage {
  /** Bytes of waiting events, dead letters, and the store's own bookkeeping. */
  readonly bytes: number
  readonly limit: number | undefined
}

/**
 * The right of one instance to a split or a track, held until its scope closes. `OutboxRules` gives the names.
 *
 * @since 1.0.0
 * @category models
 */
export interface Lease {
  readonly name: string
  readonly token: Token
  /** Completes when another instance asks for the lease. Finish what is under way, then give it up. */
  readonly revoked: Effect.Effect<void>
  /** Completes when the instance can no longer be sure of the lease, or another has it: stop at once. Also when it was given up. */
  readonly lost: Effect.Effect<void>
  /**
   * Whether the instance can be sure of it at this moment, by its own clock; when it cannot, the lease is lost. A process that stood
   * still may go on with what was due before `lost` completes: whoever sends asks here first.
   */
  readonly isSure: () => boolean
  /** Gives it up before its scope closes. */
  readonly release: Effect.Effect<void>
}

/**
 * What an instance does in a fleet: read sources, deliver to destinations, or both.
 *
 * @since 1.0.0
 * @category models
 */
export type Role = "read" | "deliver"

/**
 * One running exporter.
 *
 * @since 1.0.0
 * @category models
 */
export interface Instance {
  readonly name: string
  readonly roles: ReadonlyArray<Role>
}

/**
 * An instance that has joined the fleet, as the store knows it.
 *
 * @since 1.0.0
 * @category models
 */
export interface InstanceState extends Instance {
  /** When it joined, and when it was last heard of, in epoch milliseconds by the store's clock. */
  readonly since: number
  readonly seen: number
  /** Names of the leases that it holds. */
  readonly leases: ReadonlyArray<string>
}

/**
 * What others changed in a store that several instances share.
 *
 * @since 1.0.0
 * @category models
 */
export interface News {
  /** Tracks in which others stored parcels: all of those that this instance holds the lease of, and perhaps more. */
  readonly tracks: ReadonlyArray<TrackKey>
  /** Gates that others set. */
  readonly gates: ReadonlyArray<LaneKey & { readonly gate: GateState }>
  /** Whether instances joined or left, or leases of tracks became free. Those of splits may be told, too: whoever wants one asks again. */
  readonly fleet: boolean
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
    /** Whether several instances may have it open at once. */
    readonly shared: boolean
    /** Into how many tracks each lane is divided: 1 in a store with one owner. It never changes. */
    readonly tracks: number
    /**
     * Resolves when the chunk is durable, with the place of each parcel. Suspends while there is no room, and goes on by itself
     * when settling or purging has made room. If it is interrupted while it waits, it has stored nothing.
     *
     * A chunk that revives dead letters never waits, since the store held its events before. No chunk waits while the store has
     * neither waiting events nor dead letters, since then nothing could make room. So usage may exceed the limit by a chunk.
     */
    readonly append: (entry: Appending) => Effect.Effect<ReadonlyArray<Stored>, OutboxError>
    /** `true` while `append` would suspend. */
    readonly full: Effect.Effect<boolean>
    /** Resolves when `append` would not suspend: at once while there is room. */
    readonly room: Effect.Effect<void>
    readonly usage: Effect.Effect<Usage, OutboxError>
    /**
     * Resolves when the settlements are durable, with the bytes of the parcels whose last event they settle. The store may gather
     * settlements into the next append's transaction.
     *
     * All parcels are of one track, and `token` is of its lease: a store with several owners refuses everything of a former owner
     * as `Overtaken`. A store with one owner asks for no token.
     */
    readonly settle: (
      settlements: ReadonlyArray<Settlement>,
      token?: Token
    ) => Effect.Effect<number, OutboxError>
    /**
     * Yields the track's parcels beyond `after`, oldest first: at least one if there is one, and more while they fit in `bytes`.
     * Removes nothing.
     */
    readonly take: (
      track: TrackKey,
      after: Sequence,
      bytes: number
    ) => Effect.Effect<ReadonlyArray<Parcel>, OutboxError>
    /** Keeps compositions of a track, in place of those named in `replaces`. Resolves when durable. `token` as of `settle`. */
    readonly compose: (
      track: TrackKey,
      compositions: ReadonlyArray<Composition>,
      replaces: ReadonlyArray<string>,
      token?: Token
    ) => Effect.Effect<void, OutboxError>
    /** Compositions of a track with unsettled members, each with only these, in their order. */
    readonly compositions: (track: TrackKey) => Effect.Effect<ReadonlyArray<Composition>, OutboxError>
    /**
     * The gate of a lane, for all of its tracks. An instance that delivers speaks by the lease of one of them, and is refused as
     * `Overtaken` when it is another's by now; what an operator says needs none.
     */
    readonly setGate: (
      lane: LaneKey,
      gate: GateState,
      by?: { readonly track: number; readonly token: Token }
    ) => Effect.Effect<void, OutboxError>
    /** Every lane that has waiting events, or whose gate was ever set. */
    readonly lanes: Effect.Effect<ReadonlyArray<LaneState>, OutboxError>
    readonly checkpoint: (
      source: string,
      split: Split
    ) => Effect.Effect<Option.Option<Checkpoint>, OutboxError>
    /** How often a source was looked through; `{ days: 0, at: 0 }` before the first time. */
    readonly looks: (source: string) => Effect.Effect<Looks, OutboxError>
    /** Notes that a source was looked through at a time, in epoch milliseconds; `OutboxRules.looked` counts the days. */
    readonly looked: (source: string, at: number) => Effect.Effect<void, OutboxError>
    /**
     * Splits of a source, beyond the split `after`, whose checkpoint was neither set nor confirmed after `day`, a day of `looks`.
     * Setting or confirming a checkpoint gives it today's day: `looks.days`.
     */
    readonly splits: (
      source: string,
      day: number,
      after: Split | undefined
    ) => Effect.Effect<SplitPage, OutboxError>
    /** Notes that these splits are there: gives their checkpoints today's day. Splits without a checkpoint are passed over. */
    readonly confirm: (source: string, splits: ReadonlyArray<Split>) => Effect.Effect<void, OutboxError>
    /**
     * Forgets the checkpoints of those of the splits that were neither set nor confirmed after `day`; yields how many. A reader
     * that still goes on from a forgotten checkpoint is refused as `Overtaken`.
     */
    readonly forget: (
      source: string,
      splits: ReadonlyArray<Split>,
      day: number
    ) => Effect.Effect<number, OutboxError>
    /** Leases of those of the names that nobody has, at most so many of them, each held until the scope closes. */
    readonly lease: (
      names: ReadonlyArray<string>,
      most: number
    ) => Effect.Effect<ReadonlyArray<Lease>, OutboxError, Scope.Scope>
    /**
     * Says who this instance is; it has left when the scope closes. In a store that several instances share, one that is not heard of
     * for a while has left, too: its leases are free, and when it is heard of again it has lost them.
     */
    readonly join: (instance: Instance) => Effect.Effect<void, OutboxError, Scope.Scope>
    /** The instances that have joined, this one included. */
    readonly instances: Effect.Effect<ReadonlyArray<InstanceState>, OutboxError>
    /** Suspends until others changed something since it was last asked; for ever in a store with one owner. */
    readonly news: Effect.Effect<News, OutboxError>
    /**
     * Heads of the dead letters that the filter finds beyond the id `after`, oldest first: at least one if there is one, and more
     * while their texts fit in `bytes`. No record is read.
     */
    readonly deadLetterHeads: (
      filter: DeadLetterFilter,
      after: number,
      bytes: number
    ) => Effect.Effect<DeadLetterPage<DeadLetterHead>, OutboxError>
    /** The same letters whole: at least one if there is one, and more while texts and records fit in `bytes`. */
    readonly deadLetters: (
      filter: DeadLetterFilter,
      after: number,
      bytes: number
    ) => Effect.Effect<DeadLetterPage<DeadLetter>, OutboxError>
    /** Counts the letters that the filter finds beyond the id `after`. It reads no letter. */
    readonly countDeadLetters: (
      filter: DeadLetterFilter,
      after: number
    ) => Effect.Effect<DeadLetterCount, OutboxError>
    /** Keeps what letters are found by. Letters that are gone, and those whose keys are kept, are passed over. */
    readonly keepKeys: (keys: ReadonlyArray<DeadLetterKeys>) => Effect.Effect<void, OutboxError>
    /** Removes dead letters for good, and counts them as `erased` under `reason`; yields how many there were. */
    readonly purge: (ids: ReadonlyArray<number>, reason: string) => Effect.Effect<number, OutboxError>
    readonly erasures: Effect.Effect<Erasures, OutboxError>
    /**
     * Remembers that a user was erased: the hash of an id, and the time in epoch milliseconds. Other methods remove the user's
     * events. From now on a `scrub` is due, also after a crash.
     */
    readonly erase: (digest: string, at: number) => Effect.Effect<void, OutboxError>
    /**
     * Resolves when no file of the store holds a byte of events that were removed for good, not even in free space, logs or copies.
     * It may take long; everything else waits meanwhile.
     */
    readonly scrub: Effect.Effect<void, OutboxError>
    readonly ledger: Effect.Effect<Ledger, OutboxError>
  }
>()("@millrace/core/Outbox") {}

/**
 * Something wrong in a store: the file itself (`damage`), counts that differ from the rows (`ledger`), or rows that belong to
 * nothing or lack their other half (`orphan`).
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
 * The result of looking through a store. The store is sound if there are no problems.
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
 * Operations on a store that nobody has open; while somebody has, all fail as `Owned`.
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
   * Accepts a store that refuses to open because it is not as it was left: the operator says that it is good as it is. Absent for
   * a store that never refuses.
   */
  readonly accept?: Effect.Effect<void, OutboxError>
}

/**
 * A parcel with its track.
 *
 * @since 1.0.0
 * @category models
 */
export interface HeldParcel extends Parcel, Required<TrackKey> {}

/**
 * A part of what a store holds.
 *
 * @since 1.0.0
 * @category models
 */
export interface Held {
  readonly parcels: ReadonlyArray<HeldParcel>
  /** Their parcels were put before. */
  readonly compositions: ReadonlyArray<Composition & Required<TrackKey>>
  readonly letters: ReadonlyArray<DeadLetter>
  readonly checkpoints: ReadonlyArray<{
    readonly source: string
    readonly split: string
    readonly position: string
    readonly day: number
  }>
  readonly looks: ReadonlyArray<Looks & { readonly source: string }>
  readonly gates: ReadonlyArray<LaneKey & { readonly gate: GateState }>
  /** Ids that are remembered, with the time in epoch milliseconds. */
  readonly seen: ReadonlyArray<{ readonly id: string; readonly at: number }>
  /** The users with their key, which takes the place of the store's own. */
  readonly erasures: ReadonlyArray<Erasures>
  /** Without `waiting` and `dead`: a store counts these itself, as it is given parcels and letters. */
  readonly counts: ReadonlyArray<Count>
}

/**
 * Where a page ends, in a text that means something only to the store that gave it.
 *
 * @since 1.0.0
 * @category models
 */
export type Place = string

/**
 * What follows a place.
 *
 * @since 1.0.0
 * @category models
 */
export interface HeldPage {
  readonly held: Held
  readonly to: Place
  readonly isLast: boolean
}

/**
 * A store that is left. Nothing in it changes but its mark.
 *
 * @since 1.0.0
 * @category models
 */
export interface Leaving {
  /** By which the store that is filled knows it again; absent before the first `begin`. */
  readonly id: string | undefined
  readonly tracks: number
  readonly ledger: Effect.Effect<Ledger, OutboxError>
  /** What follows a place, in an order that never changes: at least one thing, and more while they fit in `bytes`. */
  readonly page: (after: Place | undefined, bytes: number) => Effect.Effect<HeldPage, OutboxError>
  /** Those of the parcels that are there. */
  readonly parcels: (
    sequences: ReadonlyArray<Sequence>
  ) => Effect.Effect<ReadonlyArray<HeldParcel>, OutboxError>
  /** From now on the store refuses to be opened, and names `to`. Yields its id. Durable. */
  readonly begin: (to: string) => Effect.Effect<string, OutboxError>
  /** From now on it says that all was moved. Durable. */
  readonly finish: Effect.Effect<void, OutboxError>
  /** Takes back `begin`: the store can be opened again. Durable. */
  readonly giveUp: Effect.Effect<void, OutboxError>
}

/**
 * How far a store is filled.
 *
 * @since 1.0.0
 * @category models
 */
export interface Standing {
  /** The id of the store that it is filled from. */
  readonly from: string
  /** The last page that was put; absent before the first. */
  readonly place: Place | undefined
  readonly isDone: boolean
}

/**
 * A store that is filled.
 *
 * @since 1.0.0
 * @category models
 */
export interface Arriving {
  readonly tracks: number
  /** Absent for an empty store. */
  readonly standing: Standing | undefined
  /** Makes the store where there is none. From now on it refuses to be opened, and names `name`. Durable. */
  readonly begin: (id: string, name: string) => Effect.Effect<void, OutboxError>
  /** Puts a page, all or nothing, in place of none: fails as `Overtaken` unless the last page ended at `after`. Durable. */
  readonly put: (held: Held, after: Place | undefined, to: Place) => Effect.Effect<void, OutboxError>
  readonly ledger: Effect.Effect<Ledger, OutboxError>
  /** From now on it can be opened. Durable. */
  readonly finish: Effect.Effect<void, OutboxError>
}

/**
 * How a store takes part. All fail as `Owned` while anybody else has it open.
 *
 * @since 1.0.0
 * @category models
 */
export interface Transfer {
  /** For people: where the store is, without a secret. */
  readonly name: string
  /** Opens it to be left, until the scope closes; changes nothing. Fails as `Unavailable` where there is nothing to leave. */
  readonly leave: Effect.Effect<Leaving, OutboxError, Scope.Scope>
  /** Opens it to be filled; makes and changes nothing. Fails as `Unavailable` where it holds something that no transfer put. */
  readonly arrive: Effect.Effect<Arriving, OutboxError, Scope.Scope>
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
   * Fails as `layer` would, as far as that can be found without changing anything. A store in use is no failure. Absent for a
   * store that can always be opened.
   */
  readonly check?: Effect.Effect<void, OutboxError>
  /** Absent for a store that needs no maintenance. */
  readonly maintenance?: Maintenance
  /** Absent for a store that can neither be moved nor be filled from another. */
  readonly transfer?: Transfer
}

/**
 * An outbox plugin: a function from settings and credentials to a store, which also takes them from a file.
 *
 * @since 1.0.0
 * @category constructors
 */
export const plugin = <Settings, Input, Credentials = {}, CredentialsInput = {}>(definition: {
  /** The npm name of the package. */
  readonly name: string
  readonly settings: Schema.Codec<Settings, Input>
  /** Credentials that it shows to its server; none by default. */
  readonly credentials?: Schema.Codec<Credentials, CredentialsInput>
  /** `credentials` reads them anew each time it runs; `changed` completes when they may have changed since it was started. */
  readonly store: (
    settings: Settings,
    credentials: Effect.Effect<Credentials, Plugin.PluginError>,
    changed: Effect.Effect<void> | undefined
  ) => Omit<Store, "plugin">
}): Plugin.Plugin<Input, CredentialsInput, Store> =>
  Plugin.make({
    name: definition.name,
    kind: "outbox",
    settings: definition.settings,
    credentials: definition.credentials ?? noCredentials<Credentials, CredentialsInput>(),
    make: (settings: Settings, credentials: Effect.Effect<Credentials, Plugin.PluginError>, changed) => ({
      plugin: definition.name,
      ...definition.store(settings, credentials, changed)
    })
  })
