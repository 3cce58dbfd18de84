/**
 * What an outbox in memory holds, and what each call does to it, at once and without effects. `Fences` says who may speak for a
 * track or a split where several share it.
 */
import { randomUUID } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Option from "effect/Option"
import * as Bitmap from "../Bitmap.ts"
import * as Ledger from "../Ledger.ts"
import type {
  Appending,
  DeadLetter,
  DeadLetterKeys,
  GateState,
  LaneKey,
  LaneState,
  Outbox,
  OutboxError,
  Parcel,
  Sequence,
  Settlement,
  Stored,
  Token,
  TrackKey
} from "../Outbox.ts"
import type * as OutboxLeases from "../OutboxLeases.ts"
import * as OutboxRefusals from "../OutboxRefusals.ts"
import * as OutboxRules from "../OutboxRules.ts"
import * as MemoryCheckpoints from "./memoryCheckpoints.ts"
import * as MemoryLane from "./memoryLane.ts"
import * as MemoryLetters from "./memoryLetters.ts"
import * as MemorySeen from "./memorySeen.ts"

/** Who speaks to the store. */
export interface Fences {
  /** Whether who speaks holds the lease of that name under this token. */
  readonly holds: (lease: string, token: Token | undefined) => boolean
  /** Parcels were stored in a track; yields the one before, where another stored that. */
  readonly stored: (track: TrackKey, sequence: Sequence) => Sequence
  readonly gateSet: (lane: LaneKey, gate: GateState) => void
}

/** Of a store with one owner. */
export const unfenced: Fences = { holds: () => true, stored: () => 0, gateSet: () => {} }

/** Everything of the port but who owns what. */
export type Calls = Omit<Outbox["Service"], keyof ReturnType<typeof OutboxLeases.own>>

export interface MemoryStore {
  readonly calls: (fences: Fences) => Calls
}

export const make = (limit: number | undefined): MemoryStore => {
  const tracks = new Map<string, MemoryLane.MemoryLane>()
  const gates = new Map<string, LaneKey & { readonly gate: GateState }>()
  const home = new Map<Sequence, MemoryLane.MemoryLane>()
  const checkpoints = MemoryCheckpoints.make()
  const counts = new Map<string, { -readonly [Key in keyof Ledger.Count]: Ledger.Count[Key] }>()
  const deadLetters = new Map<number, DeadLetter>()
  const letterKeys = new Map<number, DeadLetterKeys>()
  const erasures = { key: randomUUID(), users: new Map<string, number>() }
  let sequence: Sequence = 0
  let lastLetter = 0
  const remembered = MemorySeen.make()
  const room = Latch.makeUnsafe(true)
  let bytes = 0

  /** To be called after every change of `bytes`. */
  const weigh = (): void => {
    const isFull = limit !== undefined && bytes >= limit && (home.size > 0 || deadLetters.size > 0)
    if (isFull) room.closeUnsafe()
    else room.openUnsafe()
  }

  const trackOf = ({ route, lane, track = 0 }: TrackKey): MemoryLane.MemoryLane => {
    const name = OutboxRules.trackLease({ route, lane, track })
    const found = tracks.get(name) ?? MemoryLane.make({ route, lane, track })
    tracks.set(name, found)
    return found
  }

  const count = (route: string, kind: Ledger.Count["kind"], key: string, events: number): void => {
    const name = nameOf(route, kind, key)
    const found = counts.get(name)
    if (found === undefined) counts.set(name, { route, kind, key, events })
    else found.events += events
  }

  const bury = (letter: Omit<DeadLetter, "id" | "kept">): void => {
    lastLetter++
    deadLetters.set(lastLetter, { id: lastLetter, ...letter, kept: letter.record.length })
    bytes += letter.record.length
    count(letter.route, "dead", letter.reason, 1)
  }

  /** Takes dead letters out; returns those there were. */
  const unbury = (ids: ReadonlyArray<number>): ReadonlyArray<DeadLetter> => {
    const found = ids.flatMap((id) => deadLetters.get(id) ?? [])
    for (const { id, route, reason, record } of found) {
      if (!deadLetters.delete(id)) continue
      letterKeys.delete(id)
      bytes -= record.length
      count(route, "dead", reason, -1)
    }
    return found
  }

  const append = (entry: Appending, fences: Fences): ReadonlyArray<Stored> => {
    const { origin, at } = entry
    for (const { route, kind, key, events } of entry.counts) count(route, kind, key, events)
    for (const buried of entry.buried) {
      const { reason, codec, parameter } = buried
      const letter = { reason, codec, parameter, ...OutboxRules.keep(buried) }
      for (const route of buried.routes) bury({ route, lane: "", attempts: 0, at, origin, ...letter })
    }
    unbury(entry.revives ?? [])
    remembered.forget(entry.forget ?? 0)
    remembered.add(entry.remember ?? [], at)
    if (entry.advance !== undefined) {
      checkpoints.set(origin.source, entry.advance.split, entry.advance.to)
    }
    return entry.parcels.map(({ records, ...key }) => {
      const lane = trackOf(key)
      const settled = Bitmap.empty(records.ends.length)
      sequence++
      home.set(sequence, lane)
      bytes += records.bytes.length
      MemoryLane.add(lane, {
        sequence,
        records,
        origin,
        appendedAt: at,
        settled,
        attempts: 0,
        damaged: false
      })
      count(key.route, "waiting", key.lane, records.ends.length)
      return { sequence, after: fences.stored(key, sequence) }
    })
  }

  /** Returns the bytes of the parcel when that was the last of it. */
  const settle = (settlement: Settlement): number => {
    const lane = home.get(settlement.parcel)
    const parcel = lane?.parcels.get(settlement.parcel)
    if (lane === undefined || parcel === undefined) return 0
    const { route, lane: name } = lane.key
    const { records, origin } = parcel
    const { settled, delivered, dead, erased, done } = Bitmap.settle(
      parcel.settled,
      records.ends.length,
      settlement
    )
    const { attempts, at } = settlement
    for (const { position, reason, detail } of dead) {
      const record = new Uint8Array(
        records.bytes.subarray(records.ends[position - 1] ?? 0, records.ends[position])
      )
      const { codec, parameter } = records
      const letter = { route, lane: name, reason, detail, attempts, at, origin, record, codec, parameter }
      bury({ ...letter, length: record.length })
    }
    const ended = delivered + dead.length + erased
    lane.waiting -= ended
    count(route, "delivered", name, delivered)
    count(route, "erased", settlement.erased?.reason ?? "", erased)
    count(route, "waiting", name, -ended)
    if (!done) {
      const left =
        settlement.erased === undefined ? parcel : MemoryLane.blank(parcel, settlement.erased.positions)
      lane.parcels.set(parcel.sequence, { ...left, settled, attempts })
      return 0
    }
    MemoryLane.remove(lane, parcel)
    home.delete(parcel.sequence)
    bytes -= records.bytes.length
    return records.bytes.length
  }

  const refused = (
    { origin, advance, remember, unseenSince }: Appending,
    fences: Fences
  ): OutboxError | undefined => {
    const seen = unseenSince === undefined ? [] : [...remembered.among(remember ?? [], unseenSince)]
    if (seen.length > 0) return OutboxRefusals.wasSeen(seen)
    if (advance === undefined) return undefined
    const { split, after, token } = advance
    const isFormer = token !== undefined && !fences.holds(OutboxRules.splitLease(origin.source, split), token)
    return isFormer || checkpoints.get(origin.source, split) !== after
      ? OutboxRefusals.overtaken(origin.source, split)
      : undefined
  }

  const appendWithRoom = (
    entry: Appending,
    fences: Fences
  ): Effect.Effect<ReadonlyArray<Stored>, OutboxError> =>
    Effect.suspend(() => {
      if (!room.isOpen() && !OutboxRules.revives(entry)) {
        return Effect.andThen(room.await, appendWithRoom(entry, fences))
      }
      return refused(entry, fences) ?? change(() => append(entry, fences))
    })

  /** The track that a settlement speaks for is its parcel's; one of a parcel that is gone speaks for none. */
  const fencedOff = (
    settlements: ReadonlyArray<Settlement>,
    token: Token | undefined,
    fences: Fences
  ): TrackKey | undefined =>
    settlements
      .flatMap(({ parcel }) => home.get(parcel)?.key ?? [])
      .find((key) => !fences.holds(OutboxRules.trackLease(key), token))

  const laneStates = (): ReadonlyArray<LaneState> => {
    const states = new Map<string, LaneState>()
    const stateOf = ({ route, lane }: LaneKey): LaneState =>
      states.get(nameOf(route, lane)) ?? {
        route,
        lane,
        waiting: 0,
        bytes: 0,
        oldest: undefined,
        gate: gates.get(nameOf(route, lane))?.gate ?? OutboxRules.openGate
      }
    for (const gate of gates.values()) states.set(nameOf(gate.route, gate.lane), stateOf(gate))
    for (const { key, waiting, bytes, parcels } of tracks.values()) {
      if (waiting === 0) continue
      const state = stateOf(key)
      const oldest = parcels.values().next().value?.appendedAt
      states.set(nameOf(key.route, key.lane), {
        ...state,
        waiting: state.waiting + waiting,
        bytes: state.bytes + bytes,
        oldest: Math.min(state.oldest ?? Infinity, oldest ?? Infinity)
      })
    }
    return [...states.values()]
  }

  const change = <A>(make: () => A): Effect.Effect<A> =>
    Effect.sync(() => {
      const made = make()
      weigh()
      return made
    })

  const calls = (fences: Fences): Calls => ({
    append: (entry) => appendWithRoom(entry, fences),
    full: Effect.sync(() => !room.isOpen()),
    room: room.await,
    usage: Effect.sync(() => ({ bytes, limit })),
    settle: (settlements, token) =>
      Effect.suspend(() => {
        const lost = fencedOff(settlements, token, fences)
        return lost === undefined
          ? change(() => settlements.reduce((freed, one) => freed + settle(one), 0))
          : OutboxRefusals.lostTrack(lost)
      }),
    take: (track, after, bytes) =>
      Effect.sync((): ReadonlyArray<Parcel> => MemoryLane.take(trackOf(track), after, bytes)),
    compose: (key, compositions, replaces, token) =>
      Effect.suspend(() => {
        if (!fences.holds(OutboxRules.trackLease(key), token)) return OutboxRefusals.lostTrack(key)
        const track = trackOf(key)
        for (const id of replaces) track.compositions.delete(id)
        for (const composition of compositions) MemoryLane.compose(track, composition)
        return Effect.void
      }),
    compositions: (track) => Effect.sync(() => MemoryLane.compositions(trackOf(track))),
    setGate: ({ route, lane }, gate, by) =>
      Effect.suspend(() => {
        const track = { route, lane, track: by?.track ?? 0 }
        if (by !== undefined && !fences.holds(OutboxRules.trackLease(track), by.token))
          return OutboxRefusals.lostTrack(track)
        gates.set(nameOf(route, lane), { route, lane, gate })
        fences.gateSet({ route, lane }, gate)
        return Effect.void
      }),
    lanes: Effect.sync(laneStates),
    checkpoint: (source, split) => Effect.sync(() => Option.fromUndefinedOr(checkpoints.get(source, split))),
    looks: (source) => Effect.sync(() => checkpoints.looks(source)),
    looked: (source, at) => Effect.sync(() => checkpoints.looked(source, at)),
    splits: (source, day) => Effect.sync(() => ({ splits: checkpoints.splits(source, day) })),
    confirm: (source, splits) => Effect.sync(() => checkpoints.confirm(source, splits)),
    forget: (source, splits, day) => Effect.sync(() => checkpoints.forget(source, splits, day)),
    deadLetterHeads: (filter, after, bytes) =>
      Effect.sync(() => {
        const { letters, ...next } = MemoryLetters.page(
          deadLetters,
          letterKeys,
          filter,
          after,
          bytes,
          () => 0
        )
        return { letters: letters.map(({ record: _, codec: __, parameter: ___, ...head }) => head), ...next }
      }),
    deadLetters: (filter, after, bytes) =>
      Effect.sync(() =>
        MemoryLetters.page(deadLetters, letterKeys, filter, after, bytes, ({ kept }) => kept)
      ),
    countDeadLetters: (filter, after) =>
      Effect.sync(() => MemoryLetters.count(deadLetters, letterKeys, filter, after)),
    keepKeys: (keys) =>
      Effect.sync(() => {
        for (const one of keys) {
          if (deadLetters.has(one.id) && !letterKeys.has(one.id)) letterKeys.set(one.id, one)
        }
      }),
    purge: (ids, reason) =>
      change(() => {
        const found = unbury(ids)
        for (const { route } of found) count(route, "erased", reason, 1)
        return found.length
      }),
    erasures: Effect.sync(() => ({ key: erasures.key, users: new Map(erasures.users) })),
    erase: (digest, at) =>
      Effect.sync(() => {
        erasures.users.set(digest, at)
      }),
    scrub: Effect.void,
    ledger: Effect.sync(() => Ledger.fromCounts(counts.values()))
  })
  return { calls }
}

// JSON, so that no choice of names makes two keys one.
const nameOf = (...parts: ReadonlyArray<string>): string => JSON.stringify(parts)
