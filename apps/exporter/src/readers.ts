/**
 * Threads that read beside the exporter's own, each with the configuration loaded anew.
 */
import { Worker } from "node:worker_threads"
import type { Reader } from "@millrace/core/Reading"
import { SourceError } from "@millrace/core/Source"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** What a thread is given. */
export interface ReaderData {
  readonly config: string
  readonly startedAs: string | undefined
  /** Whether what plugins and changes throw is shown. */
  readonly showDefects: boolean
}

const program = new URL(
  import.meta.url.endsWith(".ts") ? "./readerThread.ts" : "./readerThread.js",
  import.meta.url
)

/** So many threads that read what the configuration says; they end with the scope. */
export const startReaders = (
  data: ReaderData,
  count: number
): Effect.Effect<ReadonlyArray<Reader>, never, Scope.Scope> =>
  Effect.forEach(Array.from({ length: count }), () => Effect.map(startThread(data), readerOf))

const startThread = (workerData: ReaderData) =>
  Effect.acquireRelease(
    Effect.sync(() => new Worker(program, { workerData })),
    (worker) => Effect.promise(() => worker.terminate())
  )

const readerOf = (worker: Worker): Reader => ({
  port: {
    postMessage: (message, transfer = []) => worker.postMessage(message, [...transfer]),
    on: (event, listener) => worker.on(event, listener)
  },
  ended: Effect.callback((resume) => {
    const fail = (why: string) => {
      const detail = `a reading thread stopped (${why}); the others read what it had not, and what they do not is read by the next run`
      resume(Effect.fail(new SourceError({ detail })))
    }
    worker.once("error", (cause) => fail(cause instanceof Error ? cause.message : String(cause)))
    worker.once("exit", (code) => fail(`exit code ${code}`))
  })
})
