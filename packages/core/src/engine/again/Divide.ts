/**
 * What one store holds, divided among the tracks of another. Where the second has other tracks, and several, each event goes to
 * the track of its user, as the intake would have it. Pure.
 */
import * as Result from "effect/Result"
import * as Bitmap from "../../Bitmap.ts"
import * as Codec from "../../Codec.ts"
import type { Definition } from "../../Definition.ts"
import type { Held, HeldParcel, Sequence } from "../../Outbox.ts"
import { catalogueOf } from "../intake/Known.ts"
import { trackOf } from "../intake/Plan.ts"
import { change, isChanged, isEvent } from "../message/Change.ts"
import * as ReadBack from "../message/ReadBack.ts"

/** Where an event stands. */
interface Member {
  readonly track: number
  readonly parcel: Sequence
  readonly position: number
}

export interface Divider {
  /** Whether every event has the place that it had. */
  readonly keepsPlaces: boolean
  readonly parcels: (parcel: HeldParcel) => ReadonlyArray<HeldParcel>
  /** `among` has the parcels of all members as they were. Left out are compositions whose events are of several tracks now. */
  readonly compositions: (
    compositions: Held["compositions"],
    among: ReadonlyArray<HeldParcel>
  ) => Held["compositions"]
}

export const make = (definition: Definition, from: number, to: number): Divider => {
  if (from === to) {
    return { keepsPlaces: true, parcels: (parcel) => [parcel], compositions: (compositions) => compositions }
  }
  // The order of sequences holds over all tracks of a store.
  if (to === 1) {
    return {
      keepsPlaces: true,
      parcels: (parcel) => [{ ...parcel, track: 0 }],
      compositions: (compositions) => compositions.map((composition) => ({ ...composition, track: 0 }))
    }
  }
  const tracks = tracksIn(definition, to)
  const sequenceOf = (parcel: Sequence, track: number) => parcel * to + track

  /** Of what waits, the positions by track, in their order. */
  const positionsOf = (parcel: HeldParcel): ReadonlyMap<number, ReadonlyArray<number>> => {
    const found = new Map<number, Array<number>>()
    const read = tracks(parcel)
    for (let position = 0; position < parcel.records.ends.length; position++) {
      if (Bitmap.has(parcel.settled, position)) continue
      const track = read(position)
      const positions = found.get(track) ?? []
      found.set(track, positions)
      positions.push(position)
    }
    return found
  }

  const membersOf = (parcel: HeldParcel): ReadonlyMap<number, Member> =>
    new Map(
      [...positionsOf(parcel)].flatMap(([track, positions]) =>
        positions.map((position, index) => [
          position,
          { track, parcel: sequenceOf(parcel.sequence, track), position: index }
        ])
      )
    )

  return {
    keepsPlaces: false,
    parcels: (parcel) =>
      // Its offsets are not to be relied on: it becomes dead letters as it is.
      parcel.damaged
        ? [{ ...parcel, track: 0, sequence: sequenceOf(parcel.sequence, 0) }]
        : [...positionsOf(parcel)].map(([track, positions]) => ({
            ...parcel,
            track,
            sequence: sequenceOf(parcel.sequence, track),
            records: Codec.select(parcel.records, positions),
            settled: Bitmap.empty(positions.length)
          })),
    compositions: (compositions, among) => {
      const places = new Map(among.map((parcel) => [parcel.sequence, membersOf(parcel)]))
      return compositions.flatMap((composition) => {
        const members = composition.members.flatMap(
          ({ parcel, position }) => places.get(parcel)?.get(position) ?? []
        )
        const [first, ...rest] = members
        return first === undefined || rest.some(({ track }) => track !== first.track)
          ? []
          : [
              {
                ...composition,
                track: first.track,
                members: members.map(({ parcel, position }) => ({ parcel, position }))
              }
            ]
      })
    }
  }
}

/** Tells of each event of a parcel its track; what cannot be read becomes a dead letter from any. */
const tracksIn = (definition: Definition, tracks: number) => {
  const decode = ReadBack.decoders(catalogueOf(definition))
  return ({ route: name, records }: HeldParcel) => {
    const route = definition.routes.find((one) => one.name === name)
    const decoder = decode(records.codec, records.parameter)
    const steps = isChanged(records)
      ? (route?.changes ?? [])
      : [...(route?.intake ?? []), ...(route?.changes ?? [])]
    return (position: number): number => {
      try {
        const decoded = decoder?.(records.bytes, records.ends[position - 1] ?? 0, records.ends[position]!)
        if (decoded === undefined || Result.isFailure(decoded)) return 0
        const event = change(steps, decoded.success)
        return isEvent(event) ? trackOf(event, route?.ordering ?? "user", tracks) : 0
      } catch {
        return 0
      }
    }
  }
}
