/**
 * All that is stored of one person, removed for good and counted as erased: what waits, what was delivered and still
 * stands in a parcel with events that wait, and dead letters.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Bitmap from "../Bitmap.ts"
import type * as Codec from "../Codec.ts"
import type { Event } from "../Event.ts"
import type { DeadLetter, DeadLetterPage, LaneKey, Outbox, OutboxError, Parcel } from "../Outbox.ts"
import * as OutboxRules from "../OutboxRules.ts"
import type { Erased } from "../Running.ts"
import { holds } from "./Holds.ts"
import type { Decoders } from "./ReadBack.ts"

/** Bytes of parcels, and of dead letters, that are looked at in one go. */
const pageBytes = 1024 * 1024

const isOf = (event: Event, user: string): boolean => Object.values(event.user).includes(user)

/** A record that cannot be read as an event is theirs when their id stands in it. */
const belongs = (decoder: Codec.Decoder | undefined, record: Uint8Array, user: string): boolean => {
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

/** What was removed from a lane. */
export interface FromLane {
  /** Events that waited. */
  readonly events: number
  /** Bytes of the parcels that are settled whole by it. */
  readonly freed: number
}

/** Nothing of the lane may be under way, and what it holds in memory must be forgotten afterwards. */
export const eraseStored = (
  outbox: Outbox["Service"],
  lane: LaneKey,
  decode: Decoders,
  user: string
): Effect.Effect<FromLane, OutboxError> =>
  Effect.gen(function* () {
    let after = 0
    let events = 0
    let freed = 0
    for (;;) {
      const parcels = yield* outbox.take(lane, after, pageBytes)
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
      const broken = (yield* outbox.compositions(lane)).filter(({ members }) =>
        members.some(({ parcel, position }) => waiting.get(parcel)?.includes(position))
      )
      if (broken.length > 0) {
        yield* outbox.compose(
          lane,
          [],
          broken.map(({ id }) => id)
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
        }))
      )
      events += [...waiting.values()].reduce((sum, positions) => sum + positions.length, 0)
    }
  })

const eraseLetters = (
  outbox: Outbox["Service"],
  decode: Decoders,
  user: string
): Effect.Effect<number, OutboxError> =>
  Effect.gen(function* () {
    let purged = 0
    let after: number | undefined = 0
    while (after !== undefined) {
      const page: DeadLetterPage<DeadLetter> = yield* outbox.deadLetters({}, after, pageBytes)
      after = page.after
      const theirs = page.letters.filter(({ codec, parameter, record }) =>
        belongs(decode(codec, parameter), record, user)
      )
      if (theirs.length === 0) continue
      purged += yield* outbox.purge(
        theirs.map(({ id }) => id),
        "user"
      )
    }
    return purged
  })

/**
 * Remembers that the user was erased, removes what is stored of them, and lets no byte of it stand. `fromLanes` removes
 * what waits, and yields how many events that were.
 */
export const erase = (
  outbox: Outbox["Service"],
  decode: Decoders,
  user: string,
  fromLanes: Effect.Effect<number, OutboxError>
): Effect.Effect<Erased, OutboxError> =>
  Effect.gen(function* () {
    const { key } = yield* outbox.erasures
    yield* outbox.erase(OutboxRules.digestOf(key, user), yield* Clock.currentTimeMillis)
    const events = yield* fromLanes
    // Behind the lanes: an event that was under way may just have died.
    const letters = yield* eraseLetters(outbox, decode, user)
    yield* outbox.scrub
    return { events, letters }
  })
