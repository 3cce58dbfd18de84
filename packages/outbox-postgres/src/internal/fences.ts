/** Leases that a transaction speaks by, locked so that no other takes them until it ends. */
import type { Token, TrackKey } from "@millrace/core/Outbox"
import * as OutboxRules from "@millrace/core/OutboxRules"
import * as Effect from "effect/Effect"
import type { Run } from "./client.ts"
import { longs } from "./parameters.ts"
import type { Statements } from "./statements.ts"

/** Names by the token of the lease. A lease that another has by now is not among them. */
export type Fences = ReadonlyMap<Token, string>

export const lock = (run: Run, sql: Statements, tokens: ReadonlyArray<Token | undefined>) => {
  const given = [...new Set(tokens.filter((token) => token !== undefined))]
  return given.length === 0
    ? Effect.succeed<Fences>(new Map())
    : Effect.map(
        run<{ token: number; name: string }>(sql.fence, [longs(given)]),
        (rows): Fences => new Map(rows.map(({ token, name }) => [token, name]))
      )
}

/** Whether the token is of the lease of that name. */
export const holds = (fences: Fences, token: Token, name: string): boolean => fences.get(token) === name

/** Who settles, or composes, speaks for a track by its lease. */
export const holdsTrack = (fences: Fences, token: Token | undefined, track: TrackKey): boolean =>
  token !== undefined && holds(fences, token, OutboxRules.trackLease(track))
