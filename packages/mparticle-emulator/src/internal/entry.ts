import type { Kind } from "../FailurePlan.ts"

/**
 * One request and what came of it.
 *
 * @since 1.0.0
 * @category models
 */
export interface Entry {
  /** Time of the verdict, milliseconds of the epoch. */
  readonly at: number
  readonly method: string
  readonly path: string
  /** As received, but for the Authorization header: `Basic ` and the base64 text of `key:***`. */
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  /** As received; empty when it was not read or was too large. */
  readonly body: string
  /** The status answered; with failure `reset-after` the one that was due; null when there was no verdict. */
  readonly status: number | null
  /** The feed whose credentials the request carried; null when unknown. */
  readonly feed: string | null
  /** The failure on demand that struck. */
  readonly failure?: Kind
  /** Why the request was refused. */
  readonly reason?: string
  /** Positions of the batches that were taken but dropped for another reason than being duplicates. */
  readonly dropped?: ReadonlyArray<number>
  /** Positions of the batches of which names beyond their limit were cut. */
  readonly cut?: ReadonlyArray<number>
}
