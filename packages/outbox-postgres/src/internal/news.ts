/** Hears what others changed: by looking, since the server's notifications would make all appends wait for each other. */
import type { GateState, News, OutboxError, Token, TrackKey } from "@millrace/core/Outbox"
import * as OutboxRules from "@millrace/core/OutboxRules"
import * as Effect from "effect/Effect"
import type { Run } from "./client.ts"
import type { SqlFailure } from "./failure.ts"
import { type GateRow, gateOf } from "./gates.ts"
import type { Names } from "./names.ts"
import { longs } from "./parameters.ts"
import type { Session } from "./session.ts"
import type { Statements } from "./statements.ts"
import { trackOf } from "./trackOf.ts"

/** How long to wait between two looks, in milliseconds: short after something was heard, longer while nothing is. */
const shortest = 100
const longest = 250

export interface Hearing {
  readonly news: Effect.Effect<News, SqlFailure | OutboxError>
}

interface Watched {
  readonly fleet: number
  readonly gates: number
  readonly expired: boolean
  /** A head that has news, and the last parcel of others in it; of none, nothing. */
  readonly id: number | null
  readonly seq: number | null
}

/** A track of which we hold the lease. */
interface Known {
  readonly key: TrackKey
  readonly head: number
  /** The last parcel of another in it that we know of. */
  seq: number
}

export const make = Effect.fnUntraced(function* (
  run: Run,
  sql: Statements,
  names: Names,
  id: number,
  session: Session
): Effect.fn.Return<Hearing, SqlFailure> {
  /** By the token of the lease. */
  const known = new Map<Token, Known>()

  const follow = Effect.gen(function* () {
    const { held } = session.leases
    for (const token of known.keys()) if (!held.has(token)) known.delete(token)
    for (const { name, token } of held.values()) {
      const key = known.has(token) ? undefined : trackOf(name)
      if (key === undefined) continue
      yield* names.learnHeads([key])
      known.set(token, { key, head: names.headOf(key), seq: 0 })
    }
  })

  const watch = Effect.suspend(() => {
    const tracks = [...known.values()]
    return run<Watched>(sql.watch, [
      id,
      longs(tracks.map(({ head }) => head)),
      longs(tracks.map(({ seq }) => seq))
    ])
  })
  const [first] = yield* watch
  let fleet = first!.fleet
  // Gates that were set before are read by who opens; from here on changes are heard.
  let gateSum = first!.gates
  const versions = new Map<number, number>()

  /** The tracks of those rows that tell of one. */
  const storedIn = (rows: ReadonlyArray<Watched>): News["tracks"] => {
    const found = new Map(rows.map(({ id, seq }) => [id, seq]))
    return [...known.values()].flatMap((track) => {
      const seq = found.get(track.head)
      if (typeof seq !== "number") return []
      track.seq = seq
      return [track.key]
    })
  }

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
    yield* follow
    const rows = yield* watch
    const [row] = rows
    if (row!.expired) yield* session.buryExpired
    const isFleet = fleetChanged(row!.fleet) || row!.expired
    let set: News["gates"] = []
    if (row!.gates !== gateSum) {
      set = yield* gates
      gateSum = row!.gates
    }
    return { tracks: storedIn(rows), gates: set, fleet: isFleet } satisfies News
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
