/**
 * Sees what passes between the engine, the outbox and the remote, and holds it against the guarantees. Knows nothing
 * of how the engine works.
 */
import type { Ledger } from "@millrace/core/Ledger"
import type {
  Appending,
  Composition,
  DeadLetter,
  LaneKey,
  Sequence,
  Settlement,
  TrackKey
} from "@millrace/core/Outbox"
import * as OutboxRules from "@millrace/core/OutboxRules"
import { hour, minute } from "./duration.ts"
import type { Kernel } from "./kernel.ts"
import * as LaneRecord from "./laneRecord.ts"
import type { Violation } from "./model.ts"
import {
  chunksOf,
  isHealthy,
  laneName,
  laneOf,
  type Plan,
  type PlannedChunk,
  type PlannedEvent
} from "./plan.ts"
import type { Promised, Violate } from "./promises.ts"
import * as Tally from "./tally.ts"

/** Every secret of a history begins so. */
export const secretMark = "sk-secret-"

export interface Witness {
  readonly violations: ReadonlyArray<Violation>
  readonly violate: Violate
  readonly lane: (key: LaneKey) => LaneRecord.LaneRecord
  readonly booted: () => void
  readonly ended: (process: object) => void
  /**
   * Something that moves tracks from one process to another has begun, or is over: what is late is late from here. Where nothing
   * was given up in order, a former owner may repeat what the next one does.
   */
  readonly disturbed: (isInOrder: boolean) => void
  /** A process has a lease. */
  readonly leased: (name: string, token: number, by: object) => void
  /** It gives it up. */
  readonly released: (name: string, by: object) => void
  /** It goes on after it stood still. */
  readonly woke: (by: object) => void
  /** Something was stored by a lease. */
  readonly wrote: (lease: string, token: number | undefined) => void
  readonly lives: () => number
  readonly appended: (
    entry: Appending,
    sequences: ReadonlyArray<Sequence>,
    chunk: PlannedChunk | undefined
  ) => void
  readonly settled: (settlements: ReadonlyArray<Settlement>, token: number | undefined) => void
  /** The compositions that were to be kept, and those that are. */
  readonly composed: (before: ReadonlyArray<Composition>, after: ReadonlyArray<Composition>) => void
  readonly ledger: (ledger: Ledger) => void
  /** Text that people see. */
  readonly shown: (text: string) => void
  readonly fateOf: (event: string) => PlannedEvent["fate"] | undefined
  readonly isAppended: (chunk: PlannedChunk) => boolean
  readonly waiting: () => number
  /** Grows with every event that was appended or has ended. */
  readonly progress: () => number
  /** What must hold once everything has settled. */
  readonly finish: (letters: ReadonlyArray<DeadLetter>) => void
}

interface KnownParcel {
  /** When it became durable. */
  readonly at: number
  readonly lane: LaneRecord.LaneRecord
  readonly track: TrackKey
  readonly bytes: number
  readonly events: ReadonlyArray<PlannedEvent | undefined>
  readonly settled: Set<number>
}

/** For so long a former owner may go on with what it had begun: a request, and its answer. */
const afterwards = 10 * minute

/** What waits at a start is tried for so long before it may expire. */
const trial = hour

const text = new TextDecoder()

export const make = (plan: Plan, kernel: Kernel): Witness => {
  const violations: Array<Violation> = []
  const tally = Tally.make()
  const known = new Map(chunksOf(plan).flatMap(({ events }) => events.map((event) => [event.id, event])))
  const appends = new Map<PlannedChunk, number>()
  const parcels = new Map<Sequence, KnownParcel>()
  const ends = new Map<object, number>()
  let life = { number: -1, bootedAt: 0 }
  let progress = 0
  let largest = 0

  /** What each process took and did not give up; of some it may not know yet that they are lost. */
  const holds = new Map<object, Set<string>>()
  /** The part of a lane's tracks that a process has; all of it where it is alone. */
  const partOf = (key: LaneKey, by: object): number => {
    if (plan.fleet === undefined) return 1
    const { tracks } = plan.fleet
    const held = holds.get(by)
    let own = 0
    for (let track = 0; track < tracks; track++)
      if (held?.has(OutboxRules.trackLease({ ...key, track }))) own++
    return (own || tracks) / tracks
  }

  /** Who took each lease last and has not given it up; the track of each event of a lane; when a process went on. */
  const owners = new Map<string, object>()
  const tracks = new Map<string, string>()
  const wakes = new Map<object, number>()
  const isOthers = (lane: string, id: string, by: object): boolean => {
    const owner = owners.get(tracks.get(`${lane} ${id}`) ?? "")
    // What it had begun when it stood still leaves in the moment in which it wakes.
    return owner !== undefined && owner !== by && wakes.get(by) !== kernel.now()
  }

  /** The newest token of each lease. */
  const tokens = new Map<string, number>()
  /** When tracks last changed hands otherwise than in order. */
  let unruly = Number.NEGATIVE_INFINITY

  const wrote = (lease: string, token: number | undefined) => {
    if (plan.fleet !== undefined && token !== tokens.get(lease))
      violate("fences", `${lease}: stored by the token ${token}, the newest is ${tokens.get(lease)}`)
  }

  const violate = (promise: Promised, text: string) => {
    kernel.trace(`VIOLATION of ${promise}: ${text}`)
    violations.push({ promise, text })
  }

  const lanes = new Map<string, LaneRecord.LaneRecord>()
  plan.routes.forEach((route, routeIndex) => {
    for (let index = 0; index < route.lanes; index++) {
      const record = LaneRecord.make({
        route: route.name,
        lane: laneName(index),
        isHealthy: isHealthy(plan, routeIndex, index),
        isOrdered: route.ordering === "user",
        isGrouped: route.grouped,
        judgesEvents: route.judgesEvents ?? false,
        concurrency: route.concurrency,
        retention: route.retention,
        share: route.share,
        now: kernel.now,
        life: () => life,
        endOf: (process) => ends.get(process),
        isFleet: plan.fleet !== undefined,
        partOf: (by) => partOf({ route: route.name, lane: laneName(index) }, by),
        mayRepeat: () => plan.fleet !== undefined && kernel.now() < unruly + afterwards,
        isUnruly: () => plan.fleet === undefined || kernel.now() < unruly + afterwards,
        isOthers: (id, by) => isOthers(`${route.name}/${laneName(index)}`, id, by),
        eventOf: (id) => known.get(id),
        violate
      })
      lanes.set(`${route.name}/${laneName(index)}`, record)
    }
  })
  const lane = ({ route, lane }: LaneKey) => lanes.get(`${route}/${lane}`)!

  const parcelAppended = (parcel: Appending["parcels"][number], sequence: Sequence, at: number) => {
    const { records, route, lane: name, track = 0 } = parcel
    const record = lane(parcel)
    const lease = OutboxRules.trackLease({ route, lane: name, track })
    const events = Array.from(records.ends, (end, index) => {
      const decoded = JSON.parse(text.decode(records.bytes.subarray(records.ends[index - 1] ?? 0, end)))
      record.appended(String(decoded.id), at)
      tracks.set(`${route}/${name} ${decoded.id}`, lease)
      return known.get(decoded.id)
    })
    const bytes = records.bytes.length
    largest = Math.max(largest, bytes)
    record.filled(bytes, largest * (plan.readers + 1))
    parcels.set(sequence, {
      track: { route, lane: name, track },
      at: kernel.now(),
      lane: record,
      bytes,
      events,
      settled: new Set()
    })
    tally.add(parcel.route, "waiting", parcel.lane, events.length)
  }

  const checkLanes = (entry: Appending, chunk: PlannedChunk) => {
    for (const route of plan.routes) {
      for (const event of chunk.events) {
        if (!Tally.isSent(event.fate)) continue
        const name = laneOf(route, event)
        const parcel = entry.parcels.find((given) => given.route === route.name && given.lane === name)
        if (parcel === undefined)
          violate("at-least-once", `${event.id} was not appended to ${route.name}/${name}`)
      }
    }
  }

  const settleOne = (
    parcel: KnownParcel,
    position: number,
    reason: string | undefined,
    may: { readonly expire: boolean; readonly beSetAside: boolean }
  ) => {
    if (parcel.settled.has(position)) return
    parcel.settled.add(position)
    if (parcel.settled.size === parcel.events.length) parcel.lane.emptied(parcel.bytes)
    progress++
    const { route, lane } = parcel.lane.facts
    const event = parcel.events[position]
    if (event === undefined)
      return violate("conservation", `${route}/${lane}: position ${position} is no event`)
    tally.add(route, "waiting", lane, -1)
    parcel.lane.ended(event.id, parcel.at)
    if (reason === undefined) {
      tally.add(route, "delivered", lane, 1)
      if (!parcel.lane.isAccepted(event.id))
        violate("at-least-once", `${route}/${lane}: ${event.id} is lost: settled, never accepted`)
      return
    }
    tally.add(route, "dead", reason, 1)
    const { bootedAt } = life
    if (reason === "expired" && parcel.at < bootedAt && kernel.now() - bootedAt < trial) {
      violate(
        "at-least-once",
        `${route}/${lane}: ${event.id} waited at the start, and expired ${kernel.now() - bootedAt} ms later`
      )
    }
    const isSetAside = (reason === "expired" && may.expire) || (reason === "share-full" && may.beSetAside)
    if (isSetAside) parcel.lane.setAside(event.id)
    else if (reason !== Tally.deadReason[event.fate]) {
      violate(
        "at-least-once",
        `${route}/${lane}: ${event.id}, planned to ${event.fate}, is dead as ${reason}`
      )
    }
  }

  /** A message is whole or it is not: with one old event its younger ones expire too, told in the same call. */
  const isLate = ({ parcel, dead, at }: Settlement) =>
    dead.some(({ position }) => {
      const known = parcels.get(parcel)
      const event = known?.events[position]
      return event !== undefined && known!.lane.isLate(event.id, at)
    })

  const isTooMuch = ({ parcel }: Settlement) => {
    const lane = parcels.get(parcel)?.lane
    return lane?.facts.share?.whenFull === "set-aside" && lane.isFull()
  }

  return {
    violations,
    violate,
    lane,
    booted: () => {
      life = { number: life.number + 1, bootedAt: kernel.now() }
    },
    disturbed: (isInOrder) => {
      life = { ...life, bootedAt: kernel.now() }
      if (!isInOrder) unruly = kernel.now()
    },
    leased: (name, token, by) => {
      if (plan.fleet === undefined) return
      holds.set(by, (holds.get(by) ?? new Set()).add(name))
      if (token <= (tokens.get(name) ?? 0))
        violate("fences", `the lease ${name} has the token ${token} again`)
      tokens.set(name, token)
      owners.set(name, by)
    },
    released: (name, by) => {
      holds.get(by)?.delete(name)
      if (owners.get(name) === by) owners.delete(name)
    },
    woke: (by) => {
      wakes.set(by, kernel.now())
    },
    wrote,
    ended: (process) => {
      ends.set(process, kernel.now())
      for (const record of lanes.values()) record.gone(process)
    },
    lives: () => life.number + 1,
    appended: (entry, sequences, chunk) => {
      progress++
      entry.parcels.forEach((parcel, index) => {
        parcelAppended(parcel, sequences[index]!, entry.at)
      })
      if (chunk === undefined)
        return violate("at-least-once", "a client was answered before its chunk was durable")
      const isDuplicate = plan.dedupe && appends.has(chunk)
      if (!isDuplicate) checkLanes(entry, chunk)
      appends.set(chunk, (appends.get(chunk) ?? 0) + 1)
      for (const { name } of plan.routes) tally.chunk(name, chunk, isDuplicate)
    },
    settled: (settlements, token) => {
      for (const { parcel } of settlements) {
        const known = parcels.get(parcel)
        // Of a parcel of which nothing waits, nothing is written.
        if (known !== undefined && known.settled.size < known.events.length)
          wrote(OutboxRules.trackLease(known.track), token)
      }
      const may = { expire: settlements.some(isLate), beSetAside: settlements.some(isTooMuch) }
      for (const settlement of settlements) {
        const parcel = parcels.get(settlement.parcel)
        if (parcel === undefined) {
          violate("conservation", `parcel ${settlement.parcel} was settled and never appended`)
          continue
        }
        for (const position of settlement.delivered) settleOne(parcel, position, undefined, may)
        for (const { position, reason, detail } of settlement.dead) {
          if (detail.includes(secretMark)) violate("secrets", `a dead letter holds a secret: ${detail}`)
          settleOne(parcel, position, reason, may)
        }
      }
    },
    composed: (before, after) => {
      const kept = new Map(after.map((composition) => [composition.id, composition]))
      for (const { id, members } of before) {
        if (JSON.stringify(kept.get(id)?.members) === JSON.stringify(members)) continue
        violate("stable-ids", `composition ${id} is no longer kept, and was not replaced`)
      }
    },
    ledger: (ledger) => {
      const difference = tally.difference(ledger)
      if (difference !== undefined) violate("conservation", `ledger: ${difference}`)
    },
    shown: (line) => {
      if (line.includes(secretMark)) violate("secrets", `a secret is shown: ${line}`)
    },
    fateOf: (event) => known.get(event)?.fate,
    isAppended: (chunk) => appends.has(chunk),
    waiting: () => tally.total("waiting"),
    progress: () => progress,
    finish: (letters) => {
      const dead = tally.total("dead")
      if (letters.length !== dead)
        violate("conservation", `${letters.length} dead letters, ${dead} in the ledger`)
      for (const { detail } of letters)
        if (detail.includes(secretMark)) violate("secrets", `a dead letter holds a secret: ${detail}`)
      for (const chunk of plan.splits.flatMap(({ chunks }) => chunks)) {
        const times = appends.get(chunk) ?? 0
        if (times !== 1) violate("at-least-once", `${chunk.name} was appended ${times} times`)
      }
      for (const { chunk } of plan.requests) {
        if (!appends.has(chunk)) violate("at-least-once", `${chunk.name} is lost: answered, never appended`)
      }
      const waiting = tally.total("waiting")
      if (waiting > 0) violate("settling", `${waiting} events still wait`)
    }
  }
}
