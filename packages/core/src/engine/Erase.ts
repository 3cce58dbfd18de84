/**
 * One person's waiting events, removed for good and counted as erased.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Bitmap from "../Bitmap.ts"
import type { Event } from "../Event.ts"
import type { LaneKey, Outbox, OutboxError, Parcel, Sequence } from "../Outbox.ts"
import type { Decoders } from "./ReadBack.ts"

/** Bytes looked at in one go. */
const pageBytes = 1024 * 1024

const isOf = (event: Event, user: string): boolean => Object.values(event.user).includes(user)

const positionsOf = ({ records, settled }: Parcel, decode: Decoders, user: string): ReadonlyArray<number> => {
  const decoder = decode(records.codec, records.parameter)
  if (decoder === undefined) return []
  return [...records.ends.keys()].filter((position) => {
    if (Bitmap.has(settled, position)) return false
    try {
      const decoded = decoder(records.bytes, records.ends[position - 1] ?? 0, records.ends[position]!)
      return Result.isSuccess(decoded) && isOf(decoded.success, user)
    } catch {
      return false
    }
  })
}

/** Nothing of the lane may be under way, and what it holds in memory must be forgotten afterwards. */
export const eraseStored = (
  outbox: Outbox["Service"],
  lane: LaneKey,
  decode: Decoders,
  user: string
): Effect.Effect<number, OutboxError> =>
  Effect.gen(function* () {
    const erased = new Map<Sequence, ReadonlyArray<number>>()
    let after = 0
    for (;;) {
      const parcels = yield* outbox.take(lane, after, pageBytes)
      const last = parcels.at(-1)
      if (last === undefined) break
      after = last.sequence
      for (const parcel of parcels) {
        const positions = positionsOf(parcel, decode, user)
        if (positions.length > 0) erased.set(parcel.sequence, positions)
      }
    }
    if (erased.size === 0) return 0
    // A message is whole or it is not: what is left of one that held such an event is composed anew.
    const broken = (yield* outbox.compositions(lane)).filter(({ members }) =>
      members.some(({ parcel, position }) => erased.get(parcel)?.includes(position))
    )
    yield* outbox.compose(
      lane,
      [],
      broken.map(({ id }) => id)
    )
    const at = yield* Clock.currentTimeMillis
    yield* outbox.settle(
      [...erased].map(([parcel, positions]) => ({
        parcel,
        delivered: [],
        dead: [],
        erased: { positions, reason: "user" },
        attempts: 0,
        at
      }))
    )
    return [...erased.values()].reduce((sum, positions) => sum + positions.length, 0)
  })
