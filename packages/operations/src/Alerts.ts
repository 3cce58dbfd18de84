/**
 * Alerts: looks at a running exporter every few seconds and tells of what changed: in the log, and by ways that its surroundings
 * give.
 *
 * @since 1.0.0
 */
import type { Definition } from "@millrace/core/Definition"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Condition, conditionsOf, limitsOf, type Thresholds } from "./internal/conditions.ts"
import { dueAtStop } from "./internal/due.ts"
import { type Fleet, named } from "./internal/fleet.ts"
import { logging } from "./internal/logging.ts"
import { fileOf, patient, tellBy } from "./internal/tellBy.ts"
import * as Note from "./internal/told.ts"
import type { Watched, Way } from "./internal/watched.ts"
import type { Operations } from "./Operations.ts"
import type { Status } from "./Status.ts"

export type { Condition, Labels, Thresholds } from "./internal/conditions.ts"
export type { Alert } from "./internal/due.ts"
export type { Fleet } from "./internal/fleet.ts"
export type { Watched, Way } from "./internal/watched.ts"

/**
 * What of a status needs somebody's attention. Attempts that fail are a condition after five seconds without a success, also where
 * alerts are to wait for longer.
 *
 * @since 1.0.0
 * @category conversions
 */
export const conditions = (
  status: Status,
  /** In epoch milliseconds. */
  now: number,
  { definition, thresholds }: { readonly definition: Definition; readonly thresholds: Thresholds }
): ReadonlyArray<Condition> => conditionsOf(status, now, limitsOf(definition, thresholds, true))

/** Milliseconds for a last word of an exporter that ends. */
const lastWord = "30 seconds"

/** Who is told looks at one status together. */
const asked = "1 second"

/**
 * Looks until the scope closes; `last` looks once more, for a run that ends. The log tells of each condition that came, rose or
 * went, with or without ways. Each way is told by itself: one out of order neither silences another nor makes it repeat.
 *
 * Of exporters that share an outbox, one tells of what concerns them all, and each of what concerns it alone. When the one that
 * told of a condition is gone, another goes on.
 *
 * @since 1.0.0
 * @category constructors
 */
export const watch = Effect.fnUntraced(function* (
  watched: Watched,
  operations: Operations,
  /** Who else tells; absent for an exporter that has its outbox to itself. */
  fleet?: Fleet
): Effect.fn.Return<{ readonly last: Effect.Effect<void> }, never, Scope.Scope> {
  const status = yield* Effect.cachedWithTTL(operations.status(), asked)
  yield* logging(watched, status)
  const looks = yield* Effect.forEach(watched.ways, (way) =>
    tellBy(watched, { status, fresh: operations.status() }, way, fleet)
  )
  return {
    last: Effect.forEach(looks, (look) => Effect.ignore(Effect.timeout(look, lastWord)), {
      concurrency: "unbounded",
      discard: true
    })
  }
})

/**
 * Tells that the exporter has stopped for a reason of its own: once, however often it is started and stops again.
 *
 * @since 1.0.0
 * @category conversions
 */
export const stopped = (
  watched: Watched,
  reason: string,
  /** Its name among several that share an outbox. */
  instance?: string
): Effect.Effect<void> => {
  const tell = Effect.fnUntraced(function* (way: Way) {
    const file = fileOf(watched, way.name)
    const now = yield* Clock.currentTimeMillis
    const next = dueAtStop(yield* Note.recall(file), reason, now, Duration.toMillis(watched.remindEvery))
    if (next.alerts.length === 0) return
    const alerts = instance === undefined ? next.alerts : next.alerts.map(named(instance))
    if (yield* patient(watched.name, way).send(alerts)) yield* Note.write(file, next.told)
  })
  return Effect.ignore(
    Effect.timeout(Effect.forEach(watched.ways, tell, { concurrency: "unbounded", discard: true }), lastWord)
  )
}
