/**
 * Runs a command against the running exporter when there is one, against the outbox itself when there is none.
 */
import { existsSync } from "node:fs"
import type { Loaded } from "@millrace/config/Config"
import { Outbox, OutboxError, type Store } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ControlClient from "./controlClient.ts"
import { InputError } from "./exitCode.ts"
import { type Operations, ofOutbox } from "./operations.ts"
import { say } from "./terminal.ts"

export const withOperations = <A, E>(
  loaded: Loaded,
  use: (operations: Operations, isRunning: boolean) => Effect.Effect<A, E>
): Effect.Effect<A, E | OutboxError> => {
  const { directory } = loaded.store
  const own = Outbox.use((outbox) => use(ofOutbox(outbox, loaded), false)).pipe(
    Effect.provide(loaded.store.layer)
  )
  return directory === undefined
    ? own
    : Effect.catchIf(
        own,
        (error) => error instanceof OutboxError && error.reason === "Owned",
        () => use(ControlClient.client(directory), true)
      )
}

/** The operations that change nothing. */
export type Reading = Pick<Operations, "status" | "listDeadLetters" | "deadLetters">

/**
 * The same for what only reads: that must not fail for want of room, or of the right to write. Where it would have, the
 * reason is said on stderr, and to `onProblem`.
 */
export const withReading = <A, E>(
  loaded: Loaded,
  use: (operations: Reading, isRunning: boolean) => Effect.Effect<A, E>,
  onProblem: (message: string) => void = () => {}
): Effect.Effect<A, E | OutboxError> =>
  withOperations({ ...loaded, store: { ...loaded.store, layer: readable(loaded.store, onProblem) } }, use)

const readable = ({ layer, look }: Store, onProblem: (message: string) => void): Store["layer"] =>
  look === undefined
    ? layer
    : Layer.catch(layer, (error) =>
        error.reason === "Full" || error.reason === "Unavailable"
          ? look.pipe(
              Layer.tap(() =>
                Effect.sync(() => {
                  say(error.message)
                  onProblem(error.message)
                })
              ),
              Layer.catch(() => failing(error))
            )
          : failing(error)
      )

const failing = (error: OutboxError) => Layer.effect(Outbox, Effect.fail(error))

/** Fails where there is no state to look at: looking must not make one, and an empty one would say that all is well. */
export const expectState = ({ store }: Loaded): Effect.Effect<void, InputError> =>
  store.directory === undefined || existsSync(store.directory)
    ? Effect.void
    : Effect.fail(
        new InputError({
          message: `there is no state in ${store.directory}: no run has begun with this configuration, or the outbox's path is wrong`
        })
      )
