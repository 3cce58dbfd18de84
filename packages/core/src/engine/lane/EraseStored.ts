/**
 * What a track has stored of one person, removed for good and counted as erased: what waits, and what was delivered and
 * still stands in a parcel with events that wait.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Bitmap from "../../Bitmap.ts"
import type * as Codec from "../../Codec.ts"
import type { Event } from "../../Event.ts"
import {
  type LaneKey,
  type Outbox,
  OutboxError,
  type Parcel,
  type Token,
  type TrackKey
} from "../../Outbox.ts"
import * as OutboxRules from "../../OutboxRules.ts"
import type { Decoders } from "../message/ReadBack.ts"
import { holds } from "./Holds.ts"

/** Bytes that are looked at in one go. */
export const pageBytes = 1024 * 1024

const isOf = (event: Event, user: string): boolean => Object.values(event.user).includes(user)

/** A record that cannot be read as an event is theirs when their id stands in it. */
export const belongs = (decoder: Codec.Decoder | undefined, record: Uint8Array, user: string): boolean => {
  try {
    const decoded = decoder?.(record, 0, record.length)
    if (decoded !== undefined && Result.isSuccess(decoded)) return isOf(decoded.success, user)
  } catch {}
  return holds(record, user)
}

const positionsOf = ({ records }: Parcel, decode: Decoders, user: string): ReadonlyArray<number> => {
  const { bytes, ends, codec, parameter } = records
  const decoder = decode(codec, parameter)
  return [...ends.keys()].filter((position) =>
    belongs(decoder, bytes.subarray(ends[position - 1] ?? 0, ends[position]), user)
  )
}

/** What was removed from a track. */
export interface FromTrack {
  /** Events that waited. */
  readonly events: number
  /** Bytes of the parcels that are settled whole by it. */
  readonly freed: number
}

/** An erasure that left something out would say that nothing is left. */
const owned = ({ route, lane }: LaneKey) =>
  new OutboxError({
    reason: "Owned",
    detail: `another exporter delivers for lane ${lane} of route ${route}, and what waits there can be removed by that one alone; stop the exporters that deliver, and purge again`
  })

/**
 * What was removed of a lane's tracks that nobody owns, but for those that the caller sees to itself. Fails as `Owned` where another
 * exporter has one.
 */
export const eraseUnowned = Effect.fnUntraced(function* (
  outbox: Outbox["Service"],
  { route, lane }: LaneKey,
  decode: Decoders,
  user: string,
  isOwn: (track: number) => boolean = () => false
): Effect.fn.Return<number, OutboxError> {
  let erased = 0
  for (let track = 0; track < outbox.tracks; track++) {
    if (isOwn(track)) continue
    const key = { route, lane, track }
    erased += yield* Effect.scoped(
      Effect.gen(function* () {
        const [lease] = yield* outbox.lease([OutboxRules.trackLease(key)], 1)
        if (lease === undefined) return yield* owned(key)
        return (yield* eraseStored(outbox, key, lease.token, decode, user)).events
      })
    )
  }
  return erased
})

/** Nothing of the track may be under way, and what it holds in memory must be forgotten afterwards. */
export const eraseStored = Effect.fnUntraced(function* (
  outbox: Outbox["Service"],
  track: TrackKey,
  token: Token | undefined,
  decode: Decoders,
  user: string
): Effect.fn.Return<FromTrack, OutboxError> {
  let after = 0
  let events = 0
  let freed = 0
  for (;;) {
    const parcels = yield* outbox.take(track, after, pageBytes)
    const last = parcels.at(-1)
    if (last === undefined) return { events, freed }
    after = last.sequence
    const found = parcels.flatMap((parcel) => {
      const positions = positionsOf(parcel, decode, user)
      return positions.length === 0 ? [] : [{ parcel, positions }]
    })
    if (found.length === 0) continue
    const waiting = new Map(
      found.map(({ parcel: { sequence, settled }, positions }) => [
        sequence,
        positions.filter((position) => !Bitmap.has(settled, position))
      ])
    )
    // A message is whole or it is not: what is left of one that held such an event is composed anew.
    const broken = (yield* outbox.compositions(track)).filter(({ members }) =>
      members.some(({ parcel, position }) => waiting.get(parcel)?.includes(position))
    )
    if (broken.length > 0) {
      yield* outbox.compose(
        track,
        [],
        broken.map(({ id }) => id),
        token
      )
    }
    const at = yield* Clock.currentTimeMillis
    freed += yield* outbox.settle(
      found.map(({ parcel: { sequence, attempts }, positions }) => ({
        parcel: sequence,
        delivered: [],
        dead: [],
        erased: { positions, reason: "user" },
        attempts,
        at
      })),
      token
    )
    events += [...waiting.values()].reduce((sum, positions) => sum + positions.length, 0)
  }
})
