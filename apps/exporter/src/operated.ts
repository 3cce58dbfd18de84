/**
 * The exporter of a configuration, operated from the command line.
 */
import type { Loaded } from "@millrace/config/Config"
import type { OutboxError } from "@millrace/core/Outbox"
import * as Access from "@millrace/operations/Access"
import type { ReadOnly } from "@millrace/operations/Operations"
import * as Effect from "effect/Effect"
import { InputError } from "./exitCode.ts"
import { say } from "./terminal.ts"

/** For what only reads. Why the outbox could not be opened for more than a look is said on stderr, and to `onProblem`. */
export const look = <A, E>(
  loaded: Loaded,
  read: (operations: ReadOnly, isRunning: boolean) => Effect.Effect<A, E>,
  onProblem: (message: string) => void = () => {}
): Effect.Effect<A, E | OutboxError> =>
  Access.look(loaded, read, (message) => {
    say(message)
    onProblem(message)
  })

/** Fails where there is no state to look at. */
export const expectState = (loaded: Loaded): Effect.Effect<void, InputError> =>
  Access.hasState(loaded)
    ? Effect.void
    : Effect.fail(
        new InputError({
          message: `there is no state in ${loaded.store.directory}: no run has begun with this configuration, or the outbox's path is wrong`
        })
      )
