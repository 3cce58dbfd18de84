/**
 * Runs a command against the running exporter when there is one, against the outbox itself when there is none.
 */
import { existsSync } from "node:fs"
import type { Loaded } from "@millrace/config/Config"
import { Outbox, OutboxError } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"
import * as Control from "./control.ts"
import { type Operations, ofOutbox } from "./operations.ts"

export const withOperations = <A, E>(
  { definition, store }: Loaded,
  use: (operations: Operations, isRunning: boolean) => Effect.Effect<A, E>
): Effect.Effect<A, E | OutboxError> => {
  const { directory } = store
  const own = Outbox.use((outbox) => use(ofOutbox(outbox, definition), false)).pipe(
    Effect.provide(store.layer)
  )
  return directory === undefined
    ? own
    : Effect.catchIf(
        own,
        (error) => error instanceof OutboxError && error.reason === "Owned",
        () => use(Control.client(directory), true)
      )
}

/** Whether there is a state to look at: looking must not make one. */
export const hasState = ({ store }: Loaded): boolean =>
  store.directory === undefined || existsSync(store.directory)
