/** A store that is left: all that it holds, page by page. */
import { randomUUID } from "node:crypto"
import * as Ledger from "@millrace/core/Ledger"
import type { Held, HeldParcel, Leaving, OutboxError } from "@millrace/core/Outbox"
import * as Transfer from "@millrace/core/Transfer"
import * as Effect from "effect/Effect"
import { expectAlone } from "./alone.ts"
import type { Client } from "./client.ts"
import * as Compositions from "./compositions.ts"
import * as ErasureTable from "./erasures.ts"
import { type SqlFailure, told, unavailable } from "./failure.ts"
import * as Format from "./format.ts"
import { type GateRow, gateOf } from "./gates.ts"
import * as Letters from "./letters.ts"
import * as Mark from "./mark.ts"
import * as Names from "./names.ts"
import { longs } from "./parameters.ts"
import * as Reads from "./reads.ts"
import * as Statements from "./statements.ts"

type Row = Reads.ParcelRow & { readonly route: string; readonly lane: string; readonly track: number }

type Key = ReadonlyArray<string | number> | undefined

type Read = (
  after: Key,
  bytes: number
) => Effect.Effect<Effect.Success<ReturnType<Transfer.Part>>, SqlFailure>

/** Of what is read in one go, all. */
const once =
  (read: Effect.Effect<Partial<Held>, SqlFailure>): Read =>
  (after) =>
    after === undefined ? Effect.map(read, (held) => ({ held, last: [1] })) : Effect.undefined

const partsOf = (
  { run }: Client,
  sql: Statements.Statements,
  names: Names.Names
): { readonly parts: ReadonlyArray<Read>; readonly parcelsOf: typeof parcelsOf } => {
  const parcelsOf = Effect.fnUntraced(function* (
    rows: ReadonlyArray<Row>
  ): Effect.fn.Return<ReadonlyArray<HeldParcel>, SqlFailure> {
    yield* names.learnCodecIds(rows.map(({ codec }) => codec))
    return rows.map((row) => ({
      ...Reads.parcelOf(row, names.codecOf(row.codec)),
      route: row.route,
      lane: row.lane,
      track: row.track
    }))
  })

  const parcels: Read = Effect.fnUntraced(function* ([after = 0] = [], bytes) {
    const rows = yield* run<Row>(sql.allParcels, [after, bytes])
    const last = rows.at(-1)?.seq
    return last === undefined ? undefined : { held: { parcels: yield* parcelsOf(rows) }, last: [last] }
  })

  const compositions: Read = Effect.fnUntraced(function* ([after = 0] = []) {
    const rows = yield* run<Compositions.Row & { route: string; lane: string; track: number }>(
      sql.allCompositions,
      [after]
    )
    const last = rows.at(-1)?.id
    if (last === undefined) return undefined
    const open = yield* Compositions.open(run, sql, rows)
    return {
      held: {
        compositions: open.map(({ row: { route, lane, track }, composition }) => ({
          ...composition,
          route,
          lane,
          track
        }))
      },
      last: [last]
    }
  })

  const letters: Read = Effect.fnUntraced(function* ([after = 0] = [], bytes) {
    const page = yield* Letters.letters(run, sql, names, {}, Number(after), bytes)
    const last = page.letters.at(-1)?.id ?? page.after
    return last === undefined ? undefined : { held: { letters: page.letters }, last: [last] }
  })

  const checkpoints: Read = Effect.fnUntraced(function* ([source = "", split = ""] = []) {
    const rows = yield* run<Held["checkpoints"][number]>(sql.allCheckpoints, [source, split])
    const last = rows.at(-1)
    return last === undefined ? undefined : { held: { checkpoints: rows }, last: [last.source, last.split] }
  })

  const looks = once(Effect.map(run<Held["looks"][number]>(sql.allLooks), (looks) => ({ looks })))

  const gates = once(
    Effect.map(run<GateRow>(sql.lanes), (rows) => ({
      gates: rows.flatMap((row) => {
        const gate = gateOf(row)
        return gate === undefined ? [] : [{ route: row.route, lane: row.lane, gate }]
      })
    }))
  )

  const seen: Read = Effect.fnUntraced(function* ([after = ""] = []) {
    const rows = yield* run<Held["seen"][number]>(sql.allSeen, [after])
    const last = rows.at(-1)?.id
    return last === undefined ? undefined : { held: { seen: rows }, last: [last] }
  })

  const erasures = once(Effect.map(ErasureTable.all(run, sql), (all) => ({ erasures: [all] })))

  const counts = once(
    Effect.map(Reads.counts(run, sql), (all) => ({
      counts: all.filter(({ kind }) => kind !== "waiting" && kind !== "dead")
    }))
  )

  return {
    parts: [parcels, compositions, letters, checkpoints, looks, gates, seen, erasures, counts],
    parcelsOf
  }
}

export const leave = Effect.fnUntraced(function* (
  client: Client,
  schema: string
): Effect.fn.Return<Leaving, OutboxError> {
  const { run } = client
  const sql = Statements.make(schema)
  const tell = <A>(effect: Effect.Effect<A, SqlFailure | OutboxError>) => told(client.place, effect)
  const made = yield* tell(Format.check(client, schema, run))
  if (made === undefined) {
    return yield* unavailable(`there is no outbox in schema ${schema} of ${client.place()}; check both`)
  }
  yield* tell(Format.migrate(client, schema, made.tracks))
  const mark = yield* tell(Mark.read(run, schema))
  if (mark?.state === "left" || mark?.state === "filling") yield* Mark.expectHere(schema, mark)
  yield* tell(expectAlone(run, schema))
  const names = Names.make(run, sql)
  const { parts, parcelsOf } = partsOf(client, sql, names)
  const id = mark?.id ?? randomUUID()
  let name = mark?.name ?? ""
  const write = (state: Mark.Mark["state"], name: string, id: string) =>
    tell(Mark.write(run, schema, { id, state, source: "", name, place: null }))
  return {
    id: mark?.id,
    tracks: made.tracks,
    ledger: tell(Effect.map(Reads.counts(run, sql), Ledger.fromCounts)),
    page: Transfer.pages(parts.map((read) => (after, bytes) => tell(read(after, bytes)))),
    parcels: (sequences) => tell(Effect.flatMap(run<Row>(sql.someParcels, [longs(sequences)]), parcelsOf)),
    begin: Effect.fnUntraced(function* (to) {
      name = to
      yield* write("leaving", to, id)
      // Who opened it before sees the mark, or is seen now.
      yield* tell(expectAlone(run, schema))
      return id
    }),
    finish: Effect.suspend(() => write("left", name, id)),
    // Under another id, since what was put before is no longer what it holds.
    giveUp: write("none", "", randomUUID())
  }
})
