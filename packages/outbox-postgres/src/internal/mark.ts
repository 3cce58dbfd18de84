/** Whether the outbox is being moved away, was moved, or is being filled from another. */
import type { OutboxError } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"
import type { Run } from "./client.ts"
import { type SqlFailure, unavailable } from "./failure.ts"
import { quoted } from "./statements.ts"

/** `leaving` and `left`: its content goes, or went, to another. `filling` and `filled`: it comes, or came, from another. */
export interface Mark {
  /** Its own id. */
  readonly id: string
  readonly state: "leaving" | "left" | "filling" | "filled" | "none"
  /** The id of the store that it is filled from. */
  readonly source: string
  /** Where the other is, for people. */
  readonly name: string
  /** The last page that was put. */
  readonly place: string | null
}

/** With `lock` until the transaction ends. */
export const read = (
  run: Run,
  schema: string,
  lock: "" | "for update" = ""
): Effect.Effect<Mark | undefined, SqlFailure> =>
  Effect.map(
    run<Mark>(`select id, state, source, name, place from ${quoted(schema)}.transfer where one = 1 ${lock}`),
    ([row]) => row
  )

export const write = (
  run: Run,
  schema: string,
  { id, state, source, name, place }: Mark
): Effect.Effect<void, SqlFailure> =>
  Effect.asVoid(
    run(
      `insert into ${quoted(schema)}.transfer (one, id, state, source, name, place) values (1, $1, $2, $3, $4, $5)
       on conflict (one) do update set id = excluded.id, state = excluded.state, source = excluded.source,
         name = excluded.name, place = excluded.place`,
      [id, state, source, name, place]
    )
  )

/** Why a store must not be opened. */
const problemOf = (schema: string, { state, name }: Mark): string | undefined => {
  const outbox = `the outbox in schema ${schema}`
  switch (state) {
    case "leaving":
      return `${outbox} is being moved to ${name}; run the same millrace outbox migrate again to end that, or with --give-up to keep this one`
    case "left":
      return `all that ${outbox} held was moved to ${name}; run the exporters with that outbox, or give another schema`
    case "filling":
      return `${outbox} is being filled from ${name}; run the same millrace outbox migrate again to end that`
    case "filled":
    case "none":
      return undefined
  }
}

/** Refuses a mark by which what the outbox holds is not here, or not all of it. */
export const expectHere = (schema: string, mark: Mark | undefined): Effect.Effect<void, OutboxError> => {
  const problem = mark === undefined ? undefined : problemOf(schema, mark)
  return problem === undefined ? Effect.void : Effect.fail(unavailable(problem))
}
