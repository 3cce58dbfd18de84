/**
 * Reading in threads of their own: a thread reads, decodes and prepares for an exporter, which alone owns the outbox,
 * the lanes and the connections.
 *
 * The thread makes the exporter's definition anew, from the same configuration, and calls `serve`.
 *
 * @since 1.0.0
 */
import type * as Effect from "effect/Effect"
import type { Definition } from "./Definition.ts"
import * as ReaderThread from "./engine/threads/ReaderThread.ts"
import type { Port } from "./internal/reader.ts"

export type { Port, Reader } from "./internal/reader.ts"

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
