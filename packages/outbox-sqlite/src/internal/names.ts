/** Numbers for lanes and codecs: their names are long, and each row has one. */
import type { DatabaseSync } from "node:sqlite"
import type { LaneKey } from "@millrace/core/Outbox"
import { Inconsistent } from "./failure.ts"
import { query } from "./sql.ts"

export interface Codec {
  readonly name: string
  readonly parameter: string
}

/** Small numbers for lanes and for codecs with their parameters, each stored once. */
export interface Names {
  readonly lane: (key: LaneKey) => number
  /** Without making one. */
  readonly findLane: (key: LaneKey) => number | undefined
  readonly laneOf: (id: number) => LaneKey
  readonly codec: (name: string, parameter: string) => number
  readonly codecOf: (id: number) => Codec
  /** To be called after a rollback: numbers given since the last commit are no longer good. */
  readonly forget: () => void
}

export const make = (db: DatabaseSync): Names => {
  const selectLane = query<{ id: number }>(db, "select id from lane where route = ? and name = ?")
  const insertLane = query(db, "insert into lane (route, name) values (?, ?)")
  const readLane = query<LaneKey>(db, "select route, name as lane from lane where id = ?")
  const selectCodec = query<{ id: number }>(db, "select id from codec where name = ? and parameter = ?")
  const insertCodec = query(db, "insert into codec (name, parameter) values (?, ?)")
  const readCodec = query<Codec>(db, "select name, parameter from codec where id = ?")

  const lanes = new Map<string, Map<string, number>>()
  const laneKeys = new Map<number, LaneKey>()
  const codecs = new Map<string, Map<string, number>>()
  const codecKeys = new Map<number, Codec>()

  const findLane = ({ route, lane }: LaneKey) =>
    lanes.get(route)?.get(lane) ?? remember(lanes, route, lane, selectLane.get(route, lane)?.id)

  return {
    lane: (key) => findLane(key) ?? remember(lanes, key.route, key.lane, insertLane.run(key.route, key.lane)),
    findLane,
    laneOf: (id) => {
      const key = laneKeys.get(id) ?? readLane.get(id)
      if (key === undefined) throw new Inconsistent(`lane ${id} is not there`)
      laneKeys.set(id, key)
      return key
    },
    codec: (name, parameter) =>
      codecs.get(name)?.get(parameter) ??
      remember(
        codecs,
        name,
        parameter,
        selectCodec.get(name, parameter)?.id ?? insertCodec.run(name, parameter)
      ),
    codecOf: (id) => {
      const codec = codecKeys.get(id) ?? readCodec.get(id)
      if (codec === undefined) throw new Inconsistent(`codec ${id} is not there`)
      codecKeys.set(id, codec)
      return codec
    },
    forget: () => {
      for (const cache of [lanes, laneKeys, codecs, codecKeys]) cache.clear()
    }
  }
}

const remember = <Id extends number | undefined>(
  cache: Map<string, Map<string, number>>,
  first: string,
  second: string,
  id: Id
): Id => {
  const inner = cache.get(first) ?? new Map<string, number>()
  cache.set(first, inner)
  if (id !== undefined) inner.set(second, id)
  return id
}
