/** Dead letters that go: purged, or come back to life in an append. */
import * as Effect from "effect/Effect"
import type { Changes } from "./changes.ts"
import type { Run } from "./client.ts"
import type { SqlFailure } from "./failure.ts"
import { longs } from "./parameters.ts"
import type { Statements } from "./statements.ts"

interface Gone {
  readonly route: string
  readonly reason: string
  readonly raw: number | null
  readonly kept: number
  readonly shared: boolean
}

/** Takes dead letters out; returns those there were. Bytes that several share go with the last of them. */
export const unbury = Effect.fnUntraced(function* (
  run: Run,
  sql: Statements,
  changes: Changes,
  ids: ReadonlyArray<number>
): Effect.fn.Return<ReadonlyArray<Pick<Gone, "route" | "reason">>, SqlFailure> {
  if (ids.length === 0) return []
  const asked = longs([...new Set(ids)])
  const gone = yield* run<Gone>(sql.removeDead, [asked])
  yield* run(sql.removeKeys, [asked])
  for (const { route, reason, kept, shared } of gone) {
    changes.count(route, "dead", reason, -1)
    if (!shared) changes.count("", "+dead", "", -kept)
  }
  const raw = [...new Set(gone.flatMap((letter) => letter.raw ?? []))]
  if (raw.length === 0) return gone
  // Another transaction that takes out the other letters of the same bytes waits here, and sees ours gone.
  yield* run(sql.lockRaw, [longs(raw)])
  const removed = yield* run<{ size: number }>(sql.removeRaw, [longs(raw)])
  for (const { size } of removed) changes.count("", "+dead", "", -size)
  return gone
})
