/**
 * The lane's attempts: a connection opened where there is none, batches taken from memory and sent.
 *
 * Owns how many attempts are under way, and the connection. The lane's own step begins attempts; each runs in a fiber of its
 * own and ends in `Conclude`, which wakes the lane.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import { jsonArray } from "../../Message.ts"
import type { LaneKey, OutboxError } from "../../Outbox.ts"
import type * as Batches from "../message/Batches.ts"
import type { Conclude } from "./Conclude.ts"
import type { Credentials } from "./Credentials.ts"
import { connect, deliver } from "./Deliver.ts"
import type { Filling } from "./Filling.ts"
import * as Gathering from "./Gathering.ts"
import * as Health from "./Health.ts"
import type { LaneGate } from "./LaneGate.ts"
import type { LaneMemory } from "./LaneMemory.ts"
import type { Held } from "./OpenDestination.ts"
import type { Settling } from "./Settling.ts"
import type { Tracks } from "./Tracks.ts"

export interface Sender {
  /** Attempts under way. */
  readonly underWay: () => number
  /** When the next attempt may be made, in epoch milliseconds; `undefined` while something under way must end first. */
  readonly sendsAt: () => number | undefined
  /** Until when new messages wait for others of their request, in epoch milliseconds; `Infinity` when none waits. */
  readonly fullAt: (now: number) => number
  /** Opens the connection; a failure counts like that of an attempt. */
  readonly connect: Effect.Effect<void, OutboxError>
  /** Begins an attempt; `false` when no batch may leave. */
  readonly send: (now: number) => Effect.Effect<boolean>
}

export interface Options {
  readonly key: LaneKey
  readonly tracks: Pick<Tracks, "part">
  readonly shared: Health.Shared
  readonly memory: LaneMemory
  readonly credentials: Credentials
  readonly gate: LaneGate
  readonly filling: Filling
  readonly settling: Settling
  readonly conclude: Conclude
  /** The attempts. */
  readonly fibers: FiberSet.FiberSet<void, OutboxError>
  /** Where connections live at the longest. */
  readonly scope: Scope.Scope
  readonly wake: () => void
}

export const make = (options: Options): Sender => {
  const { key, tracks, shared, memory, credentials, gate, filling, settling, conclude, fibers, scope, wake } =
    options
  const gathering = Gathering.make()
  let underWay = 0

  const gathersUntil = (now: number): number =>
    gathering.until(
      now,
      memory.batches.waiting(),
      filling.isFlushing() || memory.batches.isAmple(credentials.destination().opened.limits)
    )

  /** The batch to send now: one that is due again goes before new ones. */
  const next = ({ connection }: Held, now: number): Batches.Pending | undefined => {
    const due = memory.takeDue(now)
    if (due !== undefined) return due
    if (now < gathersUntil(now)) return undefined
    gathering.end()
    const { limits } = credentials.destination().opened
    const items = memory.batches.next(limits, connection.envelope ?? jsonArray)
    return items === undefined
      ? undefined
      : { items, due: 0, attempts: Math.max(...items.map((item) => item.attempts)) }
  }

  const closeUnused = (held: Held) =>
    held.users === 0 && credentials.destination().connection !== held
      ? Scope.close(held.scope, Exit.void)
      : Effect.void

  const attempt = Effect.fnUntraced(function* (held: Held, batch: Batches.Pending) {
    for (const { own } of batch.items) own.underWay++
    const began = yield* Clock.currentTimeMillis
    const answer = yield* deliver(key.lane, credentials.destination(), held.connection, batch.items)
    underWay--
    held.users--
    settling.hold()
    yield* conclude(batch, answer, began, held)
    yield* closeUnused(held)
    for (const { own } of batch.items) own.underWay--
    settling.release()
    wake()
  })

  return {
    underWay: () => underWay,
    sendsAt: () =>
      Health.sendsAt(gate.health(), shared, underWay, credentials.destination().policy, tracks.part()),
    fullAt: (now) => (memory.batches.waiting() > 0 ? gathersUntil(now) : Infinity),
    connect: Effect.gen(function* () {
      const destination = credentials.destination()
      const began = yield* Clock.currentTimeMillis
      const found = yield* connect(key.lane, destination, scope)
      if (Result.isSuccess(found)) destination.connection = found.success
      else yield* conclude({ items: [], due: 0, attempts: 0 }, found.failure, began)
    }),
    send: (now) =>
      Effect.suspend(() => {
        const held = credentials.destination().connection
        const batch = held === undefined ? undefined : next(held, now)
        if (held === undefined || batch === undefined) return Effect.succeed(false)
        underWay++
        held.users++
        return Effect.as(FiberSet.run(fibers, attempt(held, batch)), true)
      })
  }
}
