/** Checkpoints and remembered ids of a transaction's appends: locked, and written as the appends leave them. */
import * as Effect from "effect/Effect"
import { checkpointKey, type Existing } from "./appendRules.ts"
import type { Entry } from "./calls.ts"
import { type Changes, seenBytes } from "./changes.ts"
import type { Run } from "./client.ts"
import { SqlFailure } from "./failure.ts"
import type { Fences } from "./fences.ts"
import { floats, texts } from "./parameters.ts"
import { shortKey } from "./shortKey.ts"
import type { Statements } from "./statements.ts"

/** Others took what we found missing, or stored what we stored: the transaction is made again, and finds it. */
export const again = new SqlFailure({ kind: "Conflict", code: "", detail: "others changed the same rows" })

/** Ids forgotten with an append, beyond twice those that it remembers: so what is due never grows. */
const forgotten = 64

/** Locks the rows, each table's in its order, so that two transactions never wait for each other. */
export const lock = Effect.fnUntraced(function* (
  run: Run,
  sql: Statements,
  fences: Fences,
  entries: ReadonlyArray<Entry>
): Effect.fn.Return<Existing, SqlFailure> {
  const checkpoints = new Map<string, string>()
  const advancing = entries.flatMap(({ origin, advance }) =>
    advance ? [[origin.source, advance.split] as const] : []
  )
  if (advancing.length > 0) {
    const rows = yield* run<{ source: string; split: string; position: string }>(sql.lockCheckpoints, [
      texts(advancing.map(([source]) => source)),
      texts(advancing.map(([, split]) => split))
    ])
    for (const { source, split, position } of rows) checkpoints.set(checkpointKey(source, split), position)
  }
  const seen = new Map<string, number>()
  const ids = [...new Set(entries.flatMap(({ remember = [] }) => remember.map(shortKey)))]
  if (ids.length > 0) {
    const rows = yield* run<{ id: string; at: number }>(sql.lockSeen, [texts(ids)])
    for (const { id, at } of rows) seen.set(id, at)
  }
  return { fences, checkpoints, seen }
})

/** Writes what the taken appends made of it. `before` is what was there when it was locked. */
export const write = Effect.fnUntraced(function* (
  run: Run,
  sql: Statements,
  before: Existing,
  after: Existing,
  changes: Changes,
  taken: ReadonlyArray<Entry>
): Effect.fn.Return<void, SqlFailure> {
  const moved = new Map<string, readonly [source: string, split: string, position: string]>()
  for (const { origin, advance } of taken) {
    if (advance === undefined) continue
    moved.set(checkpointKey(origin.source, advance.split), [origin.source, advance.split, advance.to])
  }
  const rows = [...moved].map(([key, row]) => ({ isNew: !before.checkpoints.has(key), row }))
  const columns = (isNew: boolean) => {
    const found = rows.filter((one) => one.isNew === isNew).map(({ row }) => row)
    return { size: found.length, columns: ([0, 1, 2] as const).map((i) => texts(found.map((row) => row[i]))) }
  }
  const [added, changed] = [columns(true), columns(false)]
  if (changed.size > 0) yield* run(sql.moveCheckpoints, changed.columns)
  if (added.size > 0) {
    const there = yield* run(sql.addCheckpoints, added.columns)
    if (there.length < added.size) return yield* again
  }
  yield* writeSeen(run, sql, before, after, changes, taken)
})

const writeSeen = Effect.fnUntraced(function* (
  run: Run,
  sql: Statements,
  before: Existing,
  after: Existing,
  changes: Changes,
  taken: ReadonlyArray<Entry>
): Effect.fn.Return<void, SqlFailure> {
  const changed = [...after.seen].filter(([id, at]) => before.seen.get(id) !== at)
  const added = changed.filter(([id]) => !before.seen.has(id))
  const moved = changed.filter(([id]) => before.seen.has(id))
  const columns = (rows: typeof changed) => [texts(rows.map(([id]) => id)), floats(rows.map(([, at]) => at))]
  if (moved.length > 0) yield* run(sql.moveSeen, columns(moved))
  if (added.length > 0) {
    const there = yield* run(sql.addSeen, columns(added))
    if (there.length < added.length) return yield* again
    changes.count("", "+seen", "", added.length * seenBytes)
  }
  const forgetting = taken.filter(({ forget }) => forget !== undefined)
  if (forgetting.length === 0) return
  const until = Math.max(...forgetting.map(({ forget }) => forget!))
  const most = forgetting.reduce((sum, { remember = [] }) => sum + 2 * remember.length + forgotten, 0)
  const gone = yield* run(sql.forgetSeen, [until, most])
  changes.count("", "+seen", "", -gone.length * seenBytes)
})
