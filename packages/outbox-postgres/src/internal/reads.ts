/** What is read without a transaction. */
import * as Bitmap from "@millrace/core/Bitmap"
import type { Checkpoint, Split } from "@millrace/core/Intake"
import type { Count, Kind } from "@millrace/core/Ledger"
import type { LaneState, Looks, Parcel, Sequence, SplitPage } from "@millrace/core/Outbox"
import * as OutboxRules from "@millrace/core/OutboxRules"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Checksum from "./checksum.ts"
import type { Run } from "./client.ts"
import type { SqlFailure } from "./failure.ts"
import { type GateRow, gateOf } from "./gates.ts"
import { type Codec, keyOf } from "./names.ts"
import { offsetsOf } from "./settleRules.ts"
import type { Statements } from "./statements.ts"

/** The most checkpoints that are looked at in one go. */
const mostSplits = 500

/** A parcel as its row holds it. */
export interface ParcelRow {
  readonly seq: Sequence
  readonly codec: number
  readonly events: number
  readonly at: number
  readonly source: string
  readonly split: string
  readonly position: string
  readonly ends: Uint8Array
  readonly body: Uint8Array
  readonly checksum: number
  readonly settled: Uint8Array | null
  readonly attempts: number
}

export const parcelOf = (row: ParcelRow, { name, parameter }: Codec): Parcel => {
  const { source, split, position, body, ends } = row
  return {
    sequence: row.seq,
    records: { codec: name, parameter, bytes: body, ends: offsetsOf(ends) },
    origin: { source, split, position },
    appendedAt: row.at,
    settled: row.settled === null ? Bitmap.empty(row.events) : new Uint8Array(row.settled),
    attempts: row.attempts,
    damaged: !Checksum.holds(row.checksum, body, ends)
  }
}

/** Counts of ours alone begin with a sign. */
const isKind = (kind: string): kind is Kind => kind[0] !== "+"

export const counts = (run: Run, sql: Statements): Effect.Effect<ReadonlyArray<Count>, SqlFailure> =>
  Effect.map(run<{ route: string; kind: string; key: string; events: number }>(sql.ledger), (rows) =>
    rows.flatMap(({ route, kind, key, events }) => (isKind(kind) ? [{ route, kind, key, events }] : []))
  )

export const lanes = Effect.fnUntraced(function* (
  run: Run,
  sql: Statements
): Effect.fn.Return<ReadonlyArray<LaneState>, SqlFailure> {
  const rows = yield* run<GateRow>(sql.lanes)
  const counted = yield* run<{ route: string; kind: string; key: string; events: number }>(sql.ledger)
  const oldest = new Map(
    (yield* run<{ lane: number; at: number }>(sql.oldest)).map(({ lane, at }) => [lane, at])
  )
  const sums = new Map(counted.map(({ route, kind, key, events }) => [keyOf(route, kind, key), events]))
  return rows.flatMap((row) => {
    const { id, route, lane } = row
    const waiting = sums.get(keyOf(route, "waiting", lane)) ?? 0
    const gate = gateOf(row)
    if (waiting === 0 && gate === undefined) return []
    const bytes = sums.get(keyOf(route, "+bytes", lane)) ?? 0
    return [{ route, lane, waiting, bytes, oldest: oldest.get(id), gate: gate ?? OutboxRules.openGate }]
  })
})

export const checkpoint = (
  run: Run,
  sql: Statements,
  source: string,
  split: Split
): Effect.Effect<Option.Option<Checkpoint>, SqlFailure> =>
  Effect.map(run<{ position: Checkpoint }>(sql.checkpoint, [source, split]), ([row]) =>
    Option.fromUndefinedOr(row?.position)
  )

export const looks = (run: Run, text: string, source: string): Effect.Effect<Looks, SqlFailure> =>
  Effect.map(run<Looks>(text, [source]), ([row]) => row ?? { days: 0, at: 0 })

export const splits = Effect.fnUntraced(function* (
  run: Run,
  sql: Statements,
  source: string,
  day: number,
  after: Split | undefined
): Effect.fn.Return<SplitPage, SqlFailure> {
  const found = yield* run<{ split: Split; day: number }>(sql.splits, [source, after ?? null, mostSplits])
  const last = found.length < mostSplits ? undefined : found.at(-1)
  return {
    splits: found.filter((one) => one.day <= day),
    ...(last === undefined ? {} : { after: last.split })
  }
})
