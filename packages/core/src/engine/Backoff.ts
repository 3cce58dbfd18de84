/**
 * Waits between attempts: exponential, capped, with full jitter.
 */
import * as Duration from "effect/Duration"
import type { Retry } from "../Outcome.ts"

const first = 200
const cap = 60_000
/** Longer waits than a day are junk, whoever asks for them. */
const longest = 24 * 60 * 60 * 1000

/** Milliseconds before attempt number `attempts + 1`; `random` is in [0, 1). */
export const delay = (attempts: number, random: number): number =>
  Math.round(random * Math.min(cap, first * 2 ** Math.min(attempts, 20)))

/** The least wait the remote asked for, in milliseconds; 0 when it asked for none. */
export const asked = (retry: Retry): number =>
  retry.after === undefined ? 0 : Math.min(longest, Math.max(0, Duration.toMillis(retry.after)))
