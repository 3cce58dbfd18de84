/**
 * What the emulator holds and has done, as numbers.
 *
 * @since 1.0.0
 */
import type { Standing } from "./FailurePlan.ts"

/**
 * Counts of one feed, or of all. "Batch" here is mParticle's word: one user and events.
 * `accepted + duplicates + dropped` are the batches of all requests that were taken.
 *
 * @since 1.0.0
 * @category models
 */
export interface Counts {
  readonly requests: number
  /** Batches taken and kept. */
  readonly accepted: number
  /** Events of the batches kept. */
  readonly events: number
  /** Different `source_message_id` among those events. */
  readonly distinctEvents: number
  /** Different `source_request_id` among the batches kept. */
  readonly distinctBatches: number
  /** Batches taken but not kept, because their `source_request_id` was there before. */
  readonly duplicates: number
  /** Those duplicates whose bytes differ from the first batch of that id: a fault of the sender. */
  readonly conflicting: number
  /** Batches taken but not kept for another reason: by the historical endpoint, or silently. */
  readonly dropped: number
  /** Requests that got no usable answer, whether they were kept or not. */
  readonly unanswered: number
  /** Requests refused, by status, whether on their own account or on demand. */
  readonly refused: Readonly<Record<string, number>>
  /** Events of the batches kept, by event name or, without one, event type. Of very many types, the first 500 by themselves. */
  readonly types: Readonly<Record<string, number>>
}

/**
 * The whole state at one instant.
 *
 * @since 1.0.0
 * @category models
 */
export interface State {
  /** The seed of the failures, to have them again. */
  readonly seed: number
  readonly feeds: Readonly<Record<string, Counts>>
  /** Requests without credentials of any feed. */
  readonly unknown: Counts
  /** Sums over feeds and unknown: an event sent to two feeds counts twice. */
  readonly totals: Counts
  /** The rules that stand. */
  readonly failures: ReadonlyArray<Standing>
}
