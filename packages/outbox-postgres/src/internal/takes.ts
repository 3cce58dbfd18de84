/** Reads parcels back: of all tracks that are asked for at once by one statement, since most have little that is new. */
import type { Parcel, Sequence, TrackKey } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Request from "effect/Request"
import * as RequestResolver from "effect/RequestResolver"
import type { Run } from "./client.ts"
import type { SqlFailure } from "./failure.ts"
import type { Names } from "./names.ts"
import { longs } from "./parameters.ts"
import { type ParcelRow, parcelOf } from "./reads.ts"
import type { Statements } from "./statements.ts"

class Asked extends Request.Class<
  { readonly track: TrackKey; readonly after: Sequence; readonly bytes: number },
  ReadonlyArray<Parcel>,
  SqlFailure
> {}

const read = Effect.fnUntraced(function* (
  run: Run,
  sql: Statements,
  names: Names,
  asked: ReadonlyArray<Asked>
): Effect.fn.Return<ReadonlyArray<ReadonlyArray<Parcel>>, SqlFailure> {
  yield* names.learnHeads(asked.map(({ track }) => track))
  // `place` tells which of the questions a parcel answers, from 1.
  const rows = yield* run<ParcelRow & { readonly place: number }>(sql.takeParcels, [
    longs(asked.map(({ track }) => names.headOf(track))),
    longs(asked.map(({ after }) => after)),
    longs(asked.map(({ bytes }) => bytes))
  ])
  yield* names.learnCodecIds(rows.map(({ codec }) => codec))
  const answers = asked.map((): Array<Parcel> => [])
  for (const row of rows) answers[row.place - 1]!.push(parcelOf(row, names.codecOf(row.codec)))
  return answers
})

export const make = (run: Run, sql: Statements, names: Names) => {
  const resolver = RequestResolver.make<Asked>((entries) =>
    Effect.map(
      Effect.exit(
        read(
          run,
          sql,
          names,
          entries.map(({ request }) => request)
        )
      ),
      (exit) => {
        for (const [index, entry] of entries.entries())
          entry.completeUnsafe(Exit.map(exit, (answers) => answers[index]!))
      }
    )
  )
  return (
    track: TrackKey,
    after: Sequence,
    bytes: number
  ): Effect.Effect<ReadonlyArray<Parcel>, SqlFailure> =>
    Effect.request(new Asked({ track, after, bytes }), resolver)
}
