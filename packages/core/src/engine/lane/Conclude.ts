/**
 * What an answer leads to, carried out: `Verdict` judges it, the gate and the lane's memory follow, and the outbox is told.
 * Owns nothing.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Log from "../../Log.ts"
import type { Observe } from "../../Observer.ts"
import type { LaneKey, OutboxError } from "../../Outbox.ts"
import type * as Batches from "../message/Batches.ts"
import * as Item from "../message/Item.ts"
import * as OwnTrack from "../message/OwnTrack.ts"
import * as Sheet from "../message/Sheet.ts"
import * as Attempted from "./Attempted.ts"
import type { Credentials } from "./Credentials.ts"
import * as Health from "./Health.ts"
import type { LaneGate } from "./LaneGate.ts"
import type { LaneMemory } from "./LaneMemory.ts"
import type { Held } from "./OpenDestination.ts"
import * as Renew from "./Renew.ts"
import * as Settlements from "./Settlements.ts"
import type { Settling } from "./Settling.ts"
import type { Tracks } from "./Tracks.ts"
import { type Answer, judge } from "./Verdict.ts"

export interface Options {
  readonly key: LaneKey
  /** The name of the destination's plugin, for the log. */
  readonly plugin: string
  readonly tracks: Pick<Tracks, "part">
  readonly shared: Health.Shared
  readonly memory: LaneMemory
  readonly credentials: Credentials
  readonly gate: LaneGate
  readonly settling: Settling
  readonly observe: Observe | undefined
  readonly wake: () => void
}

/**
 * Carries out an answer to an attempt that began at a time, in epoch milliseconds; `held` is the connection it came over, if there
 * was one.
 */
export type Conclude = (
  batch: Batches.Pending,
  answer: Answer,
  began: number,
  held?: Held
) => Effect.Effect<void, OutboxError>

export const make = (options: Options): Conclude => {
  const { key, plugin, tracks, shared, memory, credentials, gate, settling, observe, wake } = options
  const composerOf = () => credentials.destination().composer

  /** What is of a track that goes is left to who has it next. */
  const tryAgain = (batches: ReadonlyArray<Batches.Pending>) => {
    const kept = batches.map((batch) => {
      const gone = batch.items.filter(({ own }) => OwnTrack.isGone(own))
      if (gone.length === 0) return batch
      memory.batches.release(gone)
      return { ...batch, items: batch.items.filter(({ own }) => !OwnTrack.isGone(own)) }
    })
    memory.tryAgain(kept.filter(({ items }) => items.length > 0))
  }

  const halve = Effect.fnUntraced(function* (refused: ReadonlyArray<Item.Item>, now: number) {
    const gone = refused.filter(({ own }) => OwnTrack.isGone(own))
    memory.batches.release(gone)
    const kept = refused.filter(({ own }) => !OwnTrack.isGone(own))
    const composed = yield* composerOf().halve(kept)
    const parts = composed.items.filter(({ own }) => !OwnTrack.isGone(own))
    memory.batches.replace(kept, parts)
    memory.end(composed.dead, now)
  })

  return Effect.fnUntraced(function* (batch, answer, began, held) {
    const destination = credentials.destination()
    const { composer, policy } = destination
    const now = yield* Clock.currentTimeMillis
    const moment = { now, random: yield* Random.next, policy, part: tracks.part() }
    const verdict = judge(batch, answer, moment)
    observe?.(Attempted.observed(key, batch, answer, verdict, { began, ended: now }))
    const gateBefore = gate.health().gate
    const isRefused = verdict.unauthorized !== undefined
    // What was good before, such as a token, may have run out: a new connection has the say, before the gate closes.
    const isOutdated =
      isRefused && held !== undefined && (held.isProven || held !== destination.connection) && gateBefore.open
    if (!isOutdated) gate.after(verdict, moment)
    if (held !== undefined) {
      if (verdict.delivered.length > 0) held.isProven = true
      const isFailing = verdict.setback !== undefined && gate.health().failures % policy.breakerAfter === 0
      // The next attempt opens the connection anew; what is under way over this one ends first.
      if ((isRefused || isFailing) && destination.connection === held) destination.connection = undefined
    }
    if (verdict.setback?.scope === "destination") Health.share(shared, verdict.setback.until, now)
    if (verdict.left.size === 0) tryAgain(verdict.again)
    memory.batches.release(verdict.ended)
    for (const { sheet } of verdict.ended) Sheet.end(sheet)
    wake()
    for (const { item, reason, detail } of verdict.dead)
      settling.died({ reason, detail }, Item.events(item), now)
    yield* settling.settle(Settlements.ofVerdict(batch, verdict, now))
    if (verdict.left.size > 0) tryAgain(yield* Renew.renew(composer, memory, verdict, now))
    if (verdict.halve.length > 0) yield* halve(verdict.halve, now)
    yield* gate.keep(gateBefore)
    for (const defect of verdict.defects)
      yield* Log.write("plugin-defect", `defect of ${plugin}: ${defect}`, { ...key })
  })
}
