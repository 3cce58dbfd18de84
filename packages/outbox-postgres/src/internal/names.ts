/** Numbers of lanes, tracks and codecs: their names are long, and each row has one. Those given are never taken back. */
import { createHash } from "node:crypto"
import type { LaneKey, TrackKey } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"
import type { Run } from "./client.ts"
import type { SqlFailure } from "./failure.ts"
import { longs, texts } from "./parameters.ts"
import type { Statements } from "./statements.ts"

export interface Codec {
  readonly name: string
  readonly parameter: string
}

export interface Names {
  readonly lane: (key: LaneKey) => Effect.Effect<number, SqlFailure>
  /** Sees to it that `headOf` knows these. */
  readonly learnHeads: (keys: ReadonlyArray<TrackKey>) => Effect.Effect<void, SqlFailure>
  /** The number of a track that was learnt. */
  readonly headOf: (key: TrackKey) => number
  readonly learnCodecs: (codecs: ReadonlyArray<Codec>) => Effect.Effect<void, SqlFailure>
  readonly codecId: (name: string, parameter: string) => number
  readonly learnCodecIds: (ids: ReadonlyArray<number>) => Effect.Effect<void, SqlFailure>
  readonly codecOf: (id: number) => Codec
}

/** A key in a map by several texts. */
export const keyOf = (...parts: ReadonlyArray<string | number>): string => JSON.stringify(parts)

const trackKey = ({ route, lane, track = 0 }: TrackKey) => keyOf(route, lane, track)

export const make = (run: Run, sql: Statements): Names => {
  const lanes = new Map<string, number>()
  const heads = new Map<string, number>()
  const codecs = new Map<string, Map<string, number>>()
  const codecKeys = new Map<number, Codec>()

  const missingIn = <Key>(
    keys: ReadonlyArray<Key>,
    known: (key: Key) => boolean,
    name: (key: Key) => string
  ) => [...new Map(keys.filter((key) => !known(key)).map((key) => [name(key), key])).values()]

  const learnLanes = Effect.fnUntraced(function* (keys: ReadonlyArray<LaneKey>) {
    const nameOf = ({ route, lane }: LaneKey) => keyOf(route, lane)
    const missing = missingIn(keys, (key) => lanes.has(nameOf(key)), nameOf)
    if (missing.length === 0) return
    const given = [texts(missing.map(({ route }) => route)), texts(missing.map(({ lane }) => lane))]
    const find = run<LaneKey & { id: number }>(sql.findLanes, given)
    let rows = yield* find
    if (rows.length < missing.length) {
      yield* run(sql.addLanes, given)
      rows = yield* find
    }
    for (const { id, route, lane } of rows) lanes.set(keyOf(route, lane), id)
  })

  const learnHeads = Effect.fnUntraced(function* (keys: ReadonlyArray<TrackKey>) {
    const missing = missingIn(keys, (key) => heads.has(trackKey(key)), trackKey)
    if (missing.length === 0) return
    yield* learnLanes(missing)
    const wanted = missing.map((key) => ({
      key,
      lane: lanes.get(keyOf(key.route, key.lane))!,
      track: key.track ?? 0
    }))
    const given = [longs(wanted.map(({ lane }) => lane)), longs(wanted.map(({ track }) => track))]
    const find = run<{ id: number; lane: number; track: number }>(sql.findHeads, given)
    let rows = yield* find
    if (rows.length < missing.length) {
      yield* run(sql.addHeads, given)
      rows = yield* find
    }
    const ids = new Map(rows.map(({ id, lane, track }) => [keyOf(lane, track), id]))
    for (const { key, lane, track } of wanted) heads.set(trackKey(key), ids.get(keyOf(lane, track))!)
  })

  const learnCodec = Effect.fnUntraced(function* ({ name, parameter }: Codec) {
    if (codecs.get(name)?.has(parameter)) return
    // An index takes no text of many kilobytes, as the schema of a codec may be.
    const digest = createHash("sha256").update(keyOf(name, parameter)).digest("hex")
    const find = run<{ id: number }>(sql.findCodec, [digest])
    let [row] = yield* find
    if (row === undefined) {
      yield* run(sql.addCodec, [digest, name, parameter])
      ;[row] = yield* find
    }
    rememberCodec(row!.id, { name, parameter })
  })

  const rememberCodec = (id: number, codec: Codec): void => {
    const byParameter = codecs.get(codec.name) ?? new Map<string, number>()
    codecs.set(codec.name, byParameter)
    byParameter.set(codec.parameter, id)
    codecKeys.set(id, codec)
  }

  return {
    lane: (key) => Effect.map(learnLanes([key]), () => lanes.get(keyOf(key.route, key.lane))!),
    learnHeads,
    headOf: (key) => heads.get(trackKey(key))!,
    learnCodecs: (wanted) => Effect.forEach(wanted, learnCodec, { discard: true }),
    codecId: (name, parameter) => codecs.get(name)!.get(parameter)!,
    learnCodecIds: Effect.fnUntraced(function* (ids) {
      const missing = [...new Set(ids)].filter((id) => !codecKeys.has(id))
      if (missing.length === 0) return
      const rows = yield* run<Codec & { id: number }>(sql.codecs, [longs(missing)])
      for (const { id, name, parameter } of rows) rememberCodec(id, { name, parameter })
    }),
    codecOf: (id) => codecKeys.get(id)!
  }
}
