/**
 * Alerts: looks at a running exporter every few seconds and tells of what changed, by ways that its surroundings give.
 *
 * @since 1.0.0
 */
import { join } from "node:path"
import type { Definition } from "@millrace/core/Definition"
import * as Log from "@millrace/core/Log"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { type Condition, conditionsOf, limitsOf, type Thresholds } from "./internal/conditions.ts"
import { type Alert, due, dueAtStop, type Told } from "./internal/due.ts"
import * as Note from "./internal/told.ts"
import type { Operations, Target } from "./Operations.ts"
import type { Status } from "./Status.ts"

export type { Condition, Labels, Thresholds } from "./internal/conditions.ts"
export type { Alert } from "./internal/due.ts"

/**
 * A way that alerts go. Its name is part of a file's name in the state directory: what was told by it, so that a restart
 * tells nothing twice.
 *
 * @since 1.0.0
 * @category models
 */
export interface Way {
  readonly name: string
  /** Sends alerts of the exporter with this name; resolves when they were taken. It is tried again after a failure. */
  readonly send: (
    exporter: string,
    alerts: ReadonlyArray<Alert>
  ) => Effect.Effect<void, { readonly message: string }>
}

/**
 * An exporter, and what is told of it to whom.
 *
 * @since 1.0.0
 * @category models
 */
export interface Watched extends Target {
  /** Its name, for those who are told. */
  readonly name: string
  readonly thresholds: Thresholds
  readonly ways: ReadonlyArray<Way>
  /** How often it is said again that something lasts. */
  readonly remindEvery: Duration.Input
}

/**
 * What of a status needs somebody's attention.
 *
 * @since 1.0.0
 * @category conversions
 */
export const conditions = (
  status: Status,
  /** In epoch milliseconds. */
  now: number,
  { definition, thresholds }: { readonly definition: Definition; readonly thresholds: Thresholds }
): ReadonlyArray<Condition> => conditionsOf(status, now, limitsOf(definition, thresholds))

const lookEvery = "2 seconds"

/** Milliseconds until a way that failed is tried again: twice as long each time. */
const firstPause = 5000
const longestPause = 5 * 60_000

/** Milliseconds for a last word of an exporter that ends. */
const lastWord = "30 seconds"

const fileOf = ({ store }: Target, name: string) =>
  store.directory === undefined ? undefined : join(store.directory, `alerts-${name}.json`)

/** Sends by one way; says once when it fails, and once when it works again. */
const patient = (exporter: string, way: Way) => {
  let pause = 0
  let notBefore = 0
  const send = Effect.fnUntraced(function* (alerts: ReadonlyArray<Alert>) {
    const failure = yield* Effect.match(way.send(exporter, alerts), {
      onFailure: ({ message }) => message,
      onSuccess: () => undefined
    })
    if (failure === undefined) {
      if (pause > 0) yield* Log.write("alerts-well", `alerts by ${way.name} arrive again`, { way: way.name })
      pause = 0
      return true
    }
    if (pause === 0) {
      yield* Log.write(
        "alerts-failing",
        `${failure}; alerts by ${way.name} are tried again, less and less often`,
        { way: way.name }
      )
    }
    pause = Math.min(longestPause, Math.max(firstPause, pause * 2))
    notBefore = (yield* Clock.currentTimeMillis) + pause
    return false
  })
  return { send, mayTry: (now: number) => now >= notBefore }
}

/** Tells by one way until the scope closes; yields one last look. */
const tellBy = Effect.fnUntraced(function* (watched: Watched, operations: Operations, way: Way) {
  const { definition, name, thresholds } = watched
  const limits = limitsOf(definition, thresholds)
  const remindEvery = Duration.toMillis(watched.remindEvery)
  const file = fileOf(watched, way.name)
  const turn = yield* Semaphore.make(1)
  const { send, mayTry } = patient(name, way)
  let told: Told = yield* Note.recall(file)
  yield* Note.write(file, told)
  const look = Effect.fnUntraced(
    function* (isLast: boolean) {
      const now = yield* Clock.currentTimeMillis
      if (!isLast && !mayTry(now)) return
      const status = yield* operations.status()
      const found = conditionsOf(status, now, limits, (key) => key in told.standing)
      const next = due(told, found, status, now, remindEvery)
      if (next.alerts.length > 0) {
        if (!(yield* send(next.alerts))) return
        yield* Log.write(
          "alert-sent",
          `alert sent by ${way.name}: ${next.alerts.map(({ text }) => text).join("; ")}`,
          { way: way.name }
        )
      }
      const isNews = JSON.stringify(next.told) !== JSON.stringify(told)
      told = next.told
      if (isNews) yield* Note.write(file, told)
    },
    turn.withPermit,
    // What cannot be looked at is no reason to stop looking: the exporter itself ends when its outbox is gone.
    Effect.catch(({ message }) => Effect.logDebug(message))
  )
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(look(false), Effect.sleep(lookEvery))))
  return Effect.ignore(Effect.timeout(look(true), lastWord))
})

/**
 * Looks until the scope closes; `last` looks once more, for a run that ends. Each way is told by itself: one out of order
 * neither silences another nor makes it repeat.
 *
 * @since 1.0.0
 * @category constructors
 */
export const watch = (
  watched: Watched,
  operations: Operations
): Effect.Effect<{ readonly last: Effect.Effect<void> }, never, Scope.Scope> =>
  Effect.map(
    Effect.forEach(watched.ways, (way) => tellBy(watched, operations, way)),
    (looks) => ({ last: Effect.all(looks, { concurrency: "unbounded", discard: true }) })
  )

/**
 * Tells that the exporter has stopped for a reason of its own: once, however often it is started and stops again.
 *
 * @since 1.0.0
 * @category conversions
 */
export const stopped = (watched: Watched, reason: string): Effect.Effect<void> => {
  const tell = Effect.fnUntraced(function* (way: Way) {
    const file = fileOf(watched, way.name)
    const now = yield* Clock.currentTimeMillis
    const next = dueAtStop(yield* Note.recall(file), reason, now, Duration.toMillis(watched.remindEvery))
    if (next.alerts.length === 0) return
    if (yield* patient(watched.name, way).send(next.alerts)) yield* Note.write(file, next.told)
  })
  return Effect.ignore(
    Effect.timeout(Effect.forEach(watched.ways, tell, { concurrency: "unbounded", discard: true }), lastWord)
  )
}
