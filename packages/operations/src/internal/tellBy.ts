/**
 * Telling by one way: what is due is sent, tried again after a failure, and noted when it was taken.
 */
import { join } from "node:path"
import * as Log from "@millrace/core/Log"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type { OperationError, Target } from "../Operations.ts"
import type { Status } from "../Status.ts"
import { conditionsOf, limitsOf } from "./conditions.ts"
import { type Alert, due, type Told } from "./due.ts"
import { alone, type Fleet, sharing } from "./fleet.ts"
import * as Note from "./told.ts"
import type { Watched, Way } from "./watched.ts"

const lookEvery = "2 seconds"

/** Milliseconds until a way that failed is tried again: twice as long each time. */
const firstPause = 5000
const longestPause = 5 * 60_000

/** The most milliseconds until it is told that something is over which may be back at once. */
const longestCalm = 30_000

export const fileOf = ({ store }: Target, name: string) =>
  store.directory === undefined ? undefined : join(store.directory, `alerts-${name}.json`)

/** Sends by one way; says once when it fails, and once when it works again. */
export const patient = (exporter: string, way: Way) => {
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

/** How the exporter stands: as others have just asked, too, and at this moment. */
interface Standing {
  readonly status: Effect.Effect<Status, OperationError>
  readonly fresh: Effect.Effect<Status, OperationError>
}

/** Tells by one way until the scope closes; yields one last look. */
export const tellBy = Effect.fnUntraced(function* (
  watched: Watched,
  { fresh, status: standing }: Standing,
  way: Way,
  fleet: Fleet | undefined
): Effect.fn.Return<Effect.Effect<void>, never, Scope.Scope> {
  const { definition, name, thresholds } = watched
  const limits = limitsOf(definition, thresholds, false)
  const remindEvery = Duration.toMillis(watched.remindEvery)
  const calm = Math.min(longestCalm, 3 * thresholds.noSuccessFor)
  const file = fileOf(watched, way.name)
  const turn = yield* Semaphore.make(1)
  const { send, mayTry } = patient(name, way)
  const turns = fleet === undefined ? alone : yield* sharing(fleet, way.name)
  let told: Told = yield* Note.recall(file)
  yield* Note.write(file, told)
  const look = Effect.fnUntraced(
    function* (isLast: boolean) {
      const now = yield* Clock.currentTimeMillis
      if (!isLast && !mayTry(now)) return
      const status = yield* isLast ? fresh : standing
      const before = yield* turns.before(told, now)
      const found = conditionsOf(status, now, limits, (key) => key in before.standing)
      // Who ends cannot tell later.
      const next = due(before, found, status, now, remindEvery, isLast ? 0 : calm)
      const mine = yield* turns.of(before, next)
      if (mine.alerts.length > 0) {
        if (!(yield* send(mine.alerts))) return
        yield* Log.write(
          "alert-sent",
          `alert sent by ${way.name}: ${mine.alerts.map(({ key, kind }) => `${key} (${kind})`).join(", ")}`,
          { way: way.name }
        )
      }
      yield* mine.sent
      const isNews = JSON.stringify(mine.told) !== JSON.stringify(told)
      told = mine.told
      if (isNews) yield* Note.write(file, told)
    },
    Effect.scoped,
    turn.withPermit,
    // What cannot be looked at is no reason to stop looking: the exporter itself ends when its outbox is gone.
    Effect.catch(({ message }) => Effect.logDebug(message))
  )
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(look(false), Effect.sleep(lookEvery))))
  return look(true)
})
