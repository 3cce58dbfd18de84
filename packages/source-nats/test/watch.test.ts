import { assert, describe, it } from "@effect/vitest"
import type { Lag } from "@millrace/core/Intake"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { TestClock } from "effect/testing"
import * as Watch from "../src/internal/watch.ts"

describe("a stream that is watched", () => {
  it.effect("tells again and again how far behind it is read, and once of messages that went unread", () => {
    const logs: Array<string> = []
    const layer = Logger.layer([Logger.make(({ message }) => void logs.push(String(message)))])
    return Effect.gen(function* () {
      const lags: Array<Lag> = []
      let look: Watch.Look = { name: "EVENTS", ahead: 300, first: 1, keeps: true }
      let [last, oldest]: [number, number | undefined] = [0, undefined]
      const round = Effect.andThen(TestClock.adjust("2 seconds"), Effect.yieldNow)
      yield* Effect.forkScoped(
        Watch.run({
          look: Effect.sync(() => look),
          held: { last: () => last, oldest: () => oldest },
          tell: (lag) => Effect.sync(() => void lags.push(lag))
        })
      )
      yield* Effect.yieldNow
      assert.deepStrictEqual(lags, [{ count: 300 }])
      last = 100
      oldest = 7_000
      // Purged up to 250, while 100 were read.
      look = { ...look, ahead: 50, first: 251 }
      yield* round
      yield* round
      assert.deepStrictEqual(lags.slice(1), [
        { count: 50, oldest: 7_000 },
        { count: 50, oldest: 7_000 }
      ])
      assert.lengthOf(logs, 1)
      assert.include(logs[0], "sequences 101 to 250")
      // What leaves as it is acknowledged is no gap.
      look = { ...look, first: 400, keeps: false }
      yield* round
      assert.lengthOf(logs, 1)
      // One that is read to its end is asked less.
      look = { ...look, ahead: 0 }
      yield* round
      const told = lags.length
      yield* round
      assert.lengthOf(lags, told)
      yield* TestClock.adjust("8 seconds")
      assert.lengthOf(lags, told + 1)
    }).pipe(Effect.scoped, Effect.provide(layer))
  })
})
