/** Tells in the log what is answered beside "ok", however often it is, in few lines. */

import * as Log from "@millrace/core/Log"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type { Answer } from "./answer.ts"

/** The least between two lines about the same answer. */
const pause = 60_000

export interface Notices {
  readonly tell: (answer: Answer) => Effect.Effect<void>
  /** A connection was closed for want of room. */
  readonly closed: () => void
  /** Tells of closed connections, at once and then once a minute, and last when it is interrupted. */
  readonly tellClosed: Effect.Effect<never>
}

export const make = (connections: number): Notices => {
  let closed = 0
  const someClosed = Latch.makeUnsafe(false)
  const countClosed = Effect.suspend(() => {
    const count = closed
    closed = 0
    someClosed.closeUnsafe()
    const advice = "let only Braze's addresses in, or raise settings.connections"
    return count === 0
      ? Effect.void
      : Log.write(
          "receiver-refused",
          `${count} ${count === 1 ? "connection was" : "connections were"} closed to make room, those first that showed no token: ${connections} are open at most; ${advice}`
        )
  })
  const told = new Map<Answer, { at: number; times: number }>()
  return {
    closed: () => {
      closed++
      someClosed.openUnsafe()
    },
    tellClosed: someClosed.await.pipe(
      Effect.andThen(countClosed),
      Effect.andThen(Effect.sleep(pause)),
      Effect.forever,
      Effect.onExit(() => countClosed)
    ),
    tell: (answer) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const last = told.get(answer)
        if (last !== undefined && now - last.at < pause) {
          last.times++
          return Effect.void
        }
        told.set(answer, { at: now, times: 0 })
        const before = last === undefined || last.times === 0 ? "" : `, and ${last.times} times before`
        return Log.write(
          "receiver-refused",
          `a request was answered ${answer.status}: ${answer.text}${before}`
        )
      })
  }
}
