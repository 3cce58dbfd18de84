/**
 * What every implementation of the outbox decides alike, as pure functions. For authors of outboxes.
 *
 * @since 1.0.0
 */
import { createHash, createHmac } from "node:crypto"
import * as Effect from "effect/Effect"
import type { Split } from "./Intake.ts"
import {
  type Appending,
  type Buried,
  type DeadLetterFilter,
  type DeadLetterHead,
  type GateState,
  type Lease,
  OutboxError,
  rawLimit
} from "./Outbox.ts"

/**
 * The gate of a lane whose gate was never set.
 *
 * @since 1.0.0
 * @category models
 */
export const openGate: GateState = { open: true, reason: "", since: 0, notBefore: 0 }

/**
 * A lease that nobody else can ask for: of a store that one process owns.
 *
 * @since 1.0.0
 * @category models
 */
export const ownLease: Lease = { revoked: Effect.never, lost: Effect.never }

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
