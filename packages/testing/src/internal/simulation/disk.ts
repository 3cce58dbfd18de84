/**
 * The outbox as a process sees it in a history: the real one behind small waits, with a crash point before, at and
 * after every commit, and failures. Calls take effect in the order they were made. A commit that was asked for happens
 * although the asker is interrupted, unless the process dies.
 */
import type { Appending, Composition, OutboxError } from "@millrace/core/Outbox"
import * as Outbox from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type * as Chance from "./chance.ts"
import type { Process } from "./kernel.ts"
import type { PlannedChunk } from "./plan.ts"
import type { Witness } from "./witness.ts"

type Service = Outbox.Outbox["Service"]

export interface Attachment {
  readonly process: Process
  readonly now: () => number
  readonly witness: Witness
  readonly chance: Chance.Chance
  /** Passes a crash point; `true` when the process died there or was dead before. */
  readonly dies: (point: string) => boolean
  /** Whether the next call is planned to fail. */
  readonly fails: () => boolean
  /** Until when there is no room for a chunk, in epoch milliseconds; 0 when there is. */
  readonly fullUntil: () => number
  readonly chunkOf: (entry: Appending) => PlannedChunk | undefined
  /** Closed with the life, however it ends. */
  readonly scope: Scope.Closeable
}

const unavailable = new Outbox.OutboxError({ reason: "Unavailable", detail: "the disk failed, as planned" })

export const attach = (inner: Service, to: Attachment): Service => {
  const { process, now, witness, chance } = to
  let freeAt = 0

  /** Runs a call of the inner outbox when its turn comes. */
  const call = <A>(
    name: string,
    effect: Effect.Effect<A, OutboxError>,
    onCommit?: (value: A) => void
  ): Effect.Effect<A, OutboxError> =>
    Effect.callback((resume) => {
      if (to.dies(`${name}:begin`)) return
      freeAt = Math.max(freeAt, now() + (chance.hit(0.02) ? chance.between(50, 500) : chance.below(3)))
      process.after(freeAt - now(), () => {
        if (onCommit !== undefined && to.dies(`${name}:before-durable`)) return
        if (to.fails()) return resume(Effect.fail(unavailable))
        const exit = Effect.runSyncExit(effect)
        if (onCommit !== undefined) {
          if (Exit.isSuccess(exit)) {
            onCommit(exit.value)
            witness.ledger(Effect.runSync(inner.ledger))
          }
          if (to.dies(`${name}:after-durable`)) return
        }
        process.after(chance.below(2), () => resume(exit))
      })
    })

  const whileFull = Effect.suspend(() => {
    const wait = to.fullUntil() - now()
    return wait > 0 ? Effect.sleep(wait) : Effect.void
  })

  return Outbox.Outbox.of({
    ...inner,
    append: (entry) =>
      call("append", inner.append(entry), (sequences) =>
        witness.appended(entry, sequences, to.chunkOf(entry))
      ),
    room: Effect.andThen(whileFull, inner.room),
    full: Effect.sync(() => to.fullUntil() > now()),
    usage: call("usage", inner.usage),
    seen: (ids, since) => call("seen", inner.seen(ids, since)),
    settle: (settlements) => call("settle", inner.settle(settlements), () => witness.settled(settlements)),
    take: (lane, after, bytes) => call("take", inner.take(lane, after, bytes)),
    compose: (lane, compositions, replaces) => {
      const kept = () => Effect.runSync(Effect.orDie(inner.compositions(lane)))
      let before: ReadonlyArray<Composition> = []
      const composing = Effect.suspend(() => {
        before = kept().filter(({ id }) => !replaces.includes(id))
        return inner.compose(lane, compositions, replaces)
      })
      return call("compose", composing, () => witness.composed(before, kept()))
    },
    compositions: (lane) => call("compositions", inner.compositions(lane)),
    setGate: (lane, gate) => call("gate", inner.setGate(lane, gate), () => undefined),
    lanes: call("lanes", inner.lanes),
    checkpoint: (source, split) => call("checkpoint", inner.checkpoint(source, split)),
    lease: (name) =>
      Effect.acquireRelease(
        Effect.suspend(() => {
          const scope = Effect.runSync(Scope.fork(to.scope))
          const exit = Effect.runSyncExit(Scope.provide(inner.lease(name), scope))
          return Effect.map(exit, (lease) => ({ lease, scope }))
        }),
        ({ scope }) => Effect.sync(() => Effect.runSync(Scope.close(scope, Exit.void)))
      ).pipe(Effect.map(({ lease }) => lease)),
    deadLetterHeads: (filter, after, bytes) => call("heads", inner.deadLetterHeads(filter, after, bytes)),
    deadLetters: (filter, after, bytes) => call("letters", inner.deadLetters(filter, after, bytes)),
    ledger: call("ledger", inner.ledger)
  })
}
