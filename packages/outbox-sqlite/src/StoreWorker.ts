/**
 * The thread of the store: started by `OutboxSqlite.layer`, never imported by others.
 *
 * @since 1.0.0
 */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads"
import type { Place } from "./internal/database.ts"
import { fromCause } from "./internal/failure.ts"
import * as GroupCommit from "./internal/groupCommit.ts"
import type { FromStore, Request, ToStore } from "./internal/messages.ts"
import type { Answer } from "./internal/operations.ts"
import * as Scrubbed from "./internal/scrubbed.ts"
import type * as Store from "./internal/store.ts"

const serve = (port: MessagePort, place: Place): void => {
  const send = (message: FromStore, transfer: ReadonlyArray<ArrayBuffer> = []) =>
    port.postMessage(message, [...transfer])
  let store: Store.Store
  try {
    store = Scrubbed.open(place, (full) => send({ kind: "full", full }))
  } catch (cause) {
    send({ kind: "refused", failure: fromCause(place.directory, cause) })
    return
  }
  const group = GroupCommit.make(store, (replies) =>
    send(
      { kind: "answers", replies },
      replies.flatMap(({ answer, buffer }) =>
        buffer === undefined ? buffersOf(answer) : [...buffersOf(answer), buffer]
      )
    )
  )

  const close = (): void => {
    group.close()
    port.close()
  }

  port.on("message", (first: ToStore) => {
    const requests: Array<Request> = []
    let appends = 0
    for (let message: ToStore | undefined = first; message !== undefined; ) {
      if (message === "close") {
        group.handle(requests)
        return close()
      }
      requests.push(...message)
      appends += message.filter(({ call }) => call.method === "append").length
      message = appends < GroupCommit.mostAppends ? next(port) : undefined
    }
    group.handle(requests)
  })
  send({ kind: "opened" })
}

const next = (port: MessagePort): ToStore | undefined =>
  (receiveMessageOnPort(port) as { readonly message: ToStore } | undefined)?.message

/** The large buffers of an answer, which nobody here needs any longer. */
const buffersOf = (answer: Answer): ReadonlyArray<ArrayBuffer> => {
  if (!answer.done) return []
  const { letters } = Object(answer.value) as { readonly letters?: unknown }
  const items = letters ?? answer.value
  if (!Array.isArray(items)) return []
  return items.flatMap((item: unknown) => {
    const bytes = bytesOf(item)
    return bytes === undefined || bytes.byteLength < bytes.buffer.byteLength
      ? []
      : [bytes.buffer as ArrayBuffer]
  })
}

const bytesOf = (item: unknown): Uint8Array | undefined => {
  const { records, record } = Object(item) as {
    readonly records?: { readonly bytes: Uint8Array }
    readonly record?: Uint8Array
  }
  return records?.bytes ?? record
}

if (parentPort !== null) serve(parentPort, workerData as Place)
