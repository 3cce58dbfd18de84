/**
 * Whether a lane may send now: its gate, the waits the remote asked for, and a breaker that lets one attempt through
 * at a time after failures in a row.
 */
import type { GateState } from "../Outbox.ts"
import type { Unauthorized } from "../Outcome.ts"
import * as Backoff from "./Backoff.ts"
import type { Verdict } from "./Verdict.ts"

/** Waits that concern all lanes of a destination. */
export interface Shared {
  notBefore: number
}

export interface Health {
  readonly gate: GateState
  /** Attempts in a row that failed as a whole. */
  readonly failures: number
  /** The breaker's own wait: no attempt before, in epoch milliseconds. Waits the remote asked for stand in the gate. */
  readonly notBefore: number
  /** Epoch milliseconds of the last success, or of the start. */
  readonly lastSuccess: number
  /** What the last failure said. */
  readonly trouble: string
}

/** Failures in a row after which one attempt at a time probes the remote. */
const breakerAfter = 5

/** A refused key is tried again this often: it may have been repaired on the other side. */
const probeEvery = 5 * 60 * 1000

const openGate = (now: number): GateState => ({ open: true, reason: "", since: now, notBefore: 0 })

export const start = (now: number, stored: GateState | undefined, held: string | undefined): Health => ({
  gate: gateAtStart(now, stored, held),
  failures: 0,
  notBefore: 0,
  lastSuccess: now,
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
  return stored.open ? stored : { ...stored, notBefore: 0 }
}

/** When the lane may next send, in epoch milliseconds; `undefined` while something under way must end first. */
export const sendsAt = (
  health: Health,
  shared: Shared,
  underWay: number,
  concurrency: number
): number | undefined => {
  const probing = !health.gate.open || health.failures >= breakerAfter
  if (underWay >= (probing ? 1 : concurrency)) return undefined
  return Math.max(health.notBefore, shared.notBefore, health.gate.notBefore)
}

/** The reason of a gate that an operator closed: nothing is tried until it is opened again. */
export const paused = "paused"

export const pause = (health: Health, now: number): Health =>
  health.gate.reason === paused
    ? health
    : {
        ...health,
        gate: { open: false, reason: paused, since: now, notBefore: 0 },
        trouble: "an operator paused it"
      }

export const resume = (health: Health, held: string | undefined, now: number): Health =>
  health.gate.reason === paused
    ? { ...health, gate: held === undefined ? openGate(now) : close(held, now), trouble: "" }
    : health

/** Health with changed credentials: a gate closed for the old ones is tried at once. */
export const reopened = (health: Health, held: string | undefined, now: number): Health => {
  if (health.gate.reason === paused) return health
  if (held !== undefined)
    return { ...health, gate: health.gate.reason === held ? health.gate : close(held, now) }
  return {
    ...health,
    gate: health.gate.open ? health.gate : { ...health.gate, notBefore: 0 },
    failures: 0,
    notBefore: 0
  }
}

const close = (reason: string, now: number): GateState => ({ open: false, reason, since: now, notBefore: 0 })

/** Whether the lane takes part in pacing the source: one in trouble lags to disk instead. */
export const isWell = (health: Health): boolean => health.gate.open && health.failures < breakerAfter

const refuse = (health: Health, refused: Unauthorized, now: number): Health => ({
  ...health,
  gate:
    health.gate.reason === paused
      ? health.gate
      : {
          open: false,
          reason: refused.reason,
          since: health.gate.open ? now : health.gate.since,
          notBefore: now + probeEvery
        },
  trouble: refused.detail ?? refused.reason
})

/** Health after an attempt; `random` is in [0, 1). */
export const after = (health: Health, verdict: Verdict, now: number, random: number): Health => {
  if (verdict.unauthorized !== undefined) return refuse(health, verdict.unauthorized, now)
  if (verdict.setback !== undefined) {
    const failures = health.failures + 1
    const breaker = failures >= breakerAfter ? now + Backoff.delay(failures - breakerAfter, random) : 0
    const { until, text } = verdict.setback
    const gate = until > health.gate.notBefore ? { ...health.gate, notBefore: until } : health.gate
    return { ...health, gate, failures, notBefore: Math.max(health.notBefore, breaker), trouble: text }
  }
  return {
    gate: health.gate.open || health.gate.reason === paused ? health.gate : openGate(now),
    failures: 0,
    notBefore: health.notBefore,
    lastSuccess: now,
    trouble: ""
  }
}
