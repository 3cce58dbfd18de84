/**
 * What every implementation of the outbox decides alike, as pure functions. For authors of outboxes.
 *
 * Imports nothing of Effect at run time: a store's thread that needs no more than this stays small.
 *
 * @since 1.0.0
 */
import { createHash, createHmac } from "node:crypto"
import type { Records } from "./Codec.ts"
import { rawLimit, type Split } from "./Intake.ts"
import type {
  Appending,
  Buried,
  DeadLetterFilter,
  DeadLetterHead,
  DeadLetterKeys,
  GateState,
  Looks,
  TrackKey
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
 * Whether a lease is one of a split.
 *
 * @since 1.0.0
 * @category conversions
 */
export const isSplitLease = (name: string): boolean => name.startsWith('["split",')

/**
 * The name of the lease of a track.
 *
 * @since 1.0.0
 * @category conversions
 */
export const trackLease = ({ route, lane, track = 0 }: TrackKey): string =>
  JSON.stringify(["track", route, lane, track])

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
 * Whether an append passes a full outbox: what it holds is there already, as dead letters.
 *
 * @since 1.0.0
 * @category conversions
 */
export const revives = (entry: Pick<Appending, "revives">): boolean => (entry.revives?.length ?? 0) > 0

/**
 * What is kept of a buried record: all of it, or its head when it is larger than `Intake.rawLimit`; then `detail`
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
 * By what a store finds the letters of an event id, in a text of `keysOf`.
 *
 * @since 1.0.0
 * @category conversions
 */
export const keyOfEvent = (eventId: string): string => keyOf("event", eventId)

/**
 * By what a store finds the letters of a user's id, in a text of `keysOf`.
 *
 * @since 1.0.0
 * @category conversions
 */
export const keyOfUser = (user: string): string => keyOf("user", user)

/** 64 bits of a hash, and a mark at which they begin: no id is copied, and none is found by a part of it. */
const keyOf = (kind: "event" | "user", id: string): string =>
  ` ${createHash("sha256").update(`${kind} ${id}`).digest("base64url").slice(0, 11)}`

/**
 * The ids of a letter's event and user as one text, in which `keyOfEvent` and `keyOfUser` stand: what a store keeps of
 * `Outbox.DeadLetterKeys` beside the type.
 *
 * @since 1.0.0
 * @category conversions
 */
export const keysOf = ({ eventId, users }: Pick<DeadLetterKeys, "eventId" | "users">): string =>
  [...(eventId === "" ? [] : [keyOfEvent(eventId)]), ...[...new Set(users)].map(keyOfUser)].join("")

/**
 * Whether a filter asks for something of the event, of which heads tell nothing.
 *
 * @since 1.0.0
 * @category conversions
 */
export const asksForKeys = ({ type, eventId, user }: DeadLetterFilter): boolean =>
  type !== undefined || eventId !== undefined || user !== undefined

/**
 * Whether the filter finds a dead letter, as far as its head tells.
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

/**
 * Overwrites the records at the given positions in place: nothing of them can be read any longer.
 *
 * @since 1.0.0
 * @category conversions
 */
export const blank = (
  { bytes, ends }: Pick<Records, "bytes" | "ends">,
  positions: ReadonlyArray<number>
): void => {
  for (const position of positions) bytes.fill(0, ends[position - 1] ?? 0, ends[position] ?? 0)
}
