/**
 * Waits between attempts: exponential, capped, with full jitter.
 */
import * as Duration from "effect/Duration"
import type { Retry } from "../../Outcome.ts"
import type { Resolved } from "../../Policy.ts"

/** Longer waits than a day are junk, whoever asks for them. */
const longest = 24 * 60 * 60 * 1000

/** When an answer came, under which policy; `random` is in [0, 1). */
export interface Moment {
  readonly now: number
  readonly random: number
  readonly policy: Resolved
}

/** Milliseconds before attempt number `attempts + 1`. */
export const delay = (attempts: number, { random, policy }: Moment): number =>
  Math.round(random * Math.min(policy.longestBackoff, policy.firstBackoff * 2 ** Math.min(attempts, 30)))

/** The least wait the remote asked for, in milliseconds; 0 when it asked for none. */
export const asked = (retry: Retry): number =>
  retry.after === undefined ? 0 : Math.min(longest, Math.max(0, Duration.toMillis(retry.after)))
