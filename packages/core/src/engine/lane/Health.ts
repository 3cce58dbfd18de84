/**
 * Whether a lane may send now: its gate, the waits the remote asked for, and a breaker that lets one attempt through
 * at a time after failures in a row.
 */
import type { GateState } from "../../Outbox.ts"
import * as OutboxRules from "../../OutboxRules.ts"
import type { Unauthorized } from "../../Outcome.ts"
import type { Resolved } from "../../Policy.ts"
import type { LaneStatus } from "../../Running.ts"
import * as Backoff from "./Backoff.ts"
import type { Verdict } from "./Verdict.ts"

/** Waits that concern all lanes of a destination. */
export interface Shared {
  notBefore: number
  /** When the first of the waits began that have followed on each other without a pause. */
  since: number
}

export interface Health {
  readonly gate: GateState
  /** Attempts in a row that failed as a whole. */
  readonly failures: number
  /** Requests that may be under way at once: halved at a setback, one more for as many successes. */
  readonly concurrency: number
  /** Successes since it last changed. */
  readonly successes: number
  /** The breaker's own wait: no attempt before, in epoch milliseconds. Waits the remote asked for stand in the gate. */
  readonly notBefore: number
  /** Epoch milliseconds of the last success, or of the start. */
  readonly lastSuccess: number
  /** Whether an attempt has succeeded since the start. */
  readonly hasSucceeded: boolean
  /** Epoch milliseconds of the first failure since the last success; `Infinity` without one. */
  readonly failingSince: number
  /** The declared name of the last failure; empty after a success. */
  readonly reason: string
  /** What the last failure said. */
  readonly trouble: string
}

/** A moment of a lane of which this instance sends a part, of the tracks in all: so it takes that part of what the remote allows. */
export interface Moment extends Backoff.Moment {
  readonly part: number
}

/** The most requests at once of this instance; one of a small part makes one at a time. */
const mostOf = ({ concurrency }: Resolved, part: number): number =>
  Math.max(1, Math.floor(concurrency * part))

/** From this share of the remote's rate limit on, sending slows down; at the whole of it, to a request a second. */
const slowFrom = 0.75
const slowest = 1000

const openGate = (now: number): GateState => ({ open: true, reason: "", since: now, notBefore: 0 })

export const start = (
  now: number,
  stored: GateState | undefined,
  held: string | undefined,
  policy: Resolved
): Health => ({
  gate: gateAtStart(now, stored, held),
  failures: 0,
  concurrency: policy.concurrency,
  successes: 0,
  notBefore: 0,
  lastSuccess: now,
  hasSucceeded: false,
  failingSince: Infinity,
  reason: "",
  trouble: ""
})

/**
 * A gate that was closed stays closed until an attempt succeeds; the first may be made at once, since a restart is how
 * credentials are changed. A lane held by the configuration makes none.
 */
const gateAtStart = (now: number, stored: GateState | undefined, held: string | undefined): GateState => {
  if (stored?.reason === paused) return stored
  if (held !== undefined) return stored?.reason === held ? stored : close(held, now)
  if (stored === undefined) return openGate(now)
  return stored.open ? stored : tryAtOnce(stored)
}

/** Of a lane that is closed: the answer to its last attempt was no refusal but a wait. */
const throttled = "throttled"

/** A closed gate whose key may have changed; a wait that the remote asked for is kept all the same. */
const tryAtOnce = (gate: GateState): GateState =>
  gate.reason === throttled ? gate : { ...gate, notBefore: 0 }

/** When the lane may next send, in epoch milliseconds; `undefined` while something under way must end first. */
export const sendsAt = (
  health: Health,
  shared: Shared,
  underWay: number,
  policy: Resolved,
  part: number
): number | undefined => {
  const probing = !health.gate.open || health.failures >= policy.breakerAfter
  if (underWay >= (probing ? 1 : Math.min(health.concurrency, mostOf(policy, part)))) return undefined
  return Math.max(health.notBefore, shared.notBefore, health.gate.notBefore)
}

/** The reason of a gate that an operator closed: nothing is tried until it is opened again. */
export const { paused } = OutboxRules

export const pause = (health: Health, now: number): Health =>
  health.gate.reason === paused
    ? health
    : {
        ...health,
        gate: OutboxRules.pause(health.gate, now),
        trouble: "an operator paused it"
      }

/** What it was before: closed for a key, it is tried at once, as at a start. */
const goOn = (gate: GateState, now: number): GateState => {
  const former = OutboxRules.resume(gate, now)
  return former.open ? former : tryAtOnce(former)
}

export const resume = (health: Health, held: string | undefined, now: number): Health =>
  health.gate.reason === paused
    ? {
        ...health,
        gate: held === undefined ? goOn(health.gate, now) : close(held, now),
        reason: "",
        trouble: ""
      }
    : health

/** When the next attempt is due once failures are forgotten: a lane without any keeps the pace that its remote wants. */
const pace = ({ gate, failures, notBefore }: Health): number => (gate.open && failures === 0 ? notBefore : 0)

/** Health with changed credentials: a gate closed for the old ones is tried at once. */
export const reopened = (health: Health, held: string | undefined, now: number): Health => {
  if (health.gate.reason === paused) return health
  if (held !== undefined)
    return { ...health, gate: health.gate.reason === held ? health.gate : close(held, now) }
  return {
    ...health,
    gate: health.gate.open ? health.gate : tryAtOnce(health.gate),
    failures: 0,
    failingSince: Infinity,
    notBefore: pace(health)
  }
}

/** Health with a gate that another instance set, or an operator by another instance. */
export const adopt = (health: Health, set: GateState, now: number): Health => {
  // What the remote asked this exporter to wait for is kept.
  const isAsked = health.gate.open || health.gate.reason === throttled
  const gate = isAsked ? { ...set, notBefore: Math.max(set.notBefore, health.gate.notBefore) } : set
  if (gate.open) {
    return {
      ...health,
      gate,
      failures: 0,
      failingSince: Infinity,
      notBefore: pace(health),
      reason: "",
      trouble: ""
    }
  }
  if (gate.reason === paused) return { ...health, gate, trouble: "an operator paused it" }
  return {
    ...health,
    gate,
    failingSince: Math.min(health.failingSince, now),
    reason: gate.reason,
    trouble: "another exporter was refused"
  }
}

const close = (reason: string, now: number): GateState => ({ open: false, reason, since: now, notBefore: 0 })

/** Whether the lane takes part in pacing the source: one in trouble lags to disk instead. */
export const isWell = (health: Health, policy: Resolved): boolean =>
  health.gate.open && health.failures < policy.breakerAfter

const refuse = (health: Health, refused: Unauthorized, { now, policy }: Backoff.Moment): Health => ({
  ...health,
  gate:
    health.gate.reason === paused
      ? health.gate
      : {
          open: false,
          reason: refused.reason,
          since: health.gate.open ? now : health.gate.since,
          notBefore: now + policy.probeEvery
        },
  failingSince: Math.min(health.failingSince, now),
  reason: refused.reason,
  trouble: refused.detail ?? refused.reason
})

/** One more at a time for each round of successes, until this instance's part of the policy's limit. */
const grown = (
  { concurrency, successes }: Health,
  { policy, part }: Moment
): Pick<Health, "concurrency" | "successes"> =>
  successes + 1 < concurrency || concurrency >= mostOf(policy, part)
    ? { concurrency, successes: successes + 1 }
    : { concurrency: concurrency + 1, successes: 0 }

/** A gate that the remote asked to wait at. */
const waiting = (gate: GateState, until: number): GateState => ({
  ...gate,
  notBefore: until,
  reason: gate.open || gate.reason === paused ? gate.reason : throttled
})

/** Health after an attempt. */
export const after = (health: Health, verdict: Verdict, moment: Moment): Health => {
  const { now, policy, part } = moment
  if (verdict.unauthorized !== undefined) return refuse(health, verdict.unauthorized, moment)
  if (verdict.setback !== undefined) {
    const failures = health.failures + 1
    const isBroken = failures >= policy.breakerAfter
    const breaker = isBroken ? now + Backoff.delay(failures - policy.breakerAfter, moment) : 0
    const { until, reason, text } = verdict.setback
    return {
      ...health,
      gate: until > health.gate.notBefore ? waiting(health.gate, until) : health.gate,
      failures,
      concurrency: Math.max(1, Math.floor(Math.min(health.concurrency, mostOf(policy, part)) / 2)),
      successes: 0,
      failingSince: Math.min(health.failingSince, now),
      notBefore: Math.max(health.notBefore, breaker),
      reason,
      trouble: text
    }
  }
  const excess = Math.max(0, verdict.usage - slowFrom) / (1 - slowFrom)
  // What is used is used by all instances: together they make the request a second.
  const pause = Math.round((excess * slowest) / part)
  return {
    gate: health.gate.open || health.gate.reason === paused ? health.gate : openGate(now),
    failures: 0,
    ...grown(health, moment),
    notBefore: Math.max(health.notBefore, excess === 0 ? 0 : now + pause),
    lastSuccess: now,
    hasSucceeded: true,
    failingSince: Infinity,
    reason: "",
    trouble: ""
  }
}

/** All lanes of the destination wait, because the remote asked one of them to. */
export const share = (shared: Shared, until: number, now: number): void => {
  if (shared.notBefore <= now) shared.since = now
  shared.notBefore = Math.max(shared.notBefore, until)
}

/** Health whose open gate says what all lanes of the destination wait for: so other instances hear of it. */
export const waitingWith = (health: Health, shared: Readonly<Shared>, now: number): Health =>
  health.gate.open && shared.notBefore > now && shared.notBefore > health.gate.notBefore
    ? { ...health, gate: waiting(health.gate, shared.notBefore) }
    : health

/** What a lane that was told nothing itself says while another one's wait holds it. */
const heldByOther = { reason: throttled, trouble: "the remote asked another lane of the destination to wait" }

/** Health as its surroundings see it. */
export const statusOf = (
  health: Health,
  shared: Shared,
  now: number
): Pick<LaneStatus, "gate" | "trouble" | "reason" | "failingSince" | "lastSuccess"> => {
  const { gate, reason, trouble, hasSucceeded, lastSuccess } = health
  const failingSince = troubledSince(health, shared, now)
  const isHeld = shared.notBefore > now
  return {
    gate: isHeld && shared.notBefore > gate.notBefore ? { ...gate, notBefore: shared.notBefore } : gate,
    trouble,
    ...(reason === "" ? {} : { reason }),
    ...(isHeld && trouble === "" ? heldByOther : {}),
    ...(failingSince === Infinity ? {} : { failingSince }),
    ...(hasSucceeded ? { lastSuccess } : {})
  }
}

/**
 * Since when the lane has had reason to send and could not, in epoch milliseconds; `Infinity` for one that was not tried
 * yet and need not wait.
 */
export const troubledSince = (
  health: Pick<Health, "failingSince">,
  shared: Readonly<Shared>,
  now: number
): number => Math.min(health.failingSince, shared.notBefore > now ? shared.since : Infinity)
