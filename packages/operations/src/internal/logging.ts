/**
 * The log's part of what needs attention: a line when a condition comes or rises, and one when it goes.
 */
import * as Log from "@millrace/core/Log"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { OperationError } from "../Operations.ts"
import type { Status } from "../Status.ts"
import { conditionsOf, deadOf, limitsOf } from "./conditions.ts"
import { type Alert, due, nothingTold, type Told } from "./due.ts"
import type { Watched } from "./watched.ts"

const lookEvery = "2 seconds"

const line = ({ condition, kind, lane, route, source, text }: Alert): Effect.Effect<void> =>
  Log.write(kind === "healed" ? "attention-over" : "attention-needed", text, {
    condition,
    ...(route === undefined ? {} : { route }),
    ...(lane === undefined ? {} : { lane }),
    ...(source === undefined ? {} : { source })
  })

/** Tells until the scope closes. Nothing is kept for a restart: a new log begins with what holds. */
export const logging = Effect.fnUntraced(function* (
  { definition, thresholds }: Watched,
  status: Effect.Effect<Status, OperationError>
): Effect.fn.Return<void, never, Scope.Scope> {
  const limits = limitsOf(definition, thresholds, true)
  let told: Told | undefined
  const look = Effect.gen(function* () {
    const standing = yield* status
    const now = yield* Clock.currentTimeMillis
    // Dead letters that were there before are no news.
    const before: Told = told ?? { ...nothingTold, dead: deadOf(standing) }
    const found = conditionsOf(standing, now, limits, (key) => key in before.standing)
    const next = due(before, found, standing, now, Number.POSITIVE_INFINITY)
    told = next.told
    yield* Effect.forEach(next.alerts, line, { discard: true })
  }).pipe(
    // What cannot be looked at is no reason to stop looking: the exporter itself ends when its outbox is gone.
    Effect.catch(({ message }) => Effect.logDebug(message))
  )
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(look, Effect.sleep(lookEvery))))
})
