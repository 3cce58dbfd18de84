/**
 * One lane at work: events in from append or read back from the outbox, requests out, settlements back.
 *
 * The loop never polls: while the gate is open it sleeps until something changes or the next due time.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import * as Latch from "effect/Latch"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import type { Connection, Opened } from "../Destination.ts"
import { jsonArray } from "../Message.ts"
import type { LaneKey, LaneState, Outbox, OutboxError, Sequence, Settlement } from "../Outbox.ts"
import { DeliveryError, type Outcomes, retry } from "../Outcome.ts"
import type { Route } from "../Route.ts"
import type { LaneStatus } from "../Running.ts"
import * as Batches from "./Batches.ts"
import * as Compose from "./Compose.ts"
import * as Groups from "./Groups.ts"
import * as Health from "./Health.ts"
import * as Item from "./Item.ts"
import type { Prepared } from "./Prepare.ts"
import type { ReadBack } from "./ReadBack.ts"
import * as Settlements from "./Settlements.ts"
import { type Answer, judge } from "./Verdict.ts"

/** Bytes of messages a lane keeps in memory; beyond it the lane lags to disk. */
const memoryLimit = 2 * 1024 * 1024

/** The longest one attempt may take, whatever a plugin's own limits. */
const attemptLimit = Duration.minutes(2)

const tookTooLong = new DeliveryError({
  outcome: retry("no-answer", { detail: "the attempt took too long" })
})

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
  /** A parcel is durable. Told for every parcel of the lane, in the order of their sequences. */
  readonly offer: (sequence: Sequence, prepared: Prepared | undefined, now: number) => void
  /** Parcels may be stored that the lane was not told of. */
  readonly lag: () => void
  /** Whether the lane sends and has more than enough in memory: then the source may be paced. */
  readonly isSated: () => boolean
  readonly isWell: () => boolean
  /** Nothing more will come: groups need not wait for their window. */
  readonly flush: () => void
  readonly isEmpty: () => boolean
  /** Whether credentials were refused in this run, or the configuration holds the lane. */
  readonly isClosed: (now: number) => boolean
  readonly lastSuccess: () => number
  readonly status: () => LaneStatus
  /** Sends until interrupted; fails when the outbox does. */
  readonly run: Effect.Effect<never, OutboxError>
  /** Waits for the attempts under way and their settlements. */
  readonly awaitAttempts: Effect.Effect<void>
}

export interface Options {
  readonly key: LaneKey
  readonly route: Route
  readonly opened: Opened
  readonly held: string | undefined
  readonly stored: LaneState | undefined
  readonly shared: Health.Shared
  readonly outbox: Outbox["Service"]
  readonly readBack: ReadBack
  /** Called whenever the lane may have become empty, closed, well or hungry. */
  readonly onChange: () => void
}

export const make = (options: Options): Effect.Effect<Lane, OutboxError, Scope.Scope> =>
  Effect.gen(function* () {
    const { key, opened, outbox, onChange, shared } = options
    const { limits } = opened
    const window = Duration.toMillis(limits.window)
    const messageLimit = { events: limits.messageEvents, bytes: limits.messageBytes }
    const scope = yield* Effect.scope
    const changed = yield* Latch.make(false)
    const attempts = yield* FiberSet.make<void, OutboxError>()
    const batches = Batches.make()
    const groups = Groups.make(yield* outbox.compositions(key))
    const composer = Compose.make(outbox, key, opened)
    const log = (message: string) => Effect.annotateLogs(Effect.logWarning(message), { ...key })

    const again: Array<Batches.Pending> = []
    /** Told to the outbox at the next step. */
    const endings: Array<Settlement> = []
    let health = Health.start(yield* Clock.currentTimeMillis, options.stored?.gate, options.held)
    let connection: Connection | undefined
    let underWay = 0
    let unsettled = 0
    let flushing = false
    // Memory holds everything up to `cursor`; `newest` is the last parcel known to be stored.
    let cursor: Sequence = 0
    let newest: Sequence = 0
    let lagging = (options.stored?.waiting ?? 0) > 0

    const bytes = () => batches.bytes() + groups.bytes()
    const wake = () => {
      changed.openUnsafe()
      onChange()
    }

    const admit = (sequence: Sequence, prepared: Prepared, attempts: number, now: number) => {
      for (const item of prepared.items) item.parcel = sequence
      for (const event of prepared.grouped) event.parcel = sequence
      batches.push(prepared.items)
      groups.push(prepared.grouped, now)
      endings.push(...Settlements.ofPrepared(sequence, prepared, attempts, now))
    }

    const settle = (settlements: ReadonlyArray<Settlement>): Effect.Effect<void, OutboxError> => {
      if (settlements.length === 0) return Effect.void
      unsettled++
      return Effect.ensuring(
        outbox.settle(settlements),
        Effect.sync(() => {
          unsettled--
          wake()
        })
      )
    }

    const catchUp = Effect.gen(function* () {
      const parcels = yield* outbox.take(key, cursor, memoryLimit / 2)
      const now = yield* Clock.currentTimeMillis
      if (parcels.length === 0) {
        // A parcel stored since the question was asked is still ahead.
        if (newest <= cursor) lagging = false
        onChange()
        return
      }
      for (const parcel of parcels) {
        const prepared = options.readBack(parcel)
        cursor = parcel.sequence
        admit(parcel.sequence, prepared, parcel.attempts, now)
        for (const { position } of prepared.dead) groups.dissolve(parcel.sequence, position, now)
      }
    })

    const form = Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const formed = groups.take(now, window, messageLimit, flushing && !lagging)
      if (formed.length === 0) return
      const composed = yield* composer.form(formed)
      batches.push(composed.items)
      endings.push(...Settlements.ofEnded(composed.dead, now))
    })

    /** Opens the connection; a failure counts like that of an attempt. */
    const connect = Effect.gen(function* () {
      const inner = yield* Scope.fork(scope)
      const exit = yield* Effect.exit(Scope.provide(opened.connect(key.lane), inner))
      if (Exit.isSuccess(exit)) connection = exit.value
      else {
        yield* Scope.close(inner, exit)
        yield* conclude({ items: [], due: 0, attempts: 0 }, answerOf(exit))
      }
    })

    const deliver = (open: Connection, items: ReadonlyArray<Item.Item>) =>
      open
        .deliver({
          lane: key.lane,
          ids: items.map((item) => item.id),
          events: items.reduce((sum, item) => sum + Item.events(item), 0),
          body: Batches.assemble(items, open.envelope ?? jsonArray)
        })
        .pipe(
          Effect.timeoutOrElse({ duration: attemptLimit, orElse: () => Effect.fail(tookTooLong) }),
          Effect.exit
        )

    const conclude = (batch: Batches.Pending, answer: Answer) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const random = yield* Random.next
        const verdict = judge(batch, answer, now, random)
        const gateBefore = health.gate
        health = Health.after(health, verdict, now, random)
        if (verdict.setback?.scope === "destination") {
          shared.notBefore = Math.max(shared.notBefore, verdict.setback.until)
        }
        again.push(...verdict.again.filter(({ items }) => items.length > 0))
        batches.release(verdict.delivered)
        batches.release(verdict.dead.map(({ item }) => item))
        wake()
        yield* settle(Settlements.ofVerdict(batch, verdict, now))
        if (verdict.halve.length > 0) {
          const composed = yield* composer.halve(verdict.halve)
          batches.release(verdict.halve)
          batches.push(composed.items)
          endings.push(...Settlements.ofEnded(composed.dead, now))
        }
        if (gateBefore !== health.gate) yield* outbox.setGate(key, health.gate)
        if (gateBefore.open !== health.gate.open) {
          yield* log(
            health.gate.open
              ? "the lane is open again"
              : `the lane is closed: ${health.trouble}; its events wait`
          )
        }
        for (const defect of verdict.defects)
          yield* log(`defect of ${options.route.destination.plugin}: ${defect}`)
      })

    const attempt = (open: Connection, batch: Batches.Pending) =>
      Effect.gen(function* () {
        const exit = yield* deliver(open, batch.items)
        underWay--
        unsettled++
        yield* conclude(batch, answerOf(exit))
        unsettled--
        wake()
      })

    const hasWork = (now: number) => batches.waiting() > 0 || again.some(({ due }) => due <= now)

    /** The batch to send now: one that is due again goes before new ones. */
    const next = (now: number): Batches.Pending | undefined => {
      const due = again.findIndex((pending) => pending.due <= now)
      if (due >= 0) return again.splice(due, 1)[0]
      const items = batches.next(limits, connection?.envelope ?? jsonArray)
      return items === undefined
        ? undefined
        : { items, due: 0, attempts: Math.max(...items.map((item) => item.attempts)) }
    }

    const nextDue = (now: number, sendsAt: number | undefined): number => {
      if (options.held !== undefined) return Infinity
      const retries = Math.min(Infinity, ...again.map(({ due }) => due))
      // When it could send now and did not, all that waits belongs to users under way: an answer wakes it.
      const send =
        sendsAt === undefined
          ? Infinity
          : sendsAt <= now
            ? retries
            : Math.max(sendsAt, batches.waiting() > 0 ? 0 : retries)
      return Math.min(send, groups.due(window) ?? Infinity)
    }

    const sleepUntil = (due: number, now: number) =>
      due === Infinity
        ? changed.await
        : Effect.asVoid(Effect.timeoutOption(changed.await, Math.max(1, due - now)))

    const step = Effect.gen(function* () {
      if (endings.length > 0) yield* FiberSet.run(attempts, settle(endings.splice(0)))
      if (lagging && bytes() < memoryLimit / 2 && options.held === undefined) return yield* catchUp
      yield* form
      const now = yield* Clock.currentTimeMillis
      const sendsAt = Health.sendsAt(health, shared, underWay, limits.concurrency)
      if (options.held === undefined && sendsAt !== undefined && sendsAt <= now && hasWork(now)) {
        if (connection === undefined) return yield* connect
        const batch = next(now)
        if (batch !== undefined) {
          underWay++
          return yield* FiberSet.run(attempts, attempt(connection, batch))
        }
      }
      changed.closeUnsafe()
      yield* sleepUntil(nextDue(now, sendsAt), now)
    })

    return {
      key,
      accepts: () => !lagging && options.held === undefined && Health.isWell(health) && bytes() < memoryLimit,
      offer: (sequence, prepared, now) => {
        if (sequence <= cursor) return
        newest = sequence
        if (lagging || prepared === undefined) lagging = true
        else {
          cursor = sequence
          admit(sequence, prepared, 0, now)
        }
        wake()
      },
      lag: () => {
        lagging = true
        wake()
      },
      isSated: () => Health.isWell(health) && bytes() > memoryLimit / 2,
      isWell: () => options.held === undefined && Health.isWell(health),
      flush: () => {
        flushing = true
        wake()
      },
      isEmpty: () =>
        !lagging &&
        underWay + unsettled + endings.length + again.length === 0 &&
        batches.waiting() + groups.waiting() === 0,
      isClosed: (now) =>
        options.held !== undefined || (!health.gate.open && underWay === 0 && health.gate.notBefore > now),
      lastSuccess: () => health.lastSuccess,
      status: () => ({ ...key, gate: health.gate, trouble: health.trouble, underWay }),
      run: Effect.raceFirst(Effect.forever(step), Effect.andThen(FiberSet.join(attempts), Effect.never)),
      awaitAttempts: FiberSet.awaitEmpty(attempts)
    }
  })
