/**
 * Events that ended, told to the outbox and to the log. Owns the count of what the outbox has not heard yet: while there is
 * any, the lane is neither quiet nor empty. Whoever ends events of the lane writes here, and the lane is woken once the
 * outbox has heard.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Log from "../../Log.ts"
import type * as Observer from "../../Observer.ts"
import type { LaneKey, Outbox, OutboxError, Settlement } from "../../Outbox.ts"
import * as Fenced from "../message/Fenced.ts"
import * as Endings from "./Endings.ts"
import type { LaneMemory } from "./LaneMemory.ts"
import type { LaneShare } from "./LaneShare.ts"
import type { Why } from "./SetAside.ts"
import type { OfTrack } from "./Settlements.ts"

export interface Settling {
  /** What the outbox has not heard yet. */
  readonly pending: () => number
  /** From `hold` to `release` the lane counts as not settled, although nothing is told. */
  readonly hold: () => void
  readonly release: () => void
  readonly settle: (ended: ReadonlyArray<OfTrack>) => Effect.Effect<void, OutboxError>
  /** Begins to tell the outbox what ended in memory before any attempt. */
  readonly tell: Effect.Effect<void>
  /** So many events became dead letters, for the log. */
  readonly died: (why: Why, events: number, now: number) => void
  /** When a line of the log is due, in epoch milliseconds. */
  readonly lineAt: () => number
  readonly log: Effect.Effect<void>
}

export interface Options {
  readonly key: LaneKey
  readonly outbox: Outbox["Service"]
  readonly memory: LaneMemory
  readonly share: LaneShare
  readonly observe: Observer.Observe | undefined
  /** Where what is told without waiting runs. */
  readonly fibers: FiberSet.FiberSet<void, OutboxError>
  readonly wake: () => void
}

export const make = ({ key, outbox, memory, share, observe, fibers, wake }: Options): Settling => {
  const endings = Endings.make()
  let pending = 0

  const heard = Effect.sync(() => {
    pending--
    wake()
  })

  const settleOne = ({ own, settlements }: OfTrack): Effect.Effect<void, OutboxError> =>
    Effect.map(
      Fenced.write(
        own,
        0,
        Effect.map(outbox.settle(settlements, own.token), (freed) => {
          observe?.(observed(key, settlements))
          return freed
        })
      ),
      share.free
    )

  const settle = (ended: ReadonlyArray<OfTrack>): Effect.Effect<void, OutboxError> => {
    if (ended.length === 0) return Effect.void
    pending++
    const settling =
      ended.length === 1
        ? settleOne(ended[0]!)
        : Effect.forEach(ended, settleOne, { concurrency: "unbounded", discard: true })
    return Effect.ensuring(settling, heard)
  }

  return {
    pending: () => pending,
    hold: () => {
      pending++
    },
    release: () => {
      pending--
    },
    settle,
    tell: Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const early = memory.endings()
      for (const { settlements } of early)
        for (const { dead } of settlements) for (const why of dead) endings.add(why, 1, now)
      return early.length === 0 ? Effect.void : FiberSet.run(fibers, settle(early))
    }),
    died: endings.add,
    lineAt: endings.dueAt,
    log: Effect.gen(function* () {
      for (const { text, reason } of endings.take(yield* Clock.currentTimeMillis))
        yield* Log.write("dead-letters", text, { ...key, reason })
    })
  }
}

/** What the outbox has heard, in one sum. */
const observed = ({ route, lane }: LaneKey, settlements: ReadonlyArray<Settlement>): Observer.Settlement => {
  const dead = new Map<string, number>()
  let delivered = 0
  let at = 0
  for (const settlement of settlements) {
    delivered += settlement.delivered.length
    at = Math.max(at, settlement.at)
    for (const { reason } of settlement.dead) dead.set(reason, (dead.get(reason) ?? 0) + 1)
  }
  return {
    _tag: "Settlement",
    route,
    lane,
    delivered,
    dead: [...dead].map(([reason, events]) => ({ reason, events })),
    at
  }
}
