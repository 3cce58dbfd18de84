/** The store in a thread of its own. */
import { Worker } from "node:worker_threads"
import type { OutboxError } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import type * as Scope from "effect/Scope"
import type { Place } from "./database.ts"
import * as Departures from "./departures.ts"
import type { Failure } from "./failure.ts"
import type { FromStore, ToStore } from "./messages.ts"
import type { Answer } from "./operations.ts"
import * as ParcelBuffers from "./parcelBuffers.ts"
import { fail, type Opened, type Run } from "./service.ts"

/** Megabytes. The parcels themselves are outside of the worker's heap. */
const resourceLimits = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 64 }

/** Opens the store in a thread of its own that runs `code`, closed with the scope. */
export const open = (code: URL, place: Place): Effect.Effect<Opened, OutboxError, Scope.Scope> =>
  Effect.acquireRelease(start(code, place), ({ close }) => close)

interface Thread extends Opened {
  readonly close: Effect.Effect<void>
}

const start = (code: URL, place: Place): Effect.Effect<Thread, OutboxError> =>
  Effect.callback((resume) => {
    const worker = new Worker(code, { workerData: place, resourceLimits })
    const pending = new Map<number, (answer: Answer) => void>()
    const room = Latch.makeUnsafe(true)
    const buffers = ParcelBuffers.make()
    let last = 0
    let ended: Failure | undefined
    let onEnd = (): void => {}

    const end = (failure: Failure): void => {
      ended ??= failure
      for (const answer of pending.values()) answer({ done: false, failure: ended })
      pending.clear()
      // Whoever waits for room learns of the end from the next call.
      room.openUnsafe()
      resume(fail(ended))
      onEnd()
    }
    const post = (message: ToStore, transfer: ReadonlyArray<ArrayBuffer> = []) =>
      worker.postMessage(message, [...transfer])
    const departures = Departures.make((requests) =>
      post(
        requests,
        requests.flatMap(({ buffer }) => (buffer === undefined ? [] : [buffer]))
      )
    )

    const run: Run = (call) =>
      Effect.callback((resume) => {
        if (ended !== undefined) return resume(fail(ended))
        const packed = buffers.pack(call)
        last++
        pending.set(last, (answer) =>
          resume(answer.done ? Exit.succeed(answer.value as never) : fail(answer.failure))
        )
        departures.add({ id: last, ...packed })
      })

    const close: Effect.Effect<void> = Effect.callback((resume) => {
      onEnd = () => resume(Effect.void)
      if (ended !== undefined) onEnd()
      else {
        departures.flush()
        post("close")
      }
    })

    worker.on("message", (message: FromStore) => {
      switch (message.kind) {
        case "opened":
          return resume(Effect.succeed({ run, room, close }))
        case "refused":
          return end(message.failure)
        case "full": {
          if (message.full) room.closeUnsafe()
          else room.openUnsafe()
          return
        }
        case "answers": {
          for (const { id, answer, buffer } of message.replies) {
            if (buffer !== undefined) buffers.recycle(buffer)
            const resume = pending.get(id)
            pending.delete(id)
            resume?.(answer)
          }
          return
        }
      }
    })
    const stopped = (why: string): void =>
      end({ reason: "Unavailable", detail: `the store of ${place.directory} stopped (${why}); start again` })
    worker.on("error", (cause) => stopped(cause instanceof Error ? cause.message : String(cause)))
    worker.on("exit", () => stopped("its thread has ended"))
  })
