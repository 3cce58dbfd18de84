import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Owner } from "./owner.ts"

export type Store = Owner

export type Step = (outbox: Store) => Effect.Effect<unknown, unknown, Scope.Scope>

/** Declares a promise, told in steps: where the outbox is durable, each step sees it opened anew. */
export type Promises = (promise: string, ...steps: ReadonlyArray<Step>) => void

/** Leads a store through a random history: where the outbox is durable, it is opened anew at each `Reopen`. */
export type Through = <A extends { readonly _tag: string }>(
  history: ReadonlyArray<A>,
  follow: (outbox: Store, steps: ReadonlyArray<A>) => Effect.Effect<unknown, unknown, Scope.Scope>
) => Effect.Effect<void, unknown, Scope.Scope>
