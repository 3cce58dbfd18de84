/** Tells in the log what is answered beside "ok", however often it is, in few lines. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Answer } from "./answer.ts"

/** The least between two lines about the same answer. */
const pause = 60_000

export interface Notices {
  readonly tell: (answer: Answer) => Effect.Effect<void>
}

export const make = (): Notices => {
  const told = new Map<Answer, { at: number; times: number }>()
  return {
    tell: (answer) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const last = told.get(answer)
        if (last !== undefined && now - last.at < pause) {
          last.times++
          return Effect.void
        }
        told.set(answer, { at: now, times: 0 })
        const before = last === undefined || last.times === 0 ? "" : `, and ${last.times} times before`
        return Effect.logWarning(`a request was answered ${answer.status}: ${answer.text}${before}`)
      })
  }
}
