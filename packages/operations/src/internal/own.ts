/**
 * Waiting for a store in use. Commands have it for moments, and an exporter that is starting soon answers. Without the wait,
 * a look at the status, as a monitor takes it every few seconds, would keep an exporter from starting.
 */
import { createConnection } from "node:net"
import type { Outbox, OutboxError, Store } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { place } from "./place.ts"

/** Ten seconds: longer than commands have it, but for those that say how long they take. */
const patient = Schedule.max([Schedule.spaced("100 millis"), Schedule.recurs(100)])

/** Whether an exporter answers at the control socket. */
const isServed = (directory: string): Effect.Effect<boolean> =>
  Effect.scoped(
    Effect.flatMap(place(directory), ({ path }) =>
      Effect.callback<boolean>((resume) => {
        const socket = createConnection(path)
        const end = (served: boolean) => {
          socket.destroy()
          resume(Effect.succeed(served))
        }
        socket.once("connect", () => end(true))
        socket.once("error", () => end(false))
        return Effect.sync(() => socket.destroy())
      })
    )
  ).pipe(Effect.orElseSucceed(() => false))

/**
 * The outbox of a store, opened for this process alone. A store in use is waited for, ten seconds at most, unless an exporter
 * answers at its control socket: commands have a store for moments. `onWait` is called once, with what has the store.
 *
 * @since 1.0.0
 * @category layers
 */
export const own = (
  { directory, layer }: Pick<Store, "directory" | "layer">,
  onWait: (message: string) => Effect.Effect<void> = () => Effect.void
): Layer.Layer<Outbox, OutboxError> => {
  if (directory === undefined) return layer
  let isTold = false
  const isWorthWaiting = Effect.fnUntraced(function* (error: OutboxError) {
    if (error.reason !== "Owned" || (yield* isServed(directory))) return false
    if (!isTold) yield* onWait(error.message)
    isTold = true
    return true
  })
  return Layer.effectContext(
    Effect.retry(Layer.build(Layer.fresh(layer)), { schedule: patient, while: isWorthWaiting })
  )
}
