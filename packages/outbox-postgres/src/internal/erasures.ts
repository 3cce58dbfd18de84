/** Users who were erased, and the writing anew of the tables that held their events. */
import type { Erasures } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"
import type { Client, Run } from "./client.ts"
import type { SqlFailure } from "./failure.ts"
import type { Statements } from "./statements.ts"

export const all = Effect.fnUntraced(function* (
  run: Run,
  sql: Statements
): Effect.fn.Return<Erasures, SqlFailure> {
  const [row] = yield* run<{ key: string }>(sql.key)
  const users = yield* run<{ digest: string; at: number }>(sql.erasures)
  return { key: row!.key, users: new Map(users.map(({ digest, at }) => [digest, at])) }
})

export const isScrubDue = (run: Run, sql: Statements): Effect.Effect<boolean, SqlFailure> =>
  Effect.map(run<{ scrub: boolean }>(sql.key), ([row]) => row?.scrub === true)

/** Writing a table anew may take as long as it likes. */
const patience = "6 hours"

/** Writes the tables anew, so that nothing of what was removed stands in them. A server without this way of doing it says so. */
export const scrub = Effect.fnUntraced(function* (
  client: Client,
  sql: Statements
): Effect.fn.Return<void, SqlFailure> {
  const run = client.once(patience)
  for (const text of sql.rewrite) yield* run(text)
  yield* client.run(sql.setScrub, [false])
})
