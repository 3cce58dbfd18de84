/**
 * An exporter: sources, and the routes that read them.
 *
 * ```ts
 * Exporter.from(source).route("crm").when("users.messages.*").to(destination)
 * ```
 *
 * @since 1.0.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Event } from "./Event.ts"
import * as Check from "./engine/Definition.ts"
import * as Engine from "./engine/Engine.ts"
import type * as Ledger from "./Ledger.ts"
import type { Outbox } from "./Outbox.ts"
import * as Route from "./Route.ts"
import type { DefinitionError, RunError, Running, RunOptions } from "./Running.ts"
import type { Source } from "./Source.ts"

/**
 * Sources by name, and routes. What `start` runs; from a file, what `@millrace/config` makes.
 *
 * @since 1.0.0
 * @category models
 */
export interface Definition {
  readonly sources: Readonly<Record<string, Source>>
  readonly routes: ReadonlyArray<Route.Route>
  /** How long an event may wait before it becomes a dead letter, unless its route says otherwise; default 7 days. */
  readonly retention?: Duration.Input | undefined
  /**
   * An event whose id was taken before within this time counts as filtered, reason `duplicate`, for every route that
   * reads its source. Off without it: remembering the ids costs time and disk, see the outbox.
   */
  readonly dedupe?: Duration.Input | undefined
}

/**
 * An exporter written in code.
 *
 * @since 1.0.0
 * @category models
 */
export interface Exporter<All extends Event> extends Definition {
  readonly route: (name: string) => Route.Start<All, Exporter<All>>
  /** Ends with the source, when every lane is empty, closed, or had no success for a minute; yields the ledger. */
  readonly run: Effect.Effect<Ledger.Ledger, RunError, Outbox>
  /** Runs for as long as the surrounding app does, watching the source; drains when it is released. */
  readonly layer: Layer.Layer<never, RunError, Outbox>
}

/**
 * An exporter of one source, named `default`.
 *
 * @since 1.0.0
 * @category constructors
 */
export const from = <E extends Event>(source: Source<E>): Exporter<E> => make({ default: source }, [])

/**
 * An exporter of several named sources; a route reads all of them.
 *
 * @since 1.0.0
 * @category constructors
 */
export const fromSources = <const Sources extends Readonly<Record<string, Source>>>(
  sources: Sources
): Exporter<Sources[keyof Sources] extends Source<infer E> ? E : never> => make(sources, [])

/**
 * Fails when a route names a source or a type that is not there, or what its destination does not take: what the compiler
 * proves of a chain, and `start` of all.
 *
 * @since 1.0.0
 * @category conversions
 */
export const validate: (definition: Definition) => Effect.Effect<void, DefinitionError> = Check.validate

/**
 * Starts an exporter; it is stopped and drained with the scope.
 *
 * @since 1.0.0
 * @category constructors
 */
export const start: (
  definition: Definition,
  options?: RunOptions
) => Effect.Effect<Running, RunError, Outbox | import("effect/Scope").Scope> = Engine.start

const make = <All extends Event>(
  sources: Readonly<Record<string, Source>>,
  routes: ReadonlyArray<Route.Route>
): Exporter<All> => ({
  sources,
  routes,
  route: (name) => Route.start(name, (route) => make(sources, [...routes, route])),
  run: Effect.scoped(
    Effect.flatMap(Engine.start({ sources, routes }, {}), (running) =>
      Effect.flatMap(running.ended, ({ ledger, sourceError }) =>
        sourceError === undefined ? Effect.succeed(ledger) : Effect.fail(sourceError)
      )
    )
  ),
  layer: Layer.effectDiscard(
    Effect.flatMap(Engine.start({ sources, routes }, { follow: true }), (running) =>
      Effect.forkScoped(running.ended)
    )
  )
})
