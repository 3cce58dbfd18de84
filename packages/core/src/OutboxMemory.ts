/**
 * An outbox in memory, for tests and for runs that may start over: it keeps every promise of the port but durability,
 * and what it holds ends with the process. Nothing in it waits or reads a clock.
 *
 * It has no size limit, unless one is given: then it holds to what the port says of `append`.
 *
 * @since 1.0.0
 */
import { randomUUID } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Bitmap from "./Bitmap.ts"
import type { Checkpoint } from "./Intake.ts"
import * as MemoryLane from "./internal/memoryLane.ts"
import * as MemoryLetters from "./internal/memoryLetters.ts"
import * as MemorySeen from "./internal/memorySeen.ts"
import * as Ledger from "./Ledger.ts"
import {
  type Appending,
  type DeadLetter,
  type LaneKey,
  Outbox,
  type OutboxError,
  type Parcel,
  type Sequence,
  type Settlement,
  type Store
} from "./Outbox.ts"
import * as OutboxRules from "./OutboxRules.ts"

/**
 * A new, empty outbox of a limited size.
 *
 * @since 1.0.0
 * @category constructors
 */
export const makeWith = (options: {
  /** Counted are the records of what waits, parcel by parcel, and those of the dead letters. */
  readonly bytes: number | undefined
}): Effect.Effect<Outbox["Service"]> => Effect.sync(() => build(options.bytes))

/**
 * A new, empty outbox.
 *
 * @since 1.0.0
 * @category constructors
 */
export const make: Effect.Effect<Outbox["Service"]> = makeWith({ bytes: undefined })

/**
 * A new, empty outbox for each build.
 *
 * @since 1.0.0
 * @category layers
 */
export const layer: Layer.Layer<Outbox> = Layer.effect(Outbox, make)

/**
 * A new, empty outbox of a limited size for each build.
 *
 * @since 1.0.0
 * @category layers
 */
export const layerWith = (options: { readonly bytes: number }): Layer.Layer<Outbox> =>
  Layer.effect(Outbox, makeWith(options))

/**
 * For one-shot use: what is left waiting is forgotten at the end.
 *
 * @since 1.0.0
 * @category constructors
 */
export const store: Store = { plugin: "@millrace/core", directory: undefined, layer }

// internal

const build = (limit: number | undefined): Outbox["Service"] => {
  const lanes = new Map<string, MemoryLane.MemoryLane>()
  const home = new Map<Sequence, MemoryLane.MemoryLane>()
  const checkpoints = new Map<string, Checkpoint>()
  const counts = new Map<string, { -readonly [Key in keyof Ledger.Count]: Ledger.Count[Key] }>()
  const deadLetters = new Map<number, DeadLetter>()
  const leases = new Set<string>()
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

  const laneOf = (key: LaneKey): MemoryLane.MemoryLane => {
    const name = nameOf(key.route, key.lane)
    const found = lanes.get(name) ?? MemoryLane.make({ route: key.route, lane: key.lane })
    lanes.set(name, found)
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
      bytes -= record.length
      count(route, "dead", reason, -1)
    }
    return found
  }

  const append = (entry: Appending): ReadonlyArray<Sequence> => {
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
      checkpoints.set(nameOf(origin.source, entry.advance.split), entry.advance.to)
    }
    return entry.parcels.map(({ route, lane: name, records }) => {
      const lane = laneOf({ route, lane: name })
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
      count(route, "waiting", name, records.ends.length)
      return sequence
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

  const appendWithRoom = (entry: Appending): Effect.Effect<ReadonlyArray<Sequence>, OutboxError> =>
    Effect.suspend(() => {
      const { origin, advance } = entry
      if (!room.isOpen() && !OutboxRules.revives(entry)) {
        return Effect.andThen(room.await, appendWithRoom(entry))
      }
      return advance !== undefined && checkpoints.get(nameOf(origin.source, advance.split)) !== advance.after
        ? OutboxRules.overtaken(origin.source, advance.split)
        : change(() => append(entry))
    })

  const change = <A>(make: () => A): Effect.Effect<A> =>
    Effect.sync(() => {
      const made = make()
      weigh()
      return made
    })

  return Outbox.of({
    append: appendWithRoom,
    full: Effect.sync(() => !room.isOpen()),
    room: room.await,
    usage: Effect.sync(() => ({ bytes, limit })),
    seen: (ids, since) => Effect.sync(() => remembered.among(ids, since)),
    settle: (settlements) => change(() => settlements.reduce((freed, one) => freed + settle(one), 0)),
    take: (lane, after, bytes) =>
      Effect.sync((): ReadonlyArray<Parcel> => MemoryLane.take(laneOf(lane), after, bytes)),
    compose: (key, compositions, replaces) =>
      Effect.sync(() => {
        const lane = laneOf(key)
        for (const id of replaces) lane.compositions.delete(id)
        for (const composition of compositions) MemoryLane.compose(lane, composition)
      }),
    compositions: (lane) => Effect.sync(() => MemoryLane.compositions(laneOf(lane))),
    setGate: (lane, gate) =>
      Effect.sync(() => {
        laneOf(lane).gate = gate
      }),
    lanes: Effect.sync(() =>
      [...lanes.values()]
        .filter((lane) => lane.waiting > 0 || lane.gate !== undefined)
        .map((lane) => ({
          ...lane.key,
          waiting: lane.waiting,
          bytes: lane.bytes,
          oldest: lane.parcels.values().next().value?.appendedAt,
          gate: lane.gate ?? OutboxRules.openGate
        }))
    ),
    checkpoint: (source, split) =>
      Effect.sync(() => Option.fromUndefinedOr(checkpoints.get(nameOf(source, split)))),
    lease: (name) =>
      Effect.acquireRelease(
        Effect.sync(() => (leases.has(name) ? Option.none() : Option.some(leases.add(name)))),
        (held) => Effect.sync(() => Option.isSome(held) && leases.delete(name))
      ).pipe(Effect.map(Option.map(() => OutboxRules.ownLease))),
    deadLetterHeads: (filter, after, bytes) =>
      Effect.sync(() => {
        const { letters, ...next } = MemoryLetters.page(deadLetters, filter, after, bytes, () => 0)
        return { letters: letters.map(({ record: _, codec: __, parameter: ___, ...head }) => head), ...next }
      }),
    deadLetters: (filter, after, bytes) =>
      Effect.sync(() => MemoryLetters.page(deadLetters, filter, after, bytes, ({ kept }) => kept)),
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
}

// JSON, so that no choice of names makes two keys one.
const nameOf = (...parts: ReadonlyArray<string>): string => JSON.stringify(parts)
