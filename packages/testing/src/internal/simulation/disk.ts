/**
 * The outbox as a process sees it in a history: the real one behind small waits, with a crash point before, at and
 * after every commit, and failures. Calls take effect in the order they were made. A commit that was asked for happens
 * although the asker is interrupted, unless the process dies.
 */
import type { Appending, Composition, OutboxError } from "@millrace/core/Outbox"
import * as Outbox from "@millrace/core/Outbox"
import * as OutboxRules from "@millrace/core/OutboxRules"
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
  /** Until when the outbox cannot be reached, in epoch milliseconds. */
  readonly cutUntil: () => number
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
      const perform = () => {
        const wait = to.cutUntil() - now()
        if (wait > 0) return process.after(wait, perform)
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
        // A commit whose answer is on its way when the connection is lost is heard of later.
        process.after(Math.max(chance.below(2), to.cutUntil() - now()), () => resume(exit))
      }
      process.after(freeAt - now(), perform)
    })

  const reached: Effect.Effect<void> = Effect.suspend(() => {
    const wait = to.cutUntil() - now()
    return wait > 0 ? Effect.andThen(Effect.sleep(wait), reached) : Effect.void
  })

  const whileFull = Effect.suspend(() => {
    const wait = to.fullUntil() - now()
    return wait > 0 ? Effect.sleep(wait) : Effect.void
  })

  return Outbox.Outbox.of({
    ...inner,
    append: (entry) =>
      call("append", inner.append(entry), (stored) => {
        const { advance, origin } = entry
        if (advance !== undefined)
          witness.wrote(OutboxRules.splitLease(origin.source, advance.split), advance.token)
        witness.appended(
          entry,
          stored.map(({ sequence }) => sequence),
          to.chunkOf(entry)
        )
      }),
    room: Effect.andThen(whileFull, inner.room),
    full: Effect.sync(() => to.fullUntil() > now()),
    usage: call("usage", inner.usage),
    settle: (settlements, token) =>
      call("settle", inner.settle(settlements, token), () => witness.settled(settlements, token)),
    take: (lane, after, bytes) => call("take", inner.take(lane, after, bytes)),
    compose: (lane, compositions, replaces, token) => {
      const kept = () => Effect.runSync(Effect.orDie(inner.compositions(lane)))
      let before: ReadonlyArray<Composition> = []
      const composing = Effect.suspend(() => {
        before = kept().filter(({ id }) => !replaces.includes(id))
        return inner.compose(lane, compositions, replaces, token)
      })
      return call("compose", composing, () => {
        witness.wrote(OutboxRules.trackLease(lane), token)
        witness.composed(before, kept())
      })
    },
    compositions: (lane) => call("compositions", inner.compositions(lane)),
    setGate: (lane, gate, by) =>
      call("gate", inner.setGate(lane, gate, by), () => {
        const { route, lane: name } = lane
        if (!gate.open) witness.lane({ route, lane: name }).closed()
        if (by !== undefined)
          witness.wrote(OutboxRules.trackLease({ route, lane: name, track: by.track }), by.token)
      }),
    lanes: call("lanes", inner.lanes),
    checkpoint: (source, split) => call("checkpoint", inner.checkpoint(source, split)),
    looks: (source) => call("looks", inner.looks(source)),
    looked: (source, at) => call("looked", inner.looked(source, at), () => undefined),
    splits: (source, day, after) => call("splits", inner.splits(source, day, after)),
    confirm: (source, splits) => call("confirm", inner.confirm(source, splits), () => undefined),
    forget: (source, splits, day) => call("forget", inner.forget(source, splits, day), () => undefined),
    join: (instance) => Effect.andThen(reached, inner.join(instance)),
    instances: Effect.andThen(reached, inner.instances),
    // What is told is old already.
    news: Effect.tap(inner.news, () =>
      Effect.andThen(reached, Effect.sleep(chance.below(chance.hit(0.3) ? 5000 : 300)))
    ),
    lease: (names, most) =>
      Effect.acquireRelease(
        Effect.flatMap(reached, () => {
          const scope = Effect.runSync(Scope.fork(to.scope))
          const exit = Effect.runSyncExit(Scope.provide(inner.lease(names, most), scope))
          return Effect.map(exit, (leases) => {
            for (const { name, token } of leases) witness.leased(name, token, to.process)
            const told = leases.map((lease) => ({
              ...lease,
              release: Effect.andThen(
                Effect.sync(() => witness.released(lease.name, to.process)),
                lease.release
              )
            }))
            return { leases: told, scope }
          })
        }),
        ({ scope }) => Effect.sync(() => Effect.runSync(Scope.close(scope, Exit.void)))
      ).pipe(Effect.map(({ leases }) => leases)),
    deadLetterHeads: (filter, after, bytes) => call("heads", inner.deadLetterHeads(filter, after, bytes)),
    deadLetters: (filter, after, bytes) => call("letters", inner.deadLetters(filter, after, bytes)),
    countDeadLetters: (filter, after) => call("letter-count", inner.countDeadLetters(filter, after)),
    keepKeys: (keys) => call("keys", inner.keepKeys(keys)),
    ledger: call("ledger", inner.ledger)
  })
}
