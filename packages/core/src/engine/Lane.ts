/**
 * One lane at work: events in from append or read back from the outbox, requests out, settlements back.
 *
 * The loop never polls: while the gate is open it sleeps until something changes or the next due time.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import * as Latch from "effect/Latch"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import type { Connection, Opened } from "../Destination.ts"
import { jsonArray } from "../Message.ts"
import type {
  GateState,
  LaneKey,
  LaneState,
  Outbox,
  OutboxError,
  Parcel,
  Sequence,
  Settlement
} from "../Outbox.ts"
import { DeliveryError, type Outcomes, retry } from "../Outcome.ts"
import * as Policy from "../Policy.ts"
import type { Route } from "../Route.ts"
import type { LaneStatus } from "../Running.ts"
import * as Alarm from "./Alarm.ts"
import type * as Batches from "./Batches.ts"
import { batchOf } from "./BatchOf.ts"
import * as Endings from "./Endings.ts"
import * as Erase from "./Erase.ts"
import * as Health from "./Health.ts"
import * as Item from "./Item.ts"
import * as LaneMemory from "./LaneMemory.ts"
import * as LaneShare from "./LaneShare.ts"
import * as Opening from "./Opening.ts"
import type { Prepared } from "./Prepare.ts"
import type * as ReadBack from "./ReadBack.ts"
import * as Retention from "./Retention.ts"
import * as SetAside from "./SetAside.ts"
import * as Settlements from "./Settlements.ts"
import * as Trouble from "./Trouble.ts"
import { type Answer, judge } from "./Verdict.ts"

const tookTooLong = new DeliveryError({
  outcome: retry("no-answer", { detail: "the attempt took too long" })
})

const moment = Effect.map(
  Effect.all([Clock.currentTimeMillis, Clock.monotonicTimeNanos]),
  ([now, nanos]): Retention.Moment => ({ now, monotonic: Number(nanos / 1_000_000n) })
)

/** How long messages that do not fill a request wait for others, in milliseconds. */
const linger = 20

const answerOf = (exit: Exit.Exit<Outcomes | Connection, DeliveryError>): Answer => {
  if (Exit.isSuccess(exit)) {
    return "values" in exit.value
      ? { _tag: "Outcomes", outcomes: exit.value }
      : { _tag: "Defect", detail: "no outcomes" }
  }
  const found = Cause.findError(exit.cause)
  return Result.isSuccess(found)
    ? { _tag: "Failed", error: found.success }
    : { _tag: "Defect", detail: "the plugin threw while delivering" }
}

export interface Lane {
  readonly key: LaneKey
  /** Whether preparing a chunk's events now is worth it: the lane sends, and has room. */
  readonly accepts: () => boolean
  /** A parcel of so many bytes is durable. Told for every parcel of the lane, in the order of their sequences. */
  readonly offer: (sequence: Sequence, bytes: number, prepared: Prepared | undefined, now: number) => void
  /** Parcels of so many bytes may be stored that the lane was not told of. */
  readonly lag: (bytes: number) => void
  /** Whether the lane fills its share of the outbox: then its sources are held. */
  readonly isFull: () => boolean
  /** Whether the lane sends and has more than enough in memory: then the source may be paced. */
  readonly isSated: () => boolean
  readonly isWell: () => boolean
  /**
   * Whether the lane sends and could be handed no more now, but soon: a parcel stored next would have to be read back, and
   * each one after it as long as they come as fast as they are read back.
   */
  readonly isCrowded: () => boolean
  /** Nothing more will come: groups need not wait for their window. */
  readonly flush: () => void
  readonly isEmpty: () => boolean
  /** Whether the lane can send nothing for now: refused in this run, paused, or held by the configuration. */
  readonly isClosed: (now: number) => boolean
  /** Since when the lane has failed, in epoch milliseconds; `Infinity` for one that was not tried or succeeded last. */
  readonly troubledSince: (now: number) => number
  readonly status: (now: number) => LaneStatus
  /** From now on with these credentials; a closed gate is tried at once. Attempts under way end first. */
  readonly reopen: (opened: Opened) => Effect.Effect<void>
  /** Removes a user's waiting events for good, once nothing is under way; returns how many there were. */
  readonly erase: (user: string) => Effect.Effect<number, OutboxError>
  /** An operator's pause, or its end. */
  readonly pause: (paused: boolean) => Effect.Effect<void, OutboxError>
  /** Sends until interrupted; fails when the outbox does. */
  readonly run: Effect.Effect<never, OutboxError>
  /** Waits for the attempts under way and their settlements. */
  readonly awaitAttempts: Effect.Effect<void>
}

export interface Options {
  readonly key: LaneKey
  readonly route: Route
  readonly opened: Opened
  readonly stored: LaneState | undefined
  /** Whether parcels may be stored that `stored` does not tell of. */
  readonly isLate: boolean
  readonly shared: Health.Shared
  readonly outbox: Outbox["Service"]
  readonly decode: ReadBack.Decoders
  /** Milliseconds an event may wait before it becomes a dead letter. */
  readonly retention: number
  /** Called whenever the lane may have become empty, closed, well or hungry. */
  readonly onChange: () => void
}

export const make = (options: Options): Effect.Effect<Lane, OutboxError, Scope.Scope> =>
  Effect.gen(function* () {
    const { key, route, outbox, onChange, shared, stored } = options
    const scope = yield* Effect.scope
    const changed = yield* Latch.make(false)
    const attempts = yield* FiberSet.make<void, OutboxError>()
    const alarm = yield* Alarm.make(changed)
    let memory = LaneMemory.make(
      yield* outbox.compositions(key),
      options.isLate || (stored?.waiting ?? 0) > 0
    )
    const log = (message: string) => Effect.annotateLogs(Effect.logWarning(message), { ...key })

    const open = (opened: Opened) => Opening.make(options, opened)
    let opening = open(options.opened)
    let successor: Opening.Opening | undefined
    const erasures: Array<{ readonly user: string; readonly done: Deferred.Deferred<number, OutboxError> }> =
      []
    let health = Health.start(yield* Clock.currentTimeMillis, stored?.gate, opening.held, opening.policy)
    let told: Trouble.Told | undefined
    const endings = Endings.make()
    let underWay = 0
    let unsettled = 0
    let flushing = false
    let gatheringSince = Infinity
    const share = LaneShare.make(route.share, stored?.bytes ?? 0)
    const retention = Retention.make(options.retention, yield* moment)
    let expiresAt = stored?.oldest === undefined ? Infinity : stored.oldest + options.retention

    const wake = () => {
      changed.openUnsafe()
      onChange()
    }
    const asideAt = () => share.asideAt(Math.max(health.lastSuccess, retention.since()))
    const isEmpty = () => underWay + unsettled === 0 && memory.isEmpty()
    const sends = () => opening.held === undefined && health.gate.reason !== Health.paused

    const settle = (settlements: ReadonlyArray<Settlement>): Effect.Effect<void, OutboxError> => {
      if (settlements.length === 0) return Effect.void
      unsettled++
      return Effect.ensuring(
        Effect.map(outbox.settle(settlements), share.free),
        Effect.sync(() => {
          unsettled--
          wake()
        })
      )
    }

    /** Tells the outbox what ended before any attempt. */
    const tell = Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const early = memory.endings()
      for (const { dead } of early) for (const why of dead) endings.add(why, 1, now)
      return early.length === 0 ? Effect.void : FiberSet.run(attempts, settle(early))
    })

    const catchUp = Effect.gen(function* () {
      const parcels = yield* outbox.take(key, memory.cursor(), LaneMemory.readBackBytes)
      const now = yield* Clock.currentTimeMillis
      for (const parcel of parcels)
        memory.restore(parcel.sequence, opening.readBack(parcel), parcel.attempts, now)
      memory.readBack(parcels.reduce((sum, { records }) => sum + records.bytes.length, 0))
      onChange()
    })

    /** Groups wait no longer: nothing will come for them, or there is no room for what might. */
    const isPressed = () => (memory.isLagging() ? !memory.isHungry() : flushing || !memory.hasRoom())

    const form = Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const { limits } = opening.opened
      const size = { events: limits.messageEvents, bytes: limits.messageBytes }
      if (memory.groups.waiting() === 0) return
      const formed = memory.groups.take(now, opening.window, size, isPressed())
      if (formed.length === 0) return
      // Neither waiting nor under way while it is stored: the lane must not look empty.
      unsettled++
      const composed = yield* opening.composer.form(formed)
      memory.batches.push(composed.items)
      memory.end(composed.dead, now)
      unsettled--
      yield* tell
    })

    /** Opens the connection; a failure counts like that of an attempt. */
    const connect = Effect.gen(function* () {
      const inner = yield* Scope.fork(scope)
      const exit = yield* opening.opened.connect(key.lane).pipe(
        Effect.timeoutOrElse({
          duration: opening.policy.attemptTimeout,
          orElse: () => Effect.fail(tookTooLong)
        }),
        Effect.provideService(Policy.Timeouts, Policy.timeouts(opening.policy)),
        Effect.provideService(Policy.AnswerBytes, Policy.answerBytes(opening.opened.limits.events)),
        Scope.provide(inner),
        Effect.exit
      )
      if (Exit.isSuccess(exit))
        opening.connection = { connection: exit.value, scope: inner, users: 0, isProven: false }
      else {
        yield* Scope.close(inner, exit)
        yield* conclude({ items: [], due: 0, attempts: 0 }, answerOf(exit))
      }
    })

    const deliver = (connection: Connection, items: ReadonlyArray<Item.Item>) =>
      Effect.gen(function* () {
        const { bodies, policy } = opening
        const envelope = connection.envelope ?? jsonArray
        const body = bodies.assemble(items, envelope)
        const exit = yield* connection.deliver(batchOf(key.lane, items, body, envelope)).pipe(
          Effect.timeoutOrElse({
            duration: policy.attemptTimeout,
            orElse: () => Effect.fail(tookTooLong)
          }),
          Effect.exit
        )
        // After any other end somebody may still be reading it.
        if (Exit.isSuccess(exit)) bodies.recycle(body)
        return exit
      })

    const tellTrouble = Effect.gen(function* () {
      const next = Trouble.next(told, health, yield* Clock.currentTimeMillis)
      told = next.told
      if (next.line === undefined) return
      const { isGood, text, reason } = next.line
      yield* Effect.annotateLogs(isGood ? Effect.logInfo(text) : Effect.logWarning(text), {
        ...key,
        ...(reason === "" ? {} : { reason })
      })
    })

    const tellEndings = Effect.gen(function* () {
      for (const { text, reason } of endings.take(yield* Clock.currentTimeMillis))
        yield* Effect.annotateLogs(Effect.logWarning(text), { ...key, reason })
    })

    const keepGate = (before: GateState) =>
      Effect.gen(function* () {
        if (health.gate !== before) yield* outbox.setGate(key, health.gate)
        yield* tellTrouble
      })

    /** The next attempt opens the connection anew; what is under way over this one ends first. */
    const letGo = (held: Opening.Held) => {
      if (opening.connection === held) opening.connection = undefined
    }

    const closeUnused = (held: Opening.Held) =>
      held.users === 0 && opening.connection !== held ? Scope.close(held.scope, Exit.void) : Effect.void

    const conclude = (batch: Batches.Pending, answer: Answer, held?: Opening.Held) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const moment = { now, random: yield* Random.next, policy: opening.policy }
        const verdict = judge(batch, answer, moment)
        const gateBefore = health.gate
        const isRefused = verdict.unauthorized !== undefined
        // What was good before, such as a token, may have run out: a new connection has the say, before the gate closes.
        const isOutdated =
          isRefused && held !== undefined && (held.isProven || held !== opening.connection) && gateBefore.open
        if (!isOutdated) health = Health.after(health, verdict, moment)
        if (held !== undefined) {
          if (verdict.delivered.length > 0) held.isProven = true
          const isFailing =
            verdict.setback !== undefined && health.failures % opening.policy.breakerAfter === 0
          if (isRefused || isFailing) letGo(held)
        }
        if (verdict.setback?.scope === "destination") {
          Health.share(shared, verdict.setback.until, now)
        }
        memory.again.push(...verdict.again.filter(({ items }) => items.length > 0))
        memory.batches.release(verdict.delivered)
        memory.batches.release(verdict.dead.map(({ item }) => item))
        wake()
        for (const { item, reason, detail } of verdict.dead)
          endings.add({ reason, detail }, Item.events(item), now)
        yield* settle(Settlements.ofVerdict(batch, verdict, now))
        if (verdict.halve.length > 0) {
          const composed = yield* opening.composer.halve(verdict.halve)
          memory.batches.replace(verdict.halve, composed.items)
          memory.end(composed.dead, now)
        }
        yield* keepGate(gateBefore)
        for (const defect of verdict.defects) yield* log(`defect of ${route.destination.plugin}: ${defect}`)
      })

    const attempt = (held: Opening.Held, batch: Batches.Pending) =>
      Effect.gen(function* () {
        const exit = yield* deliver(held.connection, batch.items)
        underWay--
        held.users--
        unsettled++
        yield* conclude(batch, answerOf(exit), held)
        yield* closeUnused(held)
        unsettled--
        wake()
      })

    /** Until when messages that would leave half a request empty wait for others; in the past when they need not. */
    const fullBy = (now: number): number => {
      if (memory.batches.waiting() === 0) gatheringSince = Infinity
      else if (gatheringSince === Infinity) gatheringSince = now
      const isEnough = flushing || memory.batches.isAmple(opening.opened.limits)
      return isEnough || gatheringSince === Infinity ? 0 : gatheringSince + linger
    }

    const hasWork = (now: number) =>
      memory.batches.waiting() > 0 || memory.again.some(({ due }) => due <= now)

    /** The batch to send now: one that is due again goes before new ones. */
    const next = (connection: Connection, now: number): Batches.Pending | undefined => {
      const due = memory.again.findIndex((pending) => pending.due <= now)
      if (due >= 0) return memory.again.splice(due, 1)[0]
      if (now < fullBy(now)) return undefined
      gatheringSince = Infinity
      const items = memory.batches.next(opening.opened.limits, connection.envelope ?? jsonArray)
      return items === undefined
        ? undefined
        : { items, due: 0, attempts: Math.max(...items.map((item) => item.attempts)) }
    }

    /** The lane's oldest parcels end as dead letters; nothing is under way. */
    const setAside = (parcels: ReadonlyArray<Parcel>, why: SetAside.Why, now: number) =>
      Effect.gen(function* () {
        if (parcels.length === 0) return
        const beyond = memory.forget(SetAside.last(parcels))
        const aside = [...SetAside.ofParcels(parcels, why, now), ...SetAside.ofMembers(beyond, why, now)]
        yield* settle(aside)
        endings.add(
          why,
          aside.reduce((sum, { dead }) => sum + dead.length, 0),
          now
        )
      })

    const seeClocks = Effect.tap(moment, (found) => Effect.sync(() => retention.look(found)))

    const expire = Effect.gen(function* () {
      const { now } = yield* seeClocks
      const parcels = yield* outbox.take(key, 0, LaneMemory.readBackBytes)
      const dueAt = (parcel: Parcel) => retention.dueAt(parcel, health.lastSuccess)
      const old = SetAside.expired(parcels, dueAt, now)
      expiresAt = SetAside.nextExpiry(parcels, old, dueAt)
      yield* setAside(old, SetAside.tooOld, now)
    })

    const makeRoom = Effect.gen(function* () {
      const { now } = yield* seeClocks
      if (now < asideAt()) return
      const parcels = yield* outbox.take(key, 0, LaneMemory.readBackBytes)
      if (parcels.length === 0) share.clear()
      yield* setAside(SetAside.oldest(parcels, share.excess()), SetAside.tooMuch, now)
    })

    const succeed = (heir: Opening.Opening) =>
      Effect.gen(function* () {
        if (opening.connection !== undefined) yield* Scope.close(opening.connection.scope, Exit.void)
        const gateBefore = health.gate
        opening = heir
        successor = undefined
        health = Health.reopened(health, heir.held, yield* Clock.currentTimeMillis)
        yield* keepGate(gateBefore)
        wake()
      })

    const erase = ({ user, done }: (typeof erasures)[number]) =>
      Effect.gen(function* () {
        const { events, freed } = yield* Erase.eraseStored(outbox, key, options.decode, user)
        share.free(freed)
        // What stood in memory may be theirs: everything is read back.
        if (events > 0) memory = LaneMemory.make(yield* outbox.compositions(key), true)
        return events
      }).pipe(Deferred.into(done))

    const nextDue = (now: number, sendsAt: number | undefined): number => {
      if (!sends()) return Infinity
      const groups = memory.groups.due(opening.window) ?? Infinity
      if (sendsAt === undefined) return groups
      const retries = Math.min(Infinity, ...memory.again.map(({ due }) => due))
      const fresh = memory.batches.waiting() > 0 ? Math.max(sendsAt, fullBy(now)) : Infinity
      // When it could send now and did not, all that waits belongs to users under way: an answer wakes it.
      return Math.min(groups, Math.max(sendsAt, retries), fresh <= now ? Infinity : fresh)
    }

    const step = Effect.gen(function* () {
      // Closed before anything is looked at: what changes during the step is looked at in the next.
      changed.closeUnsafe()
      yield* tell
      const now = yield* Clock.currentTimeMillis
      if (now >= Trouble.dueAt(told, health)) yield* tellTrouble
      if (now >= endings.dueAt()) yield* tellEndings
      // What is under way ends before its credentials or its events are taken away.
      const isQuiet = underWay === 0 && unsettled === 0
      if (isQuiet && successor !== undefined) return yield* succeed(successor)
      if (isQuiet && now >= expiresAt) return yield* expire
      if (isQuiet && now >= asideAt()) return yield* makeRoom
      const erasure = isQuiet ? erasures.shift() : undefined
      if (erasure !== undefined) return yield* erase(erasure)
      const waitsForQuiet =
        successor !== undefined || now >= Math.min(expiresAt, asideAt()) || erasures.length > 0
      if (sends() && !waitsForQuiet) {
        if (memory.isLagging() && memory.isHungry()) return yield* catchUp
        yield* form
        const sendsAt = Health.sendsAt(health, shared, underWay, opening.policy)
        // Asked again: the lane may have been paused while groups were stored.
        if (sends() && sendsAt !== undefined && sendsAt <= now && hasWork(now)) {
          if (opening.connection === undefined) return yield* connect
          const held = opening.connection
          const batch = next(held.connection, now)
          if (batch !== undefined) {
            underWay++
            held.users++
            return yield* FiberSet.run(attempts, attempt(held, batch))
          }
        }
      }
      const sendsAt = Health.sendsAt(health, shared, underWay, opening.policy)
      yield* alarm.sleepUntil(
        Math.min(
          Trouble.dueAt(told, health),
          endings.dueAt(),
          waitsForQuiet ? Infinity : Math.min(nextDue(now, sendsAt), expiresAt, asideAt())
        ),
        now
      )
    })

    return {
      key,
      accepts: () =>
        !memory.isLagging() && sends() && Health.isWell(health, opening.policy) && memory.hasRoom(),
      offer: (sequence, bytes, prepared, now) => {
        share.add(bytes)
        memory.offer(sequence, bytes, prepared, now)
        expiresAt = Math.min(expiresAt, now + options.retention)
        wake()
      },
      lag: (bytes) => {
        share.add(bytes)
        memory.lag()
        wake()
      },
      isFull: () => share.isFull() && !isEmpty(),
      isSated: () => Health.isWell(health, opening.policy) && !memory.isHungry(),
      isWell: () => sends() && Health.isWell(health, opening.policy),
      isCrowded: () =>
        (memory.isLagging() ? memory.isNear() : !memory.hasRoom()) &&
        sends() &&
        Health.isWell(health, opening.policy),
      flush: () => {
        flushing = true
        wake()
      },
      isEmpty,
      isClosed: (now) => !sends() || (!health.gate.open && underWay === 0 && health.gate.notBefore > now),
      troubledSince: (now) => Health.troubledSince(health, shared, now),
      status: (now) => ({ ...key, ...Health.statusOf(health, shared, now), underWay }),
      reopen: (opened) =>
        Effect.sync(() => {
          successor = open(opened)
          wake()
        }),
      erase: (user) =>
        Effect.gen(function* () {
          const done = yield* Deferred.make<number, OutboxError>()
          erasures.push({ user, done })
          wake()
          return yield* Deferred.await(done)
        }),
      pause: (paused) =>
        Effect.gen(function* () {
          const now = yield* Clock.currentTimeMillis
          const wanted = paused ? Health.pause(health, now) : Health.resume(health, opening.held, now)
          // Stored first: what an operator was told is done holds after a restart too.
          if (wanted.gate !== health.gate) yield* outbox.setGate(key, wanted.gate)
          health = { ...health, gate: wanted.gate, reason: wanted.reason, trouble: wanted.trouble }
          yield* tellTrouble
          wake()
        }),
      run: Effect.raceFirst(Effect.forever(step), Effect.andThen(FiberSet.join(attempts), Effect.never)).pipe(
        Effect.ensuring(tellEndings)
      ),
      awaitAttempts: FiberSet.awaitEmpty(attempts)
    }
  })
