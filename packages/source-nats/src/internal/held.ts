/**
 * Messages between the server and their acknowledgement: those that wait to be read, and those whose events are not durable
 * yet. The server is told again and again that they are being worked on: otherwise it hands them out once more.
 */
import type { JsMsg } from "@nats-io/jetstream"
import type * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"

export interface Held {
  /** One more has come. */
  readonly add: (message: JsMsg) => void
  /** One has come once more: it is acknowledged where that was lost; otherwise that comes with the first. */
  readonly again: (message: JsMsg) => void
  /** The next to be read. */
  readonly next: () => JsMsg | undefined
  /** Completes when there is one to be read, or no more will come. */
  readonly any: Effect.Effect<void>
  /** Completes when all that came is being read: there is room for as much again. */
  readonly room: Effect.Effect<void>
  /** No more will come. */
  readonly end: () => void
  /** No more is read, also of what came already. */
  readonly drop: () => void
  readonly isOver: () => boolean
  /** What was read of this message, and of those before it, is durable. */
  readonly acknowledge: () => void
  /** The message that was read last is read to its end: the next `acknowledge` is for it, too. */
  readonly onWhole: () => void
  /** When the oldest of these was stored, in epoch milliseconds. */
  readonly oldest: () => number | undefined
  /** The stream sequence of the last that has come; 0 before the first. */
  readonly last: () => number
  /** Tells the server that all of these are being worked on. */
  readonly renew: () => void
}

/** The connection may be over already: what is not acknowledged comes again, and is passed over. */
const tell = (message: JsMsg, what: "ack" | "working"): void => {
  try {
    message[what]()
  } catch {}
}

export const make = (): Held => {
  let waiting: Array<JsMsg> = []
  let at = 0
  let current: JsMsg | undefined
  let whole: Array<JsMsg> = []
  /** All up to this stream sequence are acknowledged. */
  let acknowledged = 0
  let last = 0
  let isOver = false
  const any = Latch.makeUnsafe(false)
  const room = Latch.makeUnsafe(true)

  return {
    add: (message) => {
      if (isOver) return
      waiting.push(message)
      last = message.seq
      // Opening a latch runs who waits there, at once: it comes last.
      room.closeUnsafe()
      any.openUnsafe()
    },
    again: (message) => {
      if (message.seq <= acknowledged) tell(message, "ack")
    },
    next: () => {
      const message = waiting[at++]
      if (message !== undefined) {
        current = message
        return message
      }
      waiting = []
      at = 0
      if (!isOver) any.closeUnsafe()
      room.openUnsafe()
      return undefined
    },
    any: any.await,
    room: room.await,
    end: () => {
      isOver = true
      any.openUnsafe()
    },
    drop: () => {
      waiting = []
      at = 0
      isOver = true
      any.openUnsafe()
      room.openUnsafe()
    },
    isOver: () => isOver,
    onWhole: () => {
      if (current !== undefined) whole.push(current)
      current = undefined
    },
    acknowledge: () => {
      for (const message of whole) tell(message, "ack")
      acknowledged = whole.at(-1)?.seq ?? acknowledged
      whole = []
    },
    oldest: () => (whole[0] ?? current ?? waiting[at])?.time.getTime(),
    last: () => last,
    renew: () => {
      for (const message of whole) tell(message, "working")
      if (current !== undefined) tell(current, "working")
      for (let index = at; index < waiting.length; index++) tell(waiting[index]!, "working")
    }
  }
}
