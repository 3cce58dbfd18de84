/**
 * Which tracks of each lane this instance sends for. In a store with one owner: all, from the start. In a fleet an equal part:
 * what is free is taken up to that part, and what is beyond it is given up, once nothing of it is under way. So few tracks change
 * hands when an instance comes or goes.
 *
 * Owns the leases. It hears what other instances did, and tells the lanes.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type { Observe } from "../Observer.ts"
import type { LaneKey, Lease, Outbox, OutboxError, Role } from "../Outbox.ts"
import * as OutboxRules from "../OutboxRules.ts"
import type { Lane } from "./lane/Lane.ts"
import type { OwnTrack } from "./message/OwnTrack.ts"

export interface Ownership {
  /** Takes of a lane what is free and this instance's part. */
  readonly claim: (lane: Lane) => Effect.Effect<void, OutboxError>
  /** Hears of the others until interrupted; fails when the outbox does. */
  readonly run: Effect.Effect<never, OutboxError>
  /** Gives all up at once: nothing is sent any more. */
  readonly release: Effect.Effect<void>
}

export interface Options {
  readonly outbox: Outbox["Service"]
  readonly roles: ReadonlyArray<Role>
  readonly lanes: () => ReadonlyArray<Lane>
  readonly lane: (key: LaneKey) => Lane | undefined
  readonly observe: Observe | undefined
}

/** A lease, and the lane of whose track it is. */
interface Held {
  readonly lane: Lane
  readonly lease: Lease
}

interface Shares {
  readonly part: number
  readonly taken: ReadonlySet<string>
}

/** How often the parts are looked at when nothing is heard, in milliseconds: a lease that ran out is no news. */
const lookEvery = 2000

export const make = Effect.fnUntraced(function* ({
  outbox,
  roles,
  lanes,
  lane: laneOf,
  observe
}: Options): Effect.fn.Return<Ownership, never, Scope.Scope> {
  const scope = yield* Effect.scope
  const turn = yield* Semaphore.make(1)
  const clock = yield* Clock.Clock
  const leases = new Map<OwnTrack, Held>()
  const all = Array.from({ length: outbox.tracks }, (_, track) => track)
  let isRunning = false
  const mayGrow = () => outbox.shared || isRunning
  const delivers = roles.includes("deliver")

  /** How many tracks of a lane are this instance's part, and the leases that nobody can take now. */
  const shares = Effect.map(outbox.instances, (instances): Shares => {
    const delivering = instances.filter((instance) => instance.roles.includes("deliver")).length
    return {
      part: delivers ? Math.ceil(outbox.tracks / Math.max(1, delivering)) : 0,
      taken: new Set(instances.flatMap(({ leases }) => leases))
    }
  })

  const tell = ({ key: { route, lane } }: Lane, { track, token }: OwnTrack, owned: boolean) =>
    observe?.({
      _tag: "Lease",
      kind: "track",
      route,
      lane,
      track,
      owned,
      token,
      at: clock.currentTimeMillisUnsafe()
    })

  /** Nobody is told twice that a track is gone. */
  const forget = (owned: OwnTrack): Lease | undefined => {
    const held = leases.get(owned)
    if (held === undefined) return undefined
    leases.delete(owned)
    tell(held.lane, owned, false)
    return held.lease
  }

  const own = Effect.fnUntraced(function* (
    lane: Lane,
    track: number,
    lease: Lease,
    known: Parameters<Lane["own"]>[2]
  ) {
    const owned = yield* lane.own(track, lease, known)
    leases.set(owned, { lane, lease })
    tell(lane, owned, true)
    const losing = Effect.andThen(
      lease.lost,
      Effect.sync(() => {
        if (forget(owned) !== undefined) lane.lose(owned)
      })
    )
    yield* Effect.forkIn(losing, scope)
  })

  const take = Effect.fnUntraced(function* (lane: Lane, most: number, { taken }: Shares) {
    const { key, tracks } = lane
    const wanted = all.flatMap((track) => {
      const name = OutboxRules.trackLease({ ...key, track })
      return tracks.owns(track) || tracks.isBusy(track) || taken.has(name) ? [] : [{ track, name }]
    })
    if (wanted.length === 0) return
    const names = wanted.map(({ name }) => name)
    const found = yield* Scope.provide(outbox.lease(names, most), scope)
    if (found.length === 0) return
    const stored = (yield* outbox.lanes).find(({ route, lane }) => route === key.route && lane === key.lane)
    // Once anything is read, here or elsewhere, more may be stored before the lane knows that the track is its own.
    const known = { isBehind: mayGrow() || (stored?.waiting ?? 0) > 0, oldest: stored?.oldest }
    for (const lease of found) yield* own(lane, wanted[names.indexOf(lease.name)]!.track, lease, known)
  })

  const giveUp = (lane: Lane, owned: OwnTrack) =>
    Effect.forkIn(
      Effect.andThen(
        lane.giveUp(owned),
        Effect.suspend(() => forget(owned)?.release ?? Effect.void)
      ),
      scope
    )

  const balance = Effect.fnUntraced(function* (lane: Lane, shares: Shares) {
    const owned = lane.tracks.owned()
    for (const surplus of owned.slice(shares.part)) yield* giveUp(lane, surplus)
    if (owned.length < shares.part) yield* take(lane, shares.part - owned.length, shares)
  })

  const balanceAll = turn.withPermit(
    Effect.gen(function* () {
      const now = yield* shares
      for (const lane of lanes()) yield* balance(lane, now)
      for (const { route, lane, bytes } of yield* outbox.lanes) laneOf({ route, lane })?.weigh(bytes)
    })
  )

  const hear = Effect.gen(function* () {
    const news = yield* outbox.news
    for (const track of news.tracks) laneOf(track)?.lag(track.track ?? 0, 0)
    for (const { gate, ...key } of news.gates) yield* laneOf(key)?.adopt(gate) ?? Effect.void
    if (news.fleet) yield* balanceAll
  })

  const look = Effect.andThen(Effect.sleep(lookEvery), balanceAll)

  return {
    claim: (lane) => turn.withPermit(Effect.flatMap(shares, (now) => balance(lane, now))),
    run: Effect.suspend(() => {
      isRunning = true
      return outbox.shared ? Effect.raceFirst(Effect.forever(hear), Effect.forever(look)) : Effect.never
    }),
    release: Effect.suspend(() => {
      const held = [...leases.keys()].map(forget)
      return Effect.forEach(held, (lease) => lease?.release ?? Effect.void, { discard: true })
    })
  }
})
