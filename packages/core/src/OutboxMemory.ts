/**
 * An outbox in memory, for tests and for runs that may start over: it keeps every promise of the port but durability,
 * and what it holds ends with the process. Nothing in it waits or reads a clock.
 *
 * It has no size limit, unless one is given: then it holds to what the port says of `append`.
 *
 * @since 1.0.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as MemoryFleet from "./internal/memoryFleet.ts"
import * as MemorySession from "./internal/memorySession.ts"
import * as MemoryStore from "./internal/memoryStore.ts"
import { Outbox, type OutboxError, type Store } from "./Outbox.ts"
import * as OutboxLeases from "./OutboxLeases.ts"

/**
 * A new, empty outbox of a limited size.
 *
 * @since 1.0.0
 * @category constructors
 */
export const makeWith = (options: {
  /** Counted are the records of what waits, parcel by parcel, and those of the dead letters. */
  readonly bytes: number | undefined
}): Effect.Effect<Outbox["Service"]> =>
  Effect.sync(() =>
    Outbox.of({
      ...MemoryStore.make(options.bytes).calls(MemoryStore.unfenced),
      ...OutboxLeases.own()
    })
  )

/**
 * A new, empty outbox.
 *
 * @since 1.0.0
 * @category constructors
 */
export const make: Effect.Effect<Outbox["Service"]> = makeWith({ bytes: undefined })

/**
 * A new, empty outbox for each build.
 *
 * @since 1.0.0
 * @category layers
 */
export const layer: Layer.Layer<Outbox> = Layer.effect(Outbox, make)

/**
 * A new, empty outbox of a limited size for each build.
 *
 * @since 1.0.0
 * @category layers
 */
export const layerWith = (options: { readonly bytes: number }): Layer.Layer<Outbox> =>
  Layer.effect(Outbox, makeWith(options))

/**
 * For one-shot use: what is left waiting is forgotten at the end.
 *
 * @since 1.0.0
 * @category constructors
 */
export const store: Store = { plugin: "@millrace/core", directory: undefined, layer }

/**
 * An outbox in memory that several exporters share.
 *
 * @since 1.0.0
 * @category models
 */
export interface Shared {
  /**
   * One exporter's way into it, until the scope closes. `reach` is run before the exporter stores, settles, reads back, asks for a
   * lease or makes itself heard; it fails, or waits, while the store cannot be reached.
   */
  readonly open: (
    reach?: Effect.Effect<void, OutboxError>
  ) => Effect.Effect<Outbox["Service"], never, Scope.Scope>
}

/**
 * A new, empty outbox for several exporters in one process: what a fleet does can be tried without a server.
 *
 * @since 1.0.0
 * @category constructors
 */
export const makeShared = (options: {
  /** Into how many tracks each lane is divided. */
  readonly tracks: number
  /** For how many milliseconds an exporter that is not heard of keeps what it owns. */
  readonly leaseTime: number
  /** As of `makeWith`. */
  readonly bytes: number | undefined
}): Effect.Effect<Shared> =>
  Effect.map(Clock.Clock, (clock) => {
    const { tracks, leaseTime } = options
    const store = MemoryStore.make(options.bytes)
    const fleet = MemoryFleet.make(leaseTime, () => clock.currentTimeMillisUnsafe())
    return {
      open: (reach = Effect.void) => MemorySession.open({ store, fleet, tracks, leaseTime, reach })
    }
  })
