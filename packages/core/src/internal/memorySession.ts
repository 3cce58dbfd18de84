/** One instance's way into an outbox in memory that several share. */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Lease, News, Outbox, OutboxError } from "../Outbox.ts"
import * as OutboxLeases from "../OutboxLeases.ts"
import type { MemoryFleet } from "./memoryFleet.ts"
import type { MemoryStore } from "./memoryStore.ts"

export interface Options {
  readonly store: MemoryStore
  readonly fleet: MemoryFleet
  readonly tracks: number
  /** For how many milliseconds a session that is not heard of keeps its leases. */
  readonly leaseTime: number
  /** Run before whatever the session asks of the store; fails while the store cannot be reached. */
  readonly reach: Effect.Effect<void, OutboxError>
}

export const open = Effect.fnUntraced(function* ({
  store,
  fleet,
  tracks,
  leaseTime,
  reach
}: Options): Effect.fn.Return<Outbox["Service"], never, Scope.Scope> {
  const told = yield* Latch.make(false)
  const session = yield* Effect.acquireRelease(
    Effect.sync(() => fleet.open(() => told.openUnsafe())),
    (opened) => Effect.sync(() => fleet.close(opened))
  )
  const clock = yield* Clock.Clock
  const held = new Map<string, Deferred.Deferred<void>>()

  const lose = (isLost: (name: string) => boolean) => {
    for (const [name, lost] of held) {
      if (!isLost(name)) continue
      held.delete(name)
      Deferred.doneUnsafe(lost, Effect.void)
    }
  }

  // By its own clock, which may be wrong, but runs at the same pace; a quarter is left for a store that answers late.
  const sureTime = (leaseTime * 3) / 4
  let heard = yield* Clock.currentTimeMillis
  const sureFor = () => heard + sureTime - clock.currentTimeMillisUnsafe()
  const renew = Effect.gen(function* () {
    const before = yield* Clock.currentTimeMillis
    const own = yield* Effect.timeoutOption(Effect.option(reach), leaseTime / 4).pipe(
      Effect.map((reached) => Option.map(Option.flatten(reached), () => fleet.hear(session)))
    )
    if (Option.isSome(own)) {
      heard = before
      lose((name) => !own.value.has(name))
      // What was given up for lost while the store could not be reached is nobody's, also where nobody else has taken it.
      for (const [name, token] of own.value) if (!held.has(name)) fleet.release(session, name, token)
    }
  })
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(leaseTime / 4), renew)))
  // By itself: a renewal that waits for the store must not keep it.
  const watchful = Effect.suspend(() => {
    const left = sureFor()
    if (left > 0) return Effect.sleep(left)
    lose(() => true)
    return Effect.sleep(leaseTime / 4)
  })
  yield* Effect.forkScoped(Effect.forever(watchful))

  const news: Effect.Effect<News, OutboxError> = Effect.gen(function* () {
    for (;;) {
      yield* told.await
      yield* reach
      told.closeUnsafe()
      const found = fleet.news(session)
      if (found !== undefined) return found
    }
  })

  const lease = (name: string, token: number): Lease => {
    const lost = Deferred.makeUnsafe<void>()
    held.set(name, lost)
    return {
      name,
      token,
      revoked: Effect.never,
      lost: Deferred.await(lost),
      isSure: () => {
        if (sureFor() <= 0) lose(() => true)
        return held.get(name) === lost
      },
      release: Effect.sync(() => {
        if (held.get(name) === lost) held.delete(name)
        Deferred.doneUnsafe(lost, Effect.void)
        fleet.release(session, name, token)
      })
    }
  }

  const calls = store.calls(fleet.fences(session))
  return {
    ...calls,
    shared: true,
    tracks,
    append: (entry) => Effect.andThen(reach, calls.append(entry)),
    settle: (settlements, token) => Effect.andThen(reach, calls.settle(settlements, token)),
    take: (track, after, bytes) => Effect.andThen(reach, calls.take(track, after, bytes)),
    compose: (track, compositions, replaces, token) =>
      Effect.andThen(reach, calls.compose(track, compositions, replaces, token)),
    compositions: (track) => Effect.andThen(reach, calls.compositions(track)),
    setGate: (lane, gate, by) => Effect.andThen(reach, calls.setGate(lane, gate, by)),
    checkpoint: (source, split) => Effect.andThen(reach, calls.checkpoint(source, split)),
    lease: (names, most) =>
      OutboxLeases.inScope(
        Effect.map(reach, () => fleet.take(session, names, most).map(({ name, token }) => lease(name, token)))
      ),
    join: (instance) =>
      Effect.acquireRelease(
        Effect.map(Effect.andThen(reach, Clock.currentTimeMillis), (since) => {
          const key = Symbol(instance.name)
          session.instances.set(key, { ...instance, since })
          fleet.changed(session)
          return key
        }),
        (key) =>
          Effect.sync(() => {
            session.instances.delete(key)
            fleet.changed(session)
          })
      ).pipe(Effect.asVoid),
    instances: Effect.andThen(reach, Effect.sync(fleet.instances)),
    news
  }
})
