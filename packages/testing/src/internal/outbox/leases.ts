import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { Promises } from "./promise.ts"

/** The promises of leases, as far as one owner can ask for them. */
export const leasePromises = (promises: Promises): void => {
  describe("leases", () => {
    promises(
      "are held by one at a time, each name on its own, until the scope closes",
      Effect.fnUntraced(function* (outbox) {
        const taken = (name: string) => Effect.map(outbox.lease([name], 1), ({ length }) => length === 1)
        yield* Effect.scoped(
          Effect.gen(function* () {
            expect(yield* taken("split a")).toBe(true)
            expect(yield* Effect.scoped(taken("split a"))).toBe(false)
            expect(yield* Effect.scoped(taken("split a"))).toBe(false)
            expect(yield* taken("split b")).toBe(true)
          })
        )
        expect(yield* taken("split a")).toBe(true)
      })
    )

    promises(
      "are taken many at once: those that are free, and no more than asked for",
      Effect.fnUntraced(function* (outbox) {
        const names = ["one", "two", "three", "four"]
        const taken = (most: number) =>
          Effect.map(outbox.lease(names, most), (leases) => leases.map(({ name }) => name))
        const [one] = yield* outbox.lease(["one"], 1)
        expect(yield* taken(2)).toEqual(["two", "three"])
        expect(yield* taken(9)).toEqual(["four"])
        expect(yield* taken(9)).toEqual([])
        yield* one!.release
        expect(yield* taken(9)).toEqual(["one"])
      })
    )
  })

  describe("a scope in which leases are asked for", () => {
    promises(
      "holds nothing of those that were not free, or were given up",
      Effect.fnUntraced(function* (outbox) {
        const scope = yield* Scope.make()
        const left = () => (scope.state._tag === "Open" ? (scope.state.finalizers?.size ?? 0) : 0)
        const leases = yield* Scope.provide(outbox.lease(["one", "two"], 2), scope)
        expect(yield* Scope.provide(outbox.lease(["one", "two"], 2), scope)).toEqual([])
        expect(left()).toBe(1)
        for (const { release } of leases) yield* release
        expect(left()).toBe(0)
      })
    )
  })

  describe("a lease that was given up", () => {
    promises(
      "and taken anew stays with who took it, whatever becomes of the first",
      Effect.fnUntraced(function* (outbox) {
        const first = yield* Scope.make()
        const [lease] = yield* Scope.provide(outbox.lease(["one"], 1), first)
        expect(lease!.isSure()).toBe(true)
        yield* lease!.release
        expect(lease!.isSure()).toBe(false)
        expect(yield* outbox.lease(["one"], 1)).toHaveLength(1)
        yield* lease!.release
        yield* Scope.close(first, Exit.void)
        expect(yield* outbox.lease(["one"], 1)).toEqual([])
      })
    )
  })
}
