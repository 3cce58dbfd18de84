/** Outboxes of a test's server, each in a schema of its own, on real time whatever clock the test has. */
import { PgConnection } from "@effect/sql-pg"
import { Outbox } from "@millrace/core/Outbox"
import { OutboxPostgres } from "@millrace/outbox-postgres"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { Server } from "./server.ts"

let schemas = 0

export const newSchema = (): string => `s${++schemas}`

/** The clock of the machine: a server keeps no other. */
const realClock = Effect.runSync(Clock.Clock)

export const outboxOf = (server: Pick<Server, "url">, options: Partial<OutboxPostgres.Options> = {}) =>
  OutboxPostgres.layer({ url: Redacted.make(server.url()), ...options }).pipe(
    Layer.provide(Layer.succeed(Clock.Clock, realClock))
  )

/** Opens an outbox until the scope closes. */
export const opened = (server: Pick<Server, "url">, options: Partial<OutboxPostgres.Options> = {}) =>
  Effect.map(
    Effect.flatMap(Effect.scope, (scope) =>
      Layer.buildWithMemoMap(outboxOf(server, options), Layer.makeMemoMapUnsafe(), scope)
    ),
    (context) => Context.get(context, Outbox)
  )

/** Runs a statement on the server itself. */
export const sql = (server: Pick<Server, "url">, text: string) =>
  Effect.scoped(
    Effect.flatMap(PgConnection.make({ url: Redacted.make(server.url()) }), (connection) =>
      Effect.map(connection.query(text), ({ rows }) => rows)
    )
  )
