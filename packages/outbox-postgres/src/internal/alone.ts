/** That nobody else uses the tables. */
import { OutboxError } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"
import type { Run } from "./client.ts"
import type { SqlFailure } from "./failure.ts"
import { quoted } from "./statements.ts"

/** Who was heard of within the lease. */
export const others = (run: Run, schema: string): Effect.Effect<ReadonlyArray<string>, SqlFailure> =>
  Effect.map(
    run<{ name: string }>(
      `select coalesce(name, 'a command') as name from ${quoted(schema)}.session where until > clock_timestamp() order by 1`
    ),
    (rows) => rows.map(({ name }) => name)
  )

export const expectAlone = (run: Run, schema: string): Effect.Effect<void, OutboxError | SqlFailure> =>
  Effect.flatMap(others(run, schema), (names) =>
    names.length === 0
      ? Effect.void
      : Effect.fail(
          new OutboxError({
            reason: "Owned",
            detail: `the outbox in schema ${schema} is in use by ${names.join(", ")}; stop it, then run again: one that was killed counts as gone when its lease has run out`
          })
        )
  )
