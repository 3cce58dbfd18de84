/**
 * Reading in threads of their own: a thread reads, decodes and prepares for an exporter, which alone owns the outbox,
 * the lanes and the connections.
 *
 * The thread makes the exporter's definition anew, from the same configuration, and calls `serve`.
 *
 * @since 1.0.0
 */
import type * as Effect from "effect/Effect"
import type { Definition } from "./Exporter.ts"
import * as ReaderThread from "./engine/ReaderThread.ts"
import type { SourceError } from "./Source.ts"

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

/**
 * Reads for the exporter at the other end of the port: every source that may be read in parallel, split by split.
 * Resolves when all is read; what went wrong is told there.
 *
 * @since 1.0.0
 * @category constructors
 */
export const serve: (
  definition: Effect.Effect<Definition, { readonly message: string }>,
  port: Port
) => Effect.Effect<void> = ReaderThread.serve
