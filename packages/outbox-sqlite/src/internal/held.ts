/** A state directory held by this process, and what is tried in it, as Effects. */
import type { OutboxError } from "@millrace/core/Outbox"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { fromCause } from "./failure.ts"
import * as Ownership from "./ownership.ts"
import * as Service from "./service.ts"

/** What `body` throws, as the port tells it. */
export const attempt = <A>(place: string, body: () => A): Effect.Effect<A, OutboxError> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(body())
    } catch (cause) {
      return Service.fail(fromCause(place, cause))
    }
  })

/** Holds a directory until the scope closes. */
export const held = (
  directory: string,
  hold: () => () => void
): Effect.Effect<void, OutboxError, Scope.Scope> =>
  Effect.acquireRelease(attempt(directory, hold), (release) => Effect.sync(release))

/** Owns it until the scope closes; makes it where it is missing. */
export const own = (directory: string): Effect.Effect<void, OutboxError, Scope.Scope> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => held(directory, () => Ownership.own(directory, now)))
