/** Carries out appends, settlements and compositions in one transaction: locks and reads, decides, writes. */
import type { OutboxError, Settlement, Stored, TrackKey } from "@millrace/core/Outbox"
import * as OutboxRefusals from "@millrace/core/OutboxRefusals"
import * as OutboxRules from "@millrace/core/OutboxRules"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as AppendRules from "./appendRules.ts"
import type { Answer, Call, Entry } from "./calls.ts"
import * as Changes from "./changes.ts"
import type { Run } from "./client.ts"
import * as Compositions from "./compositions.ts"
import * as Dead from "./dead.ts"
import * as Existing from "./existing.ts"
import type { SqlFailure } from "./failure.ts"
import * as Fences from "./fences.ts"
import * as Heads from "./heads.ts"
import type { Names } from "./names.ts"
import { bytes, integers, longs } from "./parameters.ts"
import * as SettleRules from "./settleRules.ts"
import type { Statements } from "./statements.ts"

/** What a transaction is made in. */
export interface Around {
  readonly sql: Statements
  readonly names: Names
  readonly session: number
  /** Whether there is no room when so much was added. */
  readonly isFull: (added: Changes.Weight) => boolean
}

/** What became of the calls, and what was added by it. */
export interface Outcome {
  readonly answers: ReadonlyArray<Answer>
  readonly weight: Changes.Weight
}

type Append = Extract<Call, { kind: "append" }>
type Settle = Extract<Call, { kind: "settle" }>
type Compose = Extract<Call, { kind: "compose" }>

const isAppend = (call: Call): call is Append => call.kind === "append"
const isSettle = (call: Call): call is Settle => call.kind === "settle"

/** The codec of bytes that nothing reads. */
const nothing = { name: "", parameter: "" }

/** Makes the numbers known that the calls need; outside of a transaction. */
export const prepare = Effect.fnUntraced(function* (names: Names, calls: ReadonlyArray<Call>) {
  const tracks = calls.flatMap((call): ReadonlyArray<TrackKey> => {
    if (call.kind === "append") return call.entry.parcels
    return call.kind === "compose" ? [call.track] : []
  })
  if (tracks.length > 0) yield* names.learnHeads(tracks)
  const codecs = calls
    .filter(isAppend)
    .flatMap(({ entry }) => [
      ...entry.parcels.map(({ records }) => ({ name: records.codec, parameter: records.parameter })),
      ...entry.buried.map(({ codec, parameter }) => ({ name: codec, parameter }))
    ])
  yield* names.learnCodecs([...codecs, nothing])
})

export const carryOut = Effect.fnUntraced(function* (
  run: Run,
  around: Around,
  calls: ReadonlyArray<Call>
): Effect.fn.Return<Outcome, SqlFailure> {
  const { sql, names, session } = around
  const tokens = calls.map((call) => (call.kind === "append" ? call.entry.advance?.token : call.token))
  const fences = yield* Fences.lock(run, sql, tokens)
  const before = yield* Existing.lock(
    run,
    sql,
    fences,
    calls.filter(isAppend).map(({ entry }) => entry)
  )
  const parcels = yield* lockParcels(
    run,
    sql,
    calls.filter(isSettle).flatMap((call) => call.settlements)
  )

  const changes = Changes.make()
  const after = { fences, checkpoints: new Map(before.checkpoints), seen: new Map(before.seen) }
  const taken: Array<Entry> = []
  const composed: Array<Compositions.Composed> = []
  /** Which of the places are an append's, since they are known at the end. */
  const spans = new Map<number, readonly [from: number, to: number]>()
  const append = (entry: Entry, index: number): Answer => {
    if (around.isFull(changes.weight) && !OutboxRules.revives(entry)) return Result.succeed(undefined)
    const refusal = AppendRules.refusalOf(after, entry)
    if (refusal !== undefined) return Result.fail(refusal)
    const from = changes.parcels.length
    add(changes, names, entry)
    taken.push(entry)
    spans.set(index, [from, changes.parcels.length])
    return Result.succeed([])
  }
  const settle = (call: Settle): Answer => {
    const lost = lostAmong(fences, parcels, call)
    if (lost !== undefined) return Result.fail(lost)
    const unreadable = names.codecId(nothing.name, nothing.parameter)
    return Result.succeed(
      call.settlements.reduce((sum, one) => sum + SettleRules.settle(parcels, changes, one, unreadable), 0)
    )
  }
  const compose = ({ track, compositions, replaces, token }: Compose): Answer => {
    if (!Fences.holdsTrack(fences, token, track)) return Result.fail(OutboxRefusals.lostTrack(track))
    composed.push({ head: names.headOf(track), compositions, replaces })
    return Result.succeed(0)
  }
  const answers = calls.map((call, index): Answer => {
    if (call.kind === "append") return append(call.entry, index)
    return call.kind === "settle" ? settle(call) : compose(call)
  })

  yield* Dead.unbury(
    run,
    sql,
    changes,
    taken.flatMap(({ revives = [] }) => revives)
  )
  yield* Existing.write(run, sql, before, after, changes, taken)
  const { places, numbers } = yield* Heads.place(run, sql, session, changes)
  yield* writeParcels(run, sql, parcels)
  yield* Changes.write(run, sql, session, changes, numbers)
  yield* Compositions.keep(run, sql, composed)
  return {
    answers: answers.map((answer, index) => {
      const span = spans.get(index)
      return span === undefined ? answer : Result.succeed<ReadonlyArray<Stored>>(places.slice(...span))
    }),
    weight: changes.weight
  }
})

const lockParcels = Effect.fnUntraced(function* (
  run: Run,
  sql: Statements,
  settlements: ReadonlyArray<Settlement>
): Effect.fn.Return<SettleRules.Parcels, SqlFailure> {
  const sequences = [...new Set(settlements.map(({ parcel }) => parcel))]
  const rows =
    sequences.length === 0 ? [] : yield* run<SettleRules.Locked>(sql.lockParcels, [longs(sequences)])
  const needed = [...new Set(settlements.filter(SettleRules.needsContent).map(({ parcel }) => parcel))]
  const contents = needed.length === 0 ? [] : yield* run<SettleRules.Content>(sql.contents, [longs(needed)])
  return {
    locked: new Map(rows.map((row) => [row.seq, row])),
    contents: new Map(contents.map((row) => [row.seq, row])),
    gone: new Set(),
    marked: new Set(),
    rewritten: new Map()
  }
})

/** Refuses who is not the owner of the parcels' track; parcels that are gone are of none. */
const lostAmong = (
  fences: Fences.Fences,
  { locked }: SettleRules.Parcels,
  { settlements, token }: Settle
): OutboxError | undefined => {
  for (const { parcel } of settlements) {
    const found = locked.get(parcel)
    if (found !== undefined && !Fences.holdsTrack(fences, token, found))
      return OutboxRefusals.lostTrack(found)
  }
  return undefined
}

const add = (
  changes: Changes.Changes,
  names: Names,
  { origin, at, parcels, buried, counts }: Entry
): void => {
  for (const { route, kind, key, events } of counts) changes.count(route, kind, key, events)
  for (const parcel of parcels) {
    const { route, lane, records } = parcel
    const codec = names.codecId(records.codec, records.parameter)
    changes.parcels.push({ ...origin, head: names.headOf(parcel), codec, at, records, sequence: 0 })
    changes.count(route, "waiting", lane, records.ends.length)
    changes.count(route, "+bytes", lane, records.bytes.length)
  }
  for (const { routes, reason, detail, record, length, codec, parameter } of buried) {
    const kept = record.length
    changes.raw.push(record)
    changes.count("", "+dead", "", kept)
    const letter = {
      lane: "",
      reason,
      detail,
      attempts: 0,
      at,
      codec: names.codecId(codec, parameter),
      length,
      kept
    }
    for (const route of routes) {
      changes.dead.push({ ...origin, ...letter, route, record: changes.raw.length - 1 })
      changes.count(route, "dead", reason, 1)
    }
  }
}

const writeParcels = Effect.fnUntraced(function* (
  run: Run,
  sql: Statements,
  { locked, gone, marked, rewritten }: SettleRules.Parcels
): Effect.fn.Return<void, SqlFailure> {
  for (const [sequence, { body, checksum }] of rewritten) {
    if (!gone.has(sequence)) yield* run(sql.rewriteParcel, [sequence, body, checksum])
  }
  const rows = [...marked].filter((sequence) => !gone.has(sequence)).map((sequence) => locked.get(sequence)!)
  if (rows.length > 0) {
    yield* run(sql.markParcels, [
      longs(rows.map(({ seq }) => seq)),
      bytes(rows.map(({ settled }) => settled)),
      integers(rows.map(({ attempts }) => attempts))
    ])
  }
  if (gone.size > 0) yield* Compositions.removeParcels(run, sql, [...gone])
})
