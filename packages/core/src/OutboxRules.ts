/**
 * What every implementation of the outbox decides alike, as pure functions. For authors of outboxes.
 *
 * @since 1.0.0
 */
import { createHash, createHmac } from "node:crypto"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Split } from "./Intake.ts"
import {
  type Appending,
  type Buried,
  type DeadLetterFilter,
  type DeadLetterHead,
  type GateState,
  type InstanceState,
  type Lease,
  type Looks,
  type Outbox,
  OutboxError,
  rawLimit,
  type TrackKey
} from "./Outbox.ts"

/**
 * The gate of a lane whose gate was never set.
 *
 * @since 1.0.0
 * @category models
 */
export const openGate: GateState = { open: true, reason: "", since: 0, notBefore: 0 }

/**
 * The name of the lease of a split. No choice of names makes it that of another split, or of a track.
 *
 * @since 1.0.0
 * @category conversions
 */
export const splitLease = (source: string, split: Split): string => JSON.stringify(["split", source, split])

/**
 * The name of the lease of a track.
 *
 * @since 1.0.0
 * @category conversions
 */
export const trackLease = ({ route, lane, track = 0 }: TrackKey): string =>
  JSON.stringify(["track", route, lane, track])

/**
 * The leases of a store that one process owns: nobody else can ask for one. What joins it is alone.
 *
 * @since 1.0.0
 * @category constructors
 */
export const ownLeases = (): Pick<
  Outbox["Service"],
  "lease" | "join" | "instances" | "news" | "tracks" | "shared"
> => {
  /** Each by its own holder: a name that was given up may have another by now. */
  const held = new Map<string, object>()
  const joined = new Set<Omit<InstanceState, "leases">>()
  return {
    shared: false,
    tracks: 1,
    lease: (names, most) =>
      Effect.acquireRelease(
        Effect.sync(() =>
          names
            .filter((name) => !held.has(name))
            .slice(0, most)
            .map((name): Lease => {
              const holder = {}
              held.set(name, holder)
              return {
                name,
                token: 0,
                revoked: Effect.never,
                lost: Effect.never,
                release: Effect.sync(() => {
                  if (held.get(name) === holder) held.delete(name)
                })
              }
            })
        ),
        (leases) => Effect.forEach(leases, ({ release }) => release, { discard: true })
      ),
    join: (instance) =>
      Effect.acquireRelease(
        Effect.map(Clock.currentTimeMillis, (now) => {
          const state = { ...instance, since: now, seen: now }
          joined.add(state)
          return state
        }),
        (state) => Effect.sync(() => joined.delete(state))
      ).pipe(Effect.asVoid),
    instances: Effect.sync(() => [...joined].map((state) => ({ ...state, leases: [...held.keys()] }))),
    news: Effect.never
  }
}

/** A day, in milliseconds. */
const day = 24 * 60 * 60 * 1000

/**
 * What is known of a source after it was looked through at a time. A day counts when the last one that counted is 24 hours
 * ago. By a clock that was set back none does, and it is gone by from now on.
 *
 * @since 1.0.0
 * @category conversions
 */
export const looked = (before: Looks, at: number): Looks => {
  if (at < before.at) return { days: before.days, at }
  return at - before.at < day ? before : { days: before.days + 1, at }
}

/**
 * Whether a day would count if the source were looked through at a time.
 *
 * @since 1.0.0
 * @category conversions
 */
export const isLookDue = (before: Looks, at: number): boolean => looked(before, at) !== before

/**
 * The error that refuses an append whose `advance.after` is not the stored checkpoint.
 *
 * @since 1.0.0
 * @category errors
 */
export const overtaken = (source: string, split: Split): OutboxError =>
  new OutboxError({
    reason: "Overtaken",
    detail: `split ${split} of source ${source} was read further by another reader; nothing of this chunk was stored`
  })

/**
 * The error that refuses an append some of whose events were taken before.
 *
 * @since 1.0.0
 * @category errors
 */
export const wasSeen = (seen: ReadonlyArray<string>): OutboxError =>
  new OutboxError({
    reason: "Seen",
    detail: `${seen.length} events of the chunk were taken before; nothing of this chunk was stored`,
    seen
  })

/**
 * The error that refuses what a former owner of a track still writes.
 *
 * @since 1.0.0
 * @category errors
 */
export const lostTrack = ({ route, lane, track = 0 }: TrackKey): OutboxError =>
  new OutboxError({
    reason: "Overtaken",
    detail: `another instance has track ${track} of lane ${lane} of route ${route} by now; nothing of it was stored`
  })

/**
 * Whether an append passes a full outbox: what it holds is there already, as dead letters.
 *
 * @since 1.0.0
 * @category conversions
 */
export const revives = (entry: Pick<Appending, "revives">): boolean => (entry.revives?.length ?? 0) > 0

/**
 * What is kept of a buried record: all of it, or its head when it is larger than `Outbox.rawLimit`; then `detail`
 * tells its length and digest. The bytes are copied.
 *
 * @since 1.0.0
 * @category conversions
 */
export const keep = (
  buried: Buried
): { readonly record: Uint8Array; readonly length: number; readonly detail: string } => {
  const { record, detail } = buried
  const head = new Uint8Array(record.subarray(0, rawLimit))
  if (record.length <= rawLimit) return { record: head, length: record.length, detail }
  const digest = createHash("sha256").update(record).digest("hex")
  const cut = `${record.length} bytes, sha256 ${digest}, first 1 MiB kept`
  return { record: head, length: record.length, detail: `${detail} (${cut})` }
}

/**
 * The hash by which a user's id is remembered as erased; `key` is the store's own, of `Outbox.Erasures`.
 *
 * @since 1.0.0
 * @category conversions
 */
export const digestOf = (key: string, user: string): string =>
  createHmac("sha256", key).update(user).digest("hex")

/**
 * Whether the filter finds a dead letter.
 *
 * @since 1.0.0
 * @category conversions
 */
export const isFound = (
  { ids, route, lane, reason, from, to }: DeadLetterFilter,
  head: DeadLetterHead
): boolean =>
  (ids?.includes(head.id) ?? true) &&
  (route === undefined || head.route === route) &&
  (lane === undefined || head.lane === lane) &&
  (reason === undefined || head.reason === reason) &&
  (from === undefined || head.at >= from) &&
  (to === undefined || head.at < to)

/**
 * What a page of dead letters counts for a head, in bytes: its texts, and a little for the rest. In code units of the texts, which
 * are two bytes at most in memory.
 *
 * @since 1.0.0
 * @category conversions
 */
export const sizeOfHead = ({ route, lane, reason, detail, origin }: DeadLetterHead): number =>
  200 +
  2 *
    (route.length +
      lane.length +
      reason.length +
      detail.length +
      origin.source.length +
      origin.split.length +
      origin.position.length)

/**
 * The reason of a gate that an operator closed.
 *
 * @since 1.0.0
 * @category models
 */
export const paused = "paused"

/**
 * A gate as an operator's pause leaves it; it keeps what it was.
 *
 * @since 1.0.0
 * @category conversions
 */
export const pause = (gate: GateState, now: number): GateState => {
  if (gate.reason === paused) return gate
  const { open, reason, since, notBefore } = gate
  return { open: false, reason: paused, since: now, notBefore: 0, former: { open, reason, since, notBefore } }
}

/**
 * A gate when the operator lets the lane go on: what it was before, be it closed for a reason of its own, or told to wait.
 *
 * @since 1.0.0
 * @category conversions
 */
export const resume = (gate: GateState, now: number): GateState => {
  if (gate.reason !== paused) return gate
  const { former } = gate
  return former === undefined || former.open
    ? { open: true, reason: "", since: now, notBefore: former?.notBefore ?? 0 }
    : former
}
