/**
 * Whether a source may run now: its gate, and the waits after failures in a row. Pure.
 */
import type { GateState } from "../../Outbox.ts"
import { retry } from "../../Outcome.ts"
import type { SourceError } from "../../Source.ts"
import * as Backoff from "../lane/Backoff.ts"

export interface SourceHealth {
  /** No run before `notBefore`; closed while the credentials are refused. */
  readonly gate: GateState
  /** Failures in a row. */
  readonly failures: number
  /** Whether anything was read since the last failure. */
  readonly hasRead: boolean
  /** Epoch milliseconds of the first failure since anything was read; `Infinity` without one. */
  readonly failingSince: number
  /** The declared name of the last failure; empty when all is well. */
  readonly reason: string
  /** What the last failure said. */
  readonly trouble: string
  /** Whether the last failure is one that reading the credentials anew may mend. */
  readonly isRenewing: boolean
}

/** Where failures begin to count from after something was read: a source that stumbles now and then need not wait long. */
const stumbling = 4

const open = (now: number): GateState => ({ open: true, reason: "", since: now, notBefore: 0 })

/** All is well, as at the start. */
export const well = (now: number): SourceHealth => ({
  gate: open(now),
  failures: 0,
  hasRead: false,
  failingSince: Infinity,
  reason: "",
  trouble: "",
  isRenewing: false
})

/** Something was read: the failures before it are over, although they may come again. */
export const read = (health: SourceHealth, now: number): SourceHealth =>
  health.hasRead || health.failures === 0
    ? health
    : { ...well(now), failures: health.failures, hasRead: true }

/** Health after a failure that is not fatal. */
export const after = (
  health: SourceHealth,
  { kind = "retry", reason = kind, detail, after }: SourceError,
  moment: Backoff.Moment
): SourceHealth => {
  const { now, policy } = moment
  const failures = health.hasRead ? Math.min(health.failures, stumbling) : health.failures
  const failed = {
    failures: failures + 1,
    hasRead: false,
    failingSince: Math.min(health.failingSince, now),
    reason,
    trouble: detail,
    isRenewing: kind === "unauthorized" && health.failures === 0
  }
  if (kind === "unauthorized" && !failed.isRenewing) {
    const since = health.gate.open ? now : health.gate.since
    return { ...failed, gate: { open: false, reason, since, notBefore: now + policy.probeEvery } }
  }
  const wait = failed.isRenewing
    ? 0
    : Math.max(Backoff.asked(retry(reason, { after })), Backoff.delay(failures, moment))
  return { ...failed, gate: { ...health.gate, notBefore: now + wait } }
}
