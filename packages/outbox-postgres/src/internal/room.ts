/** Whether the outbox has reached the size that its settings allow, over all instances. */
import type { Usage } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type { Weight } from "./changes.ts"
import type { Run } from "./client.ts"
import type { SqlFailure } from "./failure.ts"
import type { Statements } from "./statements.ts"

/** What is used, as of the last look and of our own changes since. */
export interface Room {
  readonly usage: () => Usage
  readonly latch: Latch.Latch
  readonly isFullWith: (added: Weight) => boolean
  /** To be told of every change of ours, once it is durable. */
  readonly add: (weight: Weight) => void
  /** Looks what others changed; between two of our own changes. */
  readonly look: Effect.Effect<void, SqlFailure>
}

interface Share {
  readonly kind: string
  readonly events: number
}

const nothing: Weight = { bytes: 0, entries: 0 }

export const make = Effect.fnUntraced(function* (
  run: Run,
  sql: Statements,
  limit: number | undefined
): Effect.fn.Return<Room, SqlFailure> {
  const latch = yield* Latch.make(true)
  /** What there is, as of the last look, and of our own changes since. */
  let known: Weight = nothing

  const isFullWith = (added: Weight): boolean =>
    limit !== undefined && known.bytes + added.bytes >= limit && known.entries + added.entries > 0

  const become = (weight: Weight): void => {
    known = weight
    if (isFullWith(nothing)) latch.closeUnsafe()
    else latch.openUnsafe()
  }

  const look = Effect.map(run<Share>(sql.weights), (rows) => {
    const sum = (of: (kind: string) => boolean) =>
      rows.reduce((total, { kind, events }) => (of(kind) ? total + events : total), 0)
    become({ bytes: sum((kind) => kind[0] === "+"), entries: sum((kind) => kind[0] !== "+") })
  })

  yield* look
  return {
    usage: () => ({ bytes: known.bytes, limit }),
    latch,
    isFullWith,
    add: ({ bytes, entries }) => become({ bytes: known.bytes + bytes, entries: known.entries + entries }),
    look
  }
})
