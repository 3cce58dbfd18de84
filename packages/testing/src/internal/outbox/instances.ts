import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Promises } from "./promise.ts"

/** The promises of what tells which exporters are there. */
export const instancePromises = (promises: Promises): void => {
  describe("instances", () => {
    promises(
      "are there from when they join until they leave",
      Effect.fnUntraced(function* (outbox) {
        const names = Effect.map(outbox.instances, (found) => found.map(({ name, roles }) => [name, roles]))
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* outbox.join({ name: "first", roles: ["read", "deliver"] })
            expect(yield* names).toEqual([["first", ["read", "deliver"]]])
          })
        )
        expect(yield* names).toEqual([])
      })
    )
  })
}
