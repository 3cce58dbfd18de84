/** How proofs are written: effects that fail with what they saw. */
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { BrokenPromise, type Promised } from "../../Conformance.ts"
import * as Patience from "./patience.ts"

/** What keeps a proof from succeeding. */
export class Flaw extends Data.TaggedError("Flaw")<{ readonly detail: string }> {
  override get message(): string {
    return this.detail
  }
}

export const flaw = (detail: string): Effect.Effect<never, Flaw> => Effect.fail(new Flaw({ detail }))

export const demand = (isSo: boolean, otherwise: () => string): Effect.Effect<void, Flaw> =>
  isSo ? Effect.void : Effect.suspend(() => flaw(otherwise()))

/** Waits until something is so, for as long as given; tells whether it came to be. */
export const eventually = <X>(
  isSo: Effect.Effect<boolean, X>,
  millis: number = Patience.brief
): Effect.Effect<boolean, X> => {
  const look: Effect.Effect<void, X> = Effect.flatMap(isSo, (so) =>
    so ? Effect.void : Effect.andThen(Effect.sleep("5 millis"), look)
  )
  return Effect.map(Patience.within(look, millis), Option.isSome)
}

export const until = (isSo: () => boolean, millis?: number): Effect.Effect<boolean> =>
  eventually(Effect.sync(isSo), millis)

const describe = (cause: Cause.Cause<unknown>): string =>
  Option.match(Cause.findErrorOption(cause), {
    // What a plugin throws is shown with where it was thrown.
    onNone: () => Cause.pretty(cause),
    onSome: (error) => (error instanceof Error ? error.message : String(error))
  })

/**
 * A promise and its proof. The proof runs apart from whoever waits for it, so that a plugin that cannot be interrupted
 * breaks the promise and does not hold up the suite.
 */
export const promised = (promise: string, proof: Effect.Effect<unknown, unknown, Scope.Scope>): Promised => ({
  promise,
  proof: Effect.gen(function* () {
    const broken = (detail: string) => new BrokenPromise({ promise, detail })
    const fiber = yield* Effect.forkDetach(Effect.scoped(proof))
    const exit = yield* Patience.within(Fiber.await(fiber), Patience.longest).pipe(
      Effect.onInterrupt(() => Effect.sync(() => fiber.interruptUnsafe()))
    )
    if (Option.isNone(exit)) {
      fiber.interruptUnsafe()
      return yield* broken(`nothing ended it within ${Patience.inSeconds(Patience.longest)}`)
    }
    if (Exit.isFailure(exit.value)) return yield* broken(describe(exit.value.cause))
  })
})
