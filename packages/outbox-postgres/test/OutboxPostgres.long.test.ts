import { OutboxPostgres } from "@millrace/outbox-postgres"
import { outboxConformance } from "@millrace/testing/OutboxConformance"
import { transferConformance } from "@millrace/testing/TransferConformance"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { afterAll, describe } from "vitest"
import { newSchema, outboxOf } from "./support/place.ts"
import * as Server from "./support/server.ts"

describe.skipIf(!Server.isThere)(Server.title("an outbox in PostgreSQL"), () => {
  const scope = Effect.runSync(Scope.make())
  const server = Effect.runPromise(Effect.cached(Scope.provide(Server.start(), scope))).then(
    (cached) => cached
  )
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

  outboxConformance("OutboxPostgres", {
    durable: true,
    layer: Effect.fnUntraced(function* (size) {
      const running = yield* Effect.flatten(Effect.promise(() => server))
      return outboxOf(running, { schema: newSchema(), size })
    })
  })

  transferConformance(
    "OutboxPostgres",
    Effect.fnUntraced(function* () {
      const running = yield* Effect.flatten(Effect.promise(() => server))
      const options = { url: Redacted.make(running.url()), schema: newSchema() }
      return { transfer: OutboxPostgres.transfer(options), layer: OutboxPostgres.layer(options) }
    })
  )
})
