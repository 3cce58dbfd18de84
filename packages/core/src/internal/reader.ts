/** A thread that reads for an exporter, and the channel to it. */
import type * as Effect from "effect/Effect"
import type { SourceError } from "../Source.ts"

/**
 * One end of a channel between two threads: Node's `MessagePort`, `parentPort` and `Worker` are such.
 *
 * @since 1.0.0
 * @category models
 */
export interface Port {
  readonly postMessage: (message: unknown, transfer?: ReadonlyArray<ArrayBuffer>) => void
  readonly on: (event: "message", listener: (message: unknown) => void) => unknown
}

/**
 * A thread that reads for an exporter, as the exporter has it.
 *
 * @since 1.0.0
 * @category models
 */
export interface Reader {
  readonly port: Port
  /** Fails when the thread has ended before it said so. */
  readonly ended: Effect.Effect<never, SourceError>
}
