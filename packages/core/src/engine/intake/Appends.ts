/**
 * The appends of all sources: what waits while some are under way goes next, all of it at once. A store that gathers
 * changes makes one transaction of it, so that many small chunks cost little more than a large one.
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import * as Latch from "effect/Latch"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type { Appending, Outbox, OutboxError, Stored } from "../../Outbox.ts"

/** A chunk, and what is done when it is durable. */
export interface ToAppend {
  readonly entry: Appending
  /** Called once for each parcel, by its place in the entry; for all chunks in the order of their sequences. */
  readonly handOn: (index: number, stored: Stored) => void
  readonly onStored: () => void
}

/** Yields what is to be stored; called in turn, with the time in epoch milliseconds. */
export type Asking = (now: number) => ToAppend

export interface Appends {
  /** Resolves when it is durable and handed on. Interrupted under way, it becomes so all the same. */
  readonly append: (ask: Asking) => Effect.Effect<void, OutboxError>
  /** Nothing is appended meanwhile but by the effect itself. */
  readonly alone: <A, E>(body: Effect.Effect<A, E>) => Effect.Effect<A, E>
  /** Waits for what is under way, also where who asked for it is gone. */
  readonly quiet: Effect.Effect<void>
}

/** The most at once. */
const most = 16

/**
 * Bytes that must be free in the outbox for more than one at once: one that found no room would wait for it while it has
 * the turn, which a replay of dead letters needs, and may be what makes room.
 */
const margin = 64 * 1024 * 1024

interface Waiting {
  readonly ask: Asking
  readonly done: Deferred.Deferred<void, OutboxError>
}

export const make = Effect.fnUntraced(function* (
  outbox: Outbox["Service"]
): Effect.fn.Return<Appends, never, Scope.Scope> {
  const turn = yield* Semaphore.make(1)
  const quiet = yield* Latch.make(true)
  const fibers = yield* FiberSet.make<void>()
  let queue: Array<Waiting> = []
  let isDraining = false
  /** Bytes that are free in the outbox at the least, as far as is known. */
  let free = 0

  const ask = Effect.match(outbox.usage, {
    onSuccess: ({ bytes, limit = Infinity }) => {
      free = limit - bytes
    },
    // An outbox that cannot tell takes one at a time.
    onFailure: () => {}
  })
  /** Asked beside an append, so that nobody waits for it, and seldom. */
  const measure = Effect.suspend(() => (free > margin ? Effect.void : ask))

  /** What goes next: one, or all that may go together. */
  const next = (): ReadonlyArray<Waiting> => queue.splice(0, free > margin ? most : 1)

  const appendAll = Effect.fnUntraced(
    function* (group: ReadonlyArray<Waiting>) {
      quiet.closeUnsafe()
      const now = yield* Clock.currentTimeMillis
      const stored: Array<{ readonly sequence: number; readonly handOn: () => void }> = []
      const appendOne = Effect.fnUntraced(function* (waiting: Waiting) {
        const { entry, handOn, onStored } = waiting.ask(now)
        const places = yield* outbox.append(entry)
        // Twice, as its events may end as dead letters.
        for (const { records } of entry.parcels) free -= 2 * records.bytes.length
        for (const [index, place] of places.entries())
          stored.push({ sequence: place.sequence, handOn: () => handOn(index, place) })
        onStored()
      })
      const [exits] = yield* Effect.all(
        [Effect.forEach(group, (one) => Effect.exit(appendOne(one)), { concurrency: "unbounded" }), measure],
        { concurrency: "unbounded" }
      )
      stored.sort((left, right) => left.sequence - right.sequence)
      for (const { handOn } of stored) handOn()
      for (const [index, { done }] of group.entries()) Deferred.doneUnsafe(done, exits[index]!)
    },
    (appending, group) =>
      Effect.onError(appending, (cause) =>
        Effect.sync(() => {
          for (const { done } of group) Deferred.doneUnsafe(done, Exit.failCause(cause))
        })
      ),
    Effect.ensuring(quiet.open)
  )

  /** Yields whether there was room. Room is never waited for in turn. */
  const inTurn = turn.withPermit(
    Effect.gen(function* () {
      if (yield* outbox.full) return false
      yield* appendAll(next())
      return true
    })
  )

  const drain = Effect.gen(function* () {
    while (queue.length > 0) if (!(yield* inTurn)) yield* outbox.room
    // In one go with the look at the queue: what comes from here on finds nobody at it, and begins anew.
    isDraining = false
  })

  return {
    append: (ask) =>
      Effect.suspend(() => {
        const waiting: Waiting = { ask, done: Deferred.makeUnsafe() }
        queue.push(waiting)
        const start = isDraining ? Effect.void : FiberSet.run(fibers, drain, { startImmediately: true })
        isDraining = true
        return Effect.onInterrupt(Effect.andThen(start, Deferred.await(waiting.done)), () =>
          Effect.sync(() => {
            queue = queue.filter((one) => one !== waiting)
          })
        )
      }),
    alone: turn.withPermit,
    quiet: quiet.await
  }
})
