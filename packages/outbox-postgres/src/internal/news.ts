/** Hears what others changed: by looking, since the server's notifications would make all appends wait for each other. */
import type { GateState, News, OutboxError, TrackKey } from "@millrace/core/Outbox"
import * as OutboxRules from "@millrace/core/OutboxRules"
import * as Effect from "effect/Effect"
import type { Run } from "./client.ts"
import type { SqlFailure } from "./failure.ts"
import { type GateRow, gateOf } from "./gates.ts"
import type { Names } from "./names.ts"
import { longs } from "./parameters.ts"
import type { Session } from "./session.ts"
import type { Statements } from "./statements.ts"

/** How long to wait between two looks, in milliseconds: short after something was heard, longer while nothing is. */
const shortest = 50
const longest = 250

export interface Hearing {
  readonly news: Effect.Effect<News, SqlFailure | OutboxError>
}

/** The track that a lease is for; `undefined` for that of a split. */
const trackOf = (name: string): TrackKey | undefined => {
  const [kind, route, lane, track]: ReadonlyArray<unknown> = name.startsWith('["track"')
    ? JSON.parse(name)
    : []
  return kind === "track" &&
    typeof route === "string" &&
    typeof lane === "string" &&
    typeof track === "number"
    ? { route, lane, track }
    : undefined
}

export const make = Effect.fnUntraced(function* (
  run: Run,
  sql: Statements,
  names: Names,
  id: number,
  session: Session
): Effect.fn.Return<Hearing, SqlFailure> {
  const watch = run<{ fleet: number; gates: number; expired: boolean }>(sql.watch, [])
  const [first] = yield* watch
  let fleet = first!.fleet
  // Gates that were set before are read by who opens; from here on changes are heard.
  let gateSum = first!.gates
  const versions = new Map<number, number>()
  /** By lease: the last parcel of another in its track that we know of. */
  const known = new Map<number, number>()

  const heads = Effect.gen(function* () {
    const held = [...session.leases.held.values()].flatMap(({ name, token }) => {
      const key = trackOf(name)
      return key === undefined ? [] : [{ key, token }]
    })
    for (const token of known.keys()) if (!session.leases.held.has(token)) known.delete(token)
    if (held.length === 0) return []
    yield* names.learnHeads(held.map(({ key }) => key))
    const ids = held.map(({ key }) => names.headOf(key))
    const rows = yield* run<{ id: number; seq: number }>(sql.watchHeads, [
      id,
      longs(ids),
      longs(held.map(({ token }) => known.get(token) ?? 0))
    ])
    const found = new Map(rows.map(({ id, seq }) => [id, seq]))
    return held.flatMap(({ key, token }, index): ReadonlyArray<TrackKey> => {
      const seq = found.get(ids[index]!)
      if (seq === undefined) return []
      known.set(token, seq)
      return [key]
    })
  })

  /** Gates whose version is another than we know. Those that we set ourselves are no news. */
  const gates = Effect.map(run<GateRow>(sql.gates), (rows) =>
    rows.flatMap((row): ReadonlyArray<News["gates"][number]> => {
      if (versions.get(row.id) === row.version) return []
      versions.set(row.id, row.version)
      const gate: GateState = gateOf(row) ?? OutboxRules.openGate
      return row.changed_by === id ? [] : [{ route: row.route, lane: row.lane, gate }]
    })
  )

  yield* gates

  const look = Effect.gen(function* () {
    const [row] = yield* watch
    if (row!.expired) yield* session.buryExpired
    const isFleet = fleetChanged(row!.fleet) || row!.expired
    let set: News["gates"] = []
    if (row!.gates !== gateSum) {
      set = yield* gates
      gateSum = row!.gates
    }
    return { tracks: yield* heads, gates: set, fleet: isFleet } satisfies News
  })

  const fleetChanged = (now: number): boolean => {
    const own = session.ownFleetChanges()
    let isOthers = false
    for (let change = fleet + 1; change <= now; change++) if (!own.delete(change)) isOthers = true
    fleet = Math.max(fleet, now)
    return isOthers
  }

  const waitFor = (pause: number): Effect.Effect<News, SqlFailure | OutboxError> =>
    Effect.flatMap(look, (news) =>
      news.tracks.length + news.gates.length > 0 || news.fleet
        ? Effect.succeed(news)
        : Effect.andThen(
            Effect.sleep(pause),
            Effect.suspend(() => waitFor(Math.min(longest, 2 * pause)))
          )
    )

  return { news: Effect.suspend(() => waitFor(shortest)) }
})
