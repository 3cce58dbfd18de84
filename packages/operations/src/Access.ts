/**
 * How an exporter is reached: the running one by its control socket when there is one, its outbox itself when there is none.
 *
 * @since 1.0.0
 */
import { existsSync } from "node:fs"
import { Outbox, OutboxError, type Store } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Control from "./Control.ts"
import { own } from "./internal/own.ts"
import { fromOutbox, type Operations, type ReadOnly, type Target } from "./Operations.ts"

export { own } from "./internal/own.ts"

/**
 * Whether there is anything to operate. Looking must not make a state directory, and an empty one would say that all is
 * well: ask before `look` or `use` where no run may have begun.
 *
 * @since 1.0.0
 * @category predicates
 */
export const hasState = ({ store }: Target): boolean =>
  store.directory === undefined || existsSync(store.directory)

/**
 * Operates the exporter, whoever owns its outbox.
 *
 * @since 1.0.0
 * @category conversions
 */
export const use = <A, E>(
  target: Target,
  operate: (operations: Operations, isRunning: boolean) => Effect.Effect<A, E>
): Effect.Effect<A, E | OutboxError> => {
  const { directory } = target.store
  const resting = Outbox.use((outbox) => operate(fromOutbox(outbox, target), false)).pipe(
    Effect.provide(own(target.store))
  )
  return directory === undefined
    ? resting
    : Effect.catchIf(
        resting,
        (error) => error instanceof OutboxError && error.reason === "Owned",
        () => operate(Control.connect(directory), true)
      )
}

/**
 * The same for what only reads: that must not fail for want of room, or of the right to write. Where it would have, the
 * reason goes to `onProblem`.
 *
 * @since 1.0.0
 * @category conversions
 */
export const look = <A, E>(
  target: Target,
  read: (operations: ReadOnly, isRunning: boolean) => Effect.Effect<A, E>,
  onProblem: (message: string) => void = () => {}
): Effect.Effect<A, E | OutboxError> =>
  use({ ...target, store: { ...target.store, layer: readable(target.store, onProblem) } }, read)

const readable = ({ layer, look }: Store, onProblem: (message: string) => void): Store["layer"] =>
  look === undefined
    ? layer
    : Layer.catch(layer, (error) =>
        error.reason === "Full" || error.reason === "Unavailable"
          ? look.pipe(
              Layer.tap(() => Effect.sync(() => onProblem(error.message))),
              Layer.catch(() => failing(error))
            )
          : failing(error)
      )

const failing = (error: OutboxError) => Layer.effect(Outbox, Effect.fail(error))
