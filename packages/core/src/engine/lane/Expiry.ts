/**
 * The lane's oldest events, ended without a further attempt: those that waited for longer than their retention, and those
 * beyond the lane's share. They become dead letters.
 *
 * Owns when the oldest events of each track are due. Parcels that are stored bring it forward (`stored`); looking at the stored parcels
 * sets it anew. `expire` and `makeRoom` run in the lane's own step, with nothing under way.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { LaneKey, Outbox, OutboxError, Parcel } from "../../Outbox.ts"
import type { OwnTrack } from "../message/OwnTrack.ts"
import type { LaneGate } from "./LaneGate.ts"
import * as LaneMemory from "./LaneMemory.ts"
import type { LaneShare } from "./LaneShare.ts"
import * as Retention from "./Retention.ts"
import * as SetAside from "./SetAside.ts"
import type { Settling } from "./Settling.ts"

export interface Expiry {
  /** When the oldest events have waited for too long, in epoch milliseconds. */
  readonly expiresAt: () => number
  /** When the oldest events beyond the share are to be set aside, in epoch milliseconds. */
  readonly asideAt: () => number
  /** The track is the lane's own from now on; its oldest parcel, if it may have one, is not older. */
  readonly own: (own: OwnTrack, oldest: number | undefined) => void
  readonly disown: (own: OwnTrack) => void
  /** A parcel of one of the tracks was stored at a time. */
  readonly stored: (track: number, at: number) => void
  readonly expire: Effect.Effect<void, OutboxError>
  readonly makeRoom: Effect.Effect<void, OutboxError>
}

export interface Options {
  readonly key: LaneKey
  readonly outbox: Outbox["Service"]
  /** Milliseconds an event may wait before it becomes a dead letter. */
  readonly retention: number
  readonly memory: LaneMemory.LaneMemory
  readonly share: LaneShare
  readonly gate: LaneGate
  readonly settling: Settling
}

const moment = Effect.map(
  Effect.all([Clock.currentTimeMillis, Clock.monotonicTimeNanos]),
  ([now, nanos]): Retention.Moment => ({ now, monotonic: Number(nanos / 1_000_000n) })
)

export const make = (options: Options): Effect.Effect<Expiry> =>
  Effect.map(moment, (start) => {
    const { key, outbox, memory, share, gate, settling } = options
    const retention = Retention.make(options.retention, start)
    /** By track. */
    const dues = new Map<number, { readonly own: OwnTrack; at: number }>()

    const asideAt = () => share.asideAt(Math.max(gate.health().lastSuccess, retention.since()))
    const seeClocks = Effect.tap(moment, (found) => Effect.sync(() => retention.look(found)))
    const takeOldest = ({ track }: OwnTrack) => outbox.take({ ...key, track }, 0, LaneMemory.readBackBytes)

    const setAside = Effect.fnUntraced(function* (
      own: OwnTrack,
      parcels: ReadonlyArray<Parcel>,
      why: SetAside.Why,
      now: number
    ) {
      if (parcels.length === 0) return
      const beyond = memory.forget(
        own,
        parcels.map(({ sequence }) => sequence)
      )
      const aside = [...SetAside.ofParcels(parcels, why, now), ...SetAside.ofMembers(beyond, why, now)]
      yield* settling.settle([{ own, settlements: aside }])
      settling.died(
        why,
        aside.reduce((sum, { dead }) => sum + dead.length, 0),
        now
      )
    })

    return {
      expiresAt: () => {
        let first = Infinity
        for (const { at } of dues.values()) first = Math.min(first, at)
        return first
      },
      own: (own, oldest) => {
        dues.set(own.track, { own, at: oldest === undefined ? Infinity : oldest + options.retention })
      },
      disown: (own) => {
        if (dues.get(own.track)?.own === own) dues.delete(own.track)
      },
      asideAt,
      stored: (track, at) => {
        const due = dues.get(track)
        if (due !== undefined) due.at = Math.min(due.at, at + options.retention)
      },
      expire: Effect.gen(function* () {
        const { now } = yield* seeClocks
        const dueAt = (parcel: Parcel) => retention.dueAt(parcel, gate.health().lastSuccess)
        for (const due of [...dues.values()]) {
          if (now < due.at) continue
          const parcels = yield* takeOldest(due.own)
          const old = SetAside.expired(parcels, dueAt, now)
          due.at = SetAside.nextExpiry(parcels, old, dueAt)
          yield* setAside(due.own, old, SetAside.tooOld, now)
        }
      }),
      makeRoom: Effect.gen(function* () {
        const { now } = yield* seeClocks
        // The clock may just have been seen to be set forward.
        if (now < asideAt()) return
        const tracks = [...dues.values()]
        for (const [index, { own }] of tracks.entries()) {
          const parcels = yield* takeOldest(own)
          // Nothing waits: whatever may have been stored was not. In a fleet others may have it.
          if (parcels.length === 0 && !outbox.shared) share.weigh(0)
          const part = share.excess() / (tracks.length - index)
          if (part > 0) yield* setAside(own, SetAside.oldest(parcels, part), SetAside.tooMuch, now)
        }
      })
    }
  })
