import { assert, describe, it } from "@effect/vitest"
import type { Lag } from "@millrace/core/Intake"
import { SideBySide } from "@millrace/objects"
import * as Effect from "effect/Effect"

const split = (key: string, size: number, modified = 7_000) => ({ key, size, modified })

describe("splits that are read side by side", () => {
  it.effect("tell what is ahead by the hours in their names, and that nothing is", () =>
    Effect.gen(function* () {
      const lags: Array<Lag> = []
      const sideBySide = yield* SideBySide.make(1, (lag) => Effect.sync(() => void lags.push(lag)))
      const read: Array<string> = []
      const hours: Readonly<Record<string, string>> = { b: "2026-11-29-13", c: "2026-11-29-14" }
      yield* sideBySide([split("a", 10), split("b", 20), split("c", 30)], {
        hourOf: ({ key }) => hours[key] ?? "",
        read: ({ key }) => Effect.sync(() => void read.push(key))
      })
      assert.deepStrictEqual(read, ["a", "b", "c"])
      const at = (hour: number) => Date.UTC(2026, 10, 29, hour)
      assert.deepStrictEqual(lags, [
        { count: 3, bytes: 60, oldest: 7_000 },
        { count: 2, bytes: 50, oldest: 7_000 },
        { count: 2, bytes: 50, oldest: at(13) },
        { count: 1, bytes: 30, oldest: at(13) },
        { count: 1, bytes: 30, oldest: at(14) },
        { count: 0 }
      ])
      yield* sideBySide([], { hourOf: () => "", read: () => Effect.void })
      assert.deepStrictEqual(lags.at(-1), { count: 0 })
    })
  )
})
