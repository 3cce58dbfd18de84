/** The heads of tracks: locked until the transaction ends, so that the order of sequences in a track is that of commit. */
import type { Stored } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"
import * as Changes from "./changes.ts"
import type { Run } from "./client.ts"
import { again } from "./existing.ts"
import type { SqlFailure } from "./failure.ts"
import { longs } from "./parameters.ts"
import type { Statements } from "./statements.ts"

interface Head {
  readonly id: number
  seq: number
  session: number
  other_seq: number
}

export interface Placed {
  /** In the order of the parcels. */
  readonly places: ReadonlyArray<Stored>
  readonly numbers: { readonly dead: ReadonlyArray<number>; readonly other: ReadonlyArray<number> }
}

/** Gives every parcel its sequence, once the heads of their tracks are locked, and moves the heads. */
export const place = Effect.fnUntraced(function* (
  run: Run,
  sql: Statements,
  session: number,
  { parcels, dead, raw }: Changes.Changes
): Effect.fn.Return<Placed, SqlFailure> {
  const ids = [...new Set(parcels.map(({ head }) => head))]
  const rows = ids.length === 0 ? [] : yield* run<Head>(sql.lockHeads, [longs(ids)])
  const heads = new Map(rows.map((head) => [head.id, head]))
  // In a statement after the locks, so that no number is taken before them.
  const numbers =
    parcels.length + dead.length + raw.length === 0
      ? { parcel: [], dead: [], other: [] }
      : yield* Changes.takeNumbers(run, sql, parcels.length, dead.length, raw.length)
  const places: Array<Stored> = []
  for (const [index, parcel] of parcels.entries()) {
    const head = heads.get(parcel.head)!
    const sequence = numbers.parcel[index]!
    // A server whose sequences are not in order over connections: numbers are taken until one is.
    if (sequence <= head.seq) return yield* again
    const isOther = head.session !== session && head.seq > 0
    places.push({ sequence, after: isOther ? head.seq : 0 })
    if (isOther) head.other_seq = head.seq
    head.seq = sequence
    head.session = session
    parcel.sequence = sequence
  }
  if (rows.length > 0) {
    yield* run(sql.moveHeads, [
      session,
      longs(rows.map(({ id }) => id)),
      longs(rows.map(({ seq }) => seq)),
      longs(rows.map(({ other_seq }) => other_seq))
    ])
  }
  return { places, numbers }
})
