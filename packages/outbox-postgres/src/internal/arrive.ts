/** A store that is filled with what another holds. */
import { randomUUID } from "node:crypto"
import * as Bitmap from "@millrace/core/Bitmap"
import * as Ledger from "@millrace/core/Ledger"
import { type Arriving, type Held, OutboxError, type Standing } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"
import { expectAlone } from "./alone.ts"
import * as Changes from "./changes.ts"
import type { Client, Run } from "./client.ts"
import * as Compositions from "./compositions.ts"
import { type SqlFailure, told, unavailable } from "./failure.ts"
import * as Format from "./format.ts"
import * as Mark from "./mark.ts"
import * as Names from "./names.ts"
import { bytes, floats, integers, longs, texts } from "./parameters.ts"
import * as Reads from "./reads.ts"
import { storedKey } from "./shortKey.ts"
import * as Statements from "./statements.ts"

/** Counts that no exporter owns. */
const nobody = 0

/** Makes the numbers known that a page needs; outside of a transaction. */
const prepare = Effect.fnUntraced(function* (names: Names.Names, { parcels, compositions, letters }: Held) {
  yield* names.learnHeads([...parcels, ...compositions])
  yield* names.learnCodecs([
    ...parcels.map(({ records }) => ({ name: records.codec, parameter: records.parameter })),
    ...letters.map(({ codec, parameter }) => ({ name: codec, parameter }))
  ])
})

/** Parcels and dead letters, as the rows that an append would write. */
const changesOf = (names: Names.Names, { parcels, letters, counts }: Held): Changes.Changes => {
  const changes = Changes.make()
  for (const parcel of parcels) {
    const { route, lane, records, origin, appendedAt, settled, sequence } = parcel
    const codec = names.codecId(records.codec, records.parameter)
    changes.parcels.push({ ...origin, head: names.headOf(parcel), codec, at: appendedAt, records, sequence })
    changes.count(route, "waiting", lane, records.ends.length - Bitmap.count(settled))
    changes.count(route, "+bytes", lane, records.bytes.length)
  }
  for (const { origin, codec, parameter, ...letter } of letters) {
    changes.dead.push({ ...letter, ...origin, codec: names.codecId(codec, parameter) })
    changes.count(letter.route, "dead", letter.reason, 1)
    changes.count("", "+dead", "", letter.kept)
  }
  for (const { route, kind, key, events } of counts) changes.count(route, kind, key, events)
  return changes
}

/** The last sequence of each track, by its head. */
const lastOf = (parcels: ReadonlyArray<Changes.AddedParcel>): ReadonlyArray<readonly [number, number]> => [
  ...new Map(parcels.map(({ head, sequence }) => [head, sequence]))
]

const put = Effect.fnUntraced(function* (
  run: Run,
  sql: Statements.Statements,
  names: Names.Names,
  held: Held
): Effect.fn.Return<void, SqlFailure> {
  const changes = changesOf(names, held)
  if (held.seen.length > 0) {
    yield* run(sql.addSeen, [
      texts(held.seen.map(({ id }) => storedKey(id))),
      floats(held.seen.map(({ at }) => at))
    ])
    changes.count("", "+seen", "", held.seen.length * Changes.seenBytes)
  }
  const numbers = { dead: held.letters.map(({ id }) => id), other: [] }
  yield* Changes.write(run, sql, nobody, changes, numbers)
  const heads = lastOf(changes.parcels)
  if (heads.length > 0) {
    yield* run(sql.moveHeads, [
      nobody,
      longs(heads.map(([head]) => head)),
      longs(heads.map(([, sequence]) => sequence)),
      longs(heads.map(() => 0))
    ])
  }
  const marked = held.parcels.filter(({ settled, attempts }) => attempts > 0 || Bitmap.count(settled) > 0)
  if (marked.length > 0) {
    yield* run(sql.markParcels, [
      longs(marked.map(({ sequence }) => sequence)),
      bytes(marked.map(({ settled }) => settled)),
      integers(marked.map(({ attempts }) => attempts))
    ])
  }
  const damaged = held.parcels.filter((parcel) => parcel.damaged)
  if (damaged.length > 0) yield* run(sql.spoilParcels, [longs(damaged.map(({ sequence }) => sequence))])
  yield* Compositions.keep(
    run,
    sql,
    held.compositions.map(({ route, lane, track, id, members }) => ({
      head: names.headOf({ route, lane, track }),
      compositions: [{ id, members }],
      replaces: []
    }))
  )
  const { checkpoints, looks, gates, erasures } = held
  if (checkpoints.length > 0) {
    yield* run(sql.putCheckpoints, [
      texts(checkpoints.map(({ source }) => source)),
      texts(checkpoints.map(({ split }) => split)),
      texts(checkpoints.map(({ position }) => position)),
      integers(checkpoints.map(({ day }) => day))
    ])
  }
  for (const { source, days, at } of looks) yield* run(sql.keepLooks, [source, days, at])
  for (const { route, lane, gate } of gates) {
    const { open, reason, since, notBefore, former } = gate
    const number = yield* names.lane({ route, lane })
    const before = former === undefined ? null : JSON.stringify(former)
    yield* run(sql.setGate, [number, open, reason, since, notBefore, before, null])
  }
  for (const { key, users } of erasures) {
    yield* run(sql.keepKey, [key])
    for (const [digest, at] of users) yield* run(sql.erase, [digest, at])
  }
})

/** How far it is filled; refuses one that holds something of its own. */
const standingOf = Effect.fnUntraced(function* (
  client: Client,
  schema: string,
  sql: Statements.Statements
): Effect.fn.Return<Standing | undefined, OutboxError | SqlFailure> {
  const mark = yield* Mark.read(client.run, schema)
  if (mark?.state === "leaving" || mark?.state === "left") yield* Mark.expectHere(schema, mark)
  if (mark?.state === "filling" || mark?.state === "filled") {
    return { from: mark.source, place: mark.place ?? undefined, isDone: mark.state === "filled" }
  }
  const [row] = yield* client.run<{ any: boolean }>(sql.holdsAny)
  if (row?.any !== true) return undefined
  return yield* unavailable(
    `the outbox in schema ${schema} of ${client.place()} holds something already; give a schema of its own`
  )
})

export const arrive = Effect.fnUntraced(function* (
  client: Client,
  schema: string,
  wanted: number | undefined
): Effect.fn.Return<Arriving, OutboxError> {
  const { run } = client
  const sql = Statements.make(schema)
  const names = Names.make(run, sql)
  const tell = <A>(effect: Effect.Effect<A, SqlFailure | OutboxError>) => told(client.place, effect)
  const opening = Effect.gen(function* () {
    const made = yield* Format.check(client, schema, run)
    if (made === undefined) return { tracks: wanted ?? Format.usualTracks, standing: undefined }
    yield* Format.expectTracks(schema, made, wanted)
    const { tracks } = yield* Format.migrate(client, schema, wanted)
    yield* expectAlone(run, schema)
    return { tracks, standing: yield* standingOf(client, schema, sql) }
  })
  const { tracks, standing } = yield* tell(opening)
  return {
    tracks,
    standing,
    begin: (source, name) =>
      tell(
        Effect.gen(function* () {
          yield* Format.migrate(client, schema, tracks)
          const mark = yield* Mark.read(run, schema)
          const place = mark?.state === "filling" ? mark.place : null
          yield* Mark.write(run, schema, {
            id: mark?.id ?? randomUUID(),
            state: "filling",
            source,
            name,
            place
          })
          yield* expectAlone(run, schema)
        })
      ),
    put: (held, after, to) =>
      tell(
        Effect.andThen(
          prepare(names, held),
          client.transact(
            undefined,
            Effect.fnUntraced(function* (run) {
              const mark = yield* Mark.read(run, schema, "for update")
              // The transaction was made, and nobody heard of its end.
              if (mark?.place === to) return
              if (mark === undefined || (mark.place ?? undefined) !== after) {
                return yield* new OutboxError({
                  reason: "Overtaken",
                  detail: `another move fills the outbox in schema ${schema}`
                })
              }
              yield* put(run, sql, names, held)
              yield* Mark.write(run, schema, { ...mark, place: to })
            })
          )
        )
      ),
    ledger: tell(Effect.map(Reads.counts(run, sql), Ledger.fromCounts)),
    finish: tell(
      Effect.gen(function* () {
        // What comes next has larger numbers than all that was put.
        yield* run(sql.raiseNumbers)
        const mark = yield* Mark.read(run, schema)
        if (mark !== undefined) yield* Mark.write(run, schema, { ...mark, state: "filled" })
      })
    )
  }
})
