/**
 * Looks at a running exporter every few seconds and tells of what changed.
 */
import { join } from "node:path"
import type { Loaded } from "@millrace/config/Config"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type { Operations } from "../operations.ts"
import { conditionsOf } from "./conditions.ts"
import { limitsOf } from "./limits.ts"
import { type Alert, due, dueAtStop, type Told } from "./memory.ts"
import * as Note from "./note.ts"
import * as Send from "./send.ts"

const lookEvery = "2 seconds"

/** Milliseconds until a way that failed is tried again: twice as long each time. */
const firstPause = 5000
const longestPause = 5 * 60_000

/** Milliseconds for a last word of an exporter that ends. */
const lastWord = "30 seconds"

const fileOf = ({ store }: Loaded, name: string) =>
  store.directory === undefined ? undefined : join(store.directory, `alerts-${name}.json`)

/** Sends by one way; says once when it fails, and once when it works again. */
const patient = (exporter: string, way: Send.Way) => {
  let pause = 0
  let notBefore = 0
  const send = Effect.fnUntraced(function* (alerts: ReadonlyArray<Alert>) {
    const failure = yield* Effect.match(Send.by(way)(exporter, alerts), {
      onFailure: ({ message }) => message,
      onSuccess: () => undefined
    })
    if (failure === undefined) {
      if (pause > 0)
        yield* Effect.annotateLogs(Effect.logInfo(`alerts by ${way.name} arrive again`), { way: way.name })
      pause = 0
      return true
    }
    if (pause === 0) {
      yield* Effect.annotateLogs(
        Effect.logWarning(`${failure}; alerts by ${way.name} are tried again, less and less often`),
        { way: way.name }
      )
    }
    pause = Math.min(longestPause, Math.max(firstPause, pause * 2))
    notBefore = (yield* Clock.currentTimeMillis) + pause
    return false
  })
  return { send, mayTry: (now: number) => now >= notBefore }
}

/**
 * Looks until the scope closes; `last` looks once more, for a run that ends. Each way is told by itself: one out of order
 * neither silences another nor makes it repeat.
 */
export const watch = (
  loaded: Loaded,
  operations: Operations
): Effect.Effect<{ readonly last: Effect.Effect<void> }, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { name, alerts } = loaded
    if (alerts === undefined) return { last: Effect.void }
    const limits = limitsOf(loaded)
    const remindEvery = Duration.toMillis(alerts.remindEvery)

    const tellBy = Effect.fnUntraced(function* (way: Send.Way) {
      const file = fileOf(loaded, way.name)
      const turn = yield* Semaphore.make(1)
      const { send, mayTry } = patient(name, way)
      let told: Told = yield* Note.recall(file)
      yield* Note.write(file, told)
      const look = (isLast: boolean) =>
        Effect.gen(function* () {
          const now = yield* Clock.currentTimeMillis
          if (!isLast && !mayTry(now)) return
          const status = yield* operations.status()
          const next = due(told, conditionsOf(status, now, limits), status, now, remindEvery)
          if (next.alerts.length > 0) {
            if (!(yield* send(next.alerts))) return
            yield* Effect.annotateLogs(
              Effect.logInfo(`alert sent by ${way.name}: ${next.alerts.map(({ text }) => text).join("; ")}`),
              { way: way.name }
            )
          }
          const isNews = JSON.stringify(next.told) !== JSON.stringify(told)
          told = next.told
          if (isNews) yield* Note.write(file, told)
        }).pipe(
          turn.withPermit,
          // What cannot be looked at is no reason to stop looking: the exporter itself ends when its outbox is gone.
          Effect.catch(({ message }) => Effect.logDebug(message))
        )
      yield* Effect.forkScoped(Effect.forever(Effect.andThen(look(false), Effect.sleep(lookEvery))))
      return Effect.ignore(Effect.timeout(look(true), lastWord))
    })
    const looks = yield* Effect.forEach(alerts.ways, tellBy)
    return { last: Effect.all(looks, { concurrency: "unbounded", discard: true }) }
  })

/** Tells that the exporter has stopped for a reason of its own: once, however often it is started and stops again. */
export const stopped = (loaded: Loaded, reason: string): Effect.Effect<void> => {
  const { name, alerts } = loaded
  if (alerts === undefined) return Effect.void
  const tellBy = Effect.fnUntraced(function* (way: Send.Way) {
    const file = fileOf(loaded, way.name)
    const now = yield* Clock.currentTimeMillis
    const next = dueAtStop(yield* Note.recall(file), reason, now, Duration.toMillis(alerts.remindEvery))
    if (next.alerts.length === 0) return
    if (yield* patient(name, way).send(next.alerts)) yield* Note.write(file, next.told)
  })
  return Effect.ignore(
    Effect.timeout(Effect.forEach(alerts.ways, tellBy, { concurrency: "unbounded", discard: true }), lastWord)
  )
}
