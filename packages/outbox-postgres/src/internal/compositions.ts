/** Compositions: which events leave together as one message. */
import * as Bitmap from "@millrace/core/Bitmap"
import type { Composition, Sequence } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"
import { takeNumbers } from "./changes.ts"
import type { Run } from "./client.ts"
import type { SqlFailure } from "./failure.ts"
import { longs, texts } from "./parameters.ts"
import type { Statements } from "./statements.ts"

type Members = Composition["members"]

export interface Composed {
  readonly head: number
  readonly compositions: ReadonlyArray<Composition>
  readonly replaces: ReadonlyArray<string>
}

/** Removes compositions by track and name. */
const drop = Effect.fnUntraced(function* (
  run: Run,
  sql: Statements,
  named: ReadonlyArray<{ readonly head: number; readonly name: string }>
) {
  if (named.length === 0) return
  const rows = yield* run<{ id: number }>(sql.dropCompositions, [
    longs(named.map(({ head }) => head)),
    texts(named.map(({ name }) => name))
  ])
  if (rows.length > 0) yield* run(sql.unlinkCompositions, [longs(rows.map(({ id }) => id))])
})

/** Tells of a member whether it is not settled. */
const waiting = Effect.fnUntraced(function* (
  run: Run,
  sql: Statements,
  compositions: ReadonlyArray<Composition>
): Effect.fn.Return<(member: Members[number]) => boolean, SqlFailure> {
  const parcels = [...new Set(compositions.flatMap(({ members }) => parcelsOf(members)))]
  const rows =
    parcels.length === 0
      ? []
      : yield* run<{ seq: number; settled: Uint8Array | null; events: number }>(sql.waitingAmong, [
          longs(parcels)
        ])
  const found = new Map(rows.map(({ seq, settled, events }) => [seq, settled ?? Bitmap.empty(events)]))
  return ({ parcel, position }) => {
    const settled = found.get(parcel)
    return settled !== undefined && !Bitmap.has(settled, position)
  }
})

/** Keeps compositions, in place of those that they replace. One without a waiting event is not kept. */
export const keep = Effect.fnUntraced(function* (
  run: Run,
  sql: Statements,
  calls: ReadonlyArray<Composed>
): Effect.fn.Return<void, SqlFailure> {
  if (calls.length === 0) return
  // By track and name: a later call of the same transaction replaces what an earlier one keeps.
  const kept = new Map<string, { readonly head: number; readonly composition: Composition }>()
  const dropped: Array<{ readonly head: number; readonly name: string }> = []
  for (const { head, compositions, replaces } of calls) {
    for (const name of replaces) {
      dropped.push({ head, name })
      kept.delete(JSON.stringify([head, name]))
    }
    for (const composition of compositions) {
      dropped.push({ head, name: composition.id })
      kept.set(JSON.stringify([head, composition.id]), { head, composition })
    }
  }
  yield* drop(run, sql, dropped)
  const all = [...kept.values()]
  const waits = yield* waiting(
    run,
    sql,
    all.map(({ composition }) => composition)
  )
  const rows = all.filter(({ composition }) => composition.members.some(waits))
  if (rows.length === 0) return
  const { other } = yield* takeNumbers(run, sql, 0, 0, rows.length)
  yield* run(sql.addCompositions, [
    longs(other),
    longs(rows.map(({ head }) => head)),
    texts(rows.map(({ composition }) => composition.id)),
    texts(rows.map(({ composition }) => encode(composition.members)))
  ])
  const links = rows.flatMap(({ composition: { members } }, index) =>
    parcelsOf(members.filter(waits)).map((parcel) => ({ parcel, composition: other[index]! }))
  )
  yield* run(sql.linkCompositions, [
    longs(links.map(({ parcel }) => parcel)),
    longs(links.map(({ composition }) => composition))
  ])
})

/** Removes parcels; compositions without another parcel go with them. */
export const removeParcels = Effect.fnUntraced(function* (
  run: Run,
  sql: Statements,
  parcels: ReadonlyArray<Sequence>
) {
  const rows = yield* run<{ composition: number }>(sql.removeParcels, [longs(parcels)])
  const ids = [...new Set(rows.map(({ composition }) => composition))]
  if (ids.length > 0) yield* run(sql.dropUnlinked, [longs(ids)])
})

/** Compositions of a track, each with those of its members that are not settled; without those that have none. */
export const read = Effect.fnUntraced(function* (
  run: Run,
  sql: Statements,
  head: number
): Effect.fn.Return<ReadonlyArray<Composition>, SqlFailure> {
  const rows = yield* run<Row>(sql.compositions, [head])
  return (yield* open(run, sql, rows)).map(({ composition }) => composition)
})

export interface Row {
  readonly id: number
  readonly name: string
  readonly members: string
}

/** Those with waiting events, each with these. */
export const open = Effect.fnUntraced(function* <R extends Row>(
  run: Run,
  sql: Statements,
  rows: ReadonlyArray<R>
): Effect.fn.Return<ReadonlyArray<{ readonly row: R; readonly composition: Composition }>, SqlFailure> {
  const all = rows.map((row) => ({ row, composition: { id: row.name, members: decode(row.members) } }))
  const waits = yield* waiting(
    run,
    sql,
    all.map(({ composition }) => composition)
  )
  return all.flatMap(({ row, composition: { id, members } }) => {
    const left = members.filter(waits)
    return left.length === 0 ? [] : [{ row, composition: { id, members: left } }]
  })
})

const parcelsOf = (members: Members): ReadonlyArray<Sequence> => [
  ...new Set(members.map(({ parcel }) => parcel))
]

const encode = (members: Members): string =>
  JSON.stringify(members.flatMap(({ parcel, position }) => [parcel, position]))

const decode = (text: string): Members => {
  const numbers: ReadonlyArray<number> = JSON.parse(text)
  return Array.from({ length: numbers.length / 2 }, (_, i) => ({
    parcel: numbers[2 * i]!,
    position: numbers[2 * i + 1]!
  }))
}
