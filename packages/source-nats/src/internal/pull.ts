/**
 * Pulls messages, one batch ahead of what is read. What is handed on is complete and in the stream's order: a delivery that
 * does not follow the one before ends the run, which begins again at the checkpoint.
 */
import { JetStreamError, type JsMsg } from "@nats-io/jetstream"
import * as Effect from "effect/Effect"
import type { Ready } from "./consumer.ts"
import { type Asked, ask, refused } from "./failure.ts"
import type { Held } from "./held.ts"

export interface Options {
  readonly ready: Ready
  readonly asked: Asked
  readonly held: Held
  /** The last message that is wanted; what comes with it may be later. */
  readonly last: number
}

const mebibyte = 1024 * 1024
/** Bytes of a batch. A larger message is asked for with twice as much, up to the largest that a server takes. */
const batchBytes = { first: mebibyte, most: 128 * mebibyte }
/** Milliseconds for which a server waits for messages, where more will come and where there are known to be some. */
const waits = { following: 30_000, finite: 1000 }

/** Ends behind the last message that is wanted; never without one. */
export const run = Effect.fnUntraced(function* ({ asked, held, last, ready }: Options) {
  const { consumer } = ready
  const isBounded = last !== Infinity
  let next = ready.next
  let bytes = batchBytes.first
  /** The last one, of those that followed one another. */
  let newest: JsMsg | undefined

  const isLast = () => newest !== undefined && (newest.seq >= last || newest.info.pending === 0)

  const batch = (signal: AbortSignal) => async (): Promise<number> => {
    const messages = await consumer.fetch({
      max_bytes: bytes,
      expires: isBounded ? waits.finite : waits.following
    })
    const stop = () => void messages.close()
    signal.addEventListener("abort", stop)
    let count = 0
    try {
      for await (const message of messages) {
        const { deliverySequence } = message.info
        if (deliverySequence !== next) throw missed(asked, next, deliverySequence)
        next++
        count++
        if (newest !== undefined && message.seq <= newest.seq) {
          held.again(message)
          continue
        }
        newest = message
        held.add(message)
        if (isBounded && isLast()) break
      }
    } catch (cause) {
      if (!isOver(cause)) throw cause
      if (count === 0 && bytes < batchBytes.most) bytes *= 2
    } finally {
      signal.removeEventListener("abort", stop)
      stop()
    }
    return count
  }

  for (;;) {
    yield* held.room
    const count = yield* ask(asked, (signal) => batch(signal)())
    if (!isBounded) continue
    const isNothingLeft = count === 0 && (yield* ask(asked, () => consumer.info())).num_pending === 0
    if (isNothingLeft || isLast()) break
  }
  held.end()
})

const missed = ({ consumer, stream }: Asked, expected: number, found: number) =>
  refused(
    "missed-messages",
    `consumer ${consumer} of stream ${stream} has handed out messages to somebody else, or they were lost on the way (delivery ${expected} was expected and ${found} came): it is made again at the last message that is stored; another exporter must not have the same consumer`
  )

/** What ends a batch that asked for bytes: it has as many messages as one may, or the next has more bytes than are left. */
const isOver = (cause: unknown): boolean =>
  cause instanceof JetStreamError && /batch completed|message size exceeds maxbytes/i.test(cause.message)
