/**
 * An exporter: sources, and the routes that read them.
 *
 * ```ts
 * Exporter.from(source).route("crm").when("users.messages.*").to(destination)
 * ```
 *
 * @since 1.0.0
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type { Definition } from "./Definition.ts"
import type { Event } from "./Event.ts"
import * as Engine from "./engine/Engine.ts"
import * as Check from "./engine/Validate.ts"
import type * as Ledger from "./Ledger.ts"
import * as Log from "./Log.ts"
import type { Outbox } from "./Outbox.ts"
import * as Route from "./Route.ts"
import {
  type DefinitionError,
  type Report,
  type RunError,
  type Running,
  Running as RunningService,
  type StartOptions
} from "./Running.ts"
import type { Source } from "./Source.ts"

export type { Definition } from "./Definition.ts"

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
  /** Runs for as long as the surrounding app does, watching the source; drains when it is released. See `layer`. */
  readonly layer: Layer.Layer<Running, RunError, Outbox>
}

/**
 * What is said of all routes: see `Definition`.
 *
 * @since 1.0.0
 * @category models
 */
export type FromOptions = Pick<Definition, "retention" | "dedupe" | "checkpointRetention">

/**
 * An exporter of one source, named `default`.
 *
 * @since 1.0.0
 * @category constructors
 */
export const from = <E extends Event>(source: Source<E>, options: FromOptions = {}): Exporter<E> =>
  make({ ...options, sources: { default: source }, routes: [] })

/**
 * An exporter of several named sources; a route reads all of them.
 *
 * @since 1.0.0
 * @category constructors
 */
export const fromSources = <const Sources extends Readonly<Record<string, Source>>>(
  sources: Sources,
  options: FromOptions = {}
): Exporter<Sources[keyof Sources] extends Source<infer E> ? E : never> =>
  make({ ...options, sources, routes: [] })

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
  options?: StartOptions
) => Effect.Effect<Running, RunError, Outbox | import("effect/Scope").Scope> = Engine.start

/**
 * Runs an exporter to its end, and yields the ledger; fails with what ended it otherwise, be it a source that could not go on.
 * What that had read was delivered all the same.
 *
 * @since 1.0.0
 * @category constructors
 */
export const run = (
  definition: Definition,
  options: StartOptions = {}
): Effect.Effect<Ledger.Ledger, RunError, Outbox> =>
  Effect.scoped(
    Effect.flatMap(Engine.start(definition, options), (running) =>
      Effect.map(failing(running).ended, ({ ledger }) => ledger)
    )
  )

/**
 * A running exporter for as long as the surrounding app runs, watching its sources unless told otherwise; it drains when it
 * is released.
 *
 * What ends it before is logged, and is what `ended` of the service fails with: an outbox that failed, or sources of which none
 * can go on. One source among others that fails is logged and stands in `sources`; the exporter goes on.
 *
 * @since 1.0.0
 * @category layers
 */
export const layer = (
  definition: Definition,
  options: StartOptions = {}
): Layer.Layer<Running, RunError, Outbox> =>
  Layer.effect(
    RunningService,
    Effect.gen(function* () {
      const running = failing(yield* Engine.start(definition, { follow: true, ...options }))
      const ended = yield* Deferred.make<Report, RunError>()
      // Not of the scope: what is released drains first, and that is an end to be told of, too.
      yield* Effect.forkDetach(
        Effect.flatMap(Effect.exit(running.ended), (exit) =>
          Effect.andThen(
            Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)
              ? Effect.void
              : Log.write(
                  "exporter-ended",
                  `the exporter has ended: ${messageOf(exit.cause)}; nothing is lost, and nothing is delivered until it is started again`
                ),
            Deferred.done(ended, exit)
          )
        )
      )
      return { ...running, ended: Deferred.await(ended) }
    })
  )

const messageOf = (cause: Cause.Cause<RunError>): string => {
  const error = Cause.squash(cause)
  return error instanceof Error ? error.message : String(error)
}

/** The same, whose end is a failure also where a source could not go on. */
const failing = (running: Running): Running => ({
  ...running,
  ended: Effect.flatMap(running.ended, (report) =>
    report.sourceError === undefined ? Effect.succeed(report) : Effect.fail(report.sourceError)
  )
})

const make = <All extends Event>(definition: Definition): Exporter<All> => ({
  ...definition,
  route: (name) =>
    Route.start(name, (route) => make({ ...definition, routes: [...definition.routes, route] })),
  run: run(definition),
  layer: layer(definition)
})
