/**
 * What waits to be stored. Bodies that wait together become one chunk, so that many small requests cost little more than a
 * large one: the more of them come, the fewer chunks an event needs.
 */
import type { Intake } from "@millrace/core/Intake"
import type { BrazeEvent } from "@millrace/events-braze"
import type { UnknownEvent } from "@millrace/events-braze/Braze"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import * as Chunks from "./chunks.ts"

export interface Storing {
  /** Resolves when every event of the body is durable. Interrupted before its turn, the body is not stored. */
  readonly store: (content: Chunks.Content) => Effect.Effect<void>
}

/** Bodies that are stored together, and how many of their requests still wait. */
interface Together {
  waiting: number
  /** Completes when none does. */
  readonly abandoned: Deferred.Deferred<void>
}

interface Waiting {
  readonly content: Chunks.Content
  readonly done: Deferred.Deferred<void>
  together: Together | undefined
}

/**
 * How many chunks are stored at once: while one is synced to disk the next are decoded, which takes several times the memory
 * of their bodies. What does not fill a chunk waits for the one before, and for more; never for all chunks of a large body.
 */
const most = 4

/** Milliseconds from the begin of one chunk that is not full to the next: requests that come in them share it. */
const spacing = 5

export const make = Effect.fnUntraced(function* (
  intake: Intake<BrazeEvent | UnknownEvent>
): Effect.fn.Return<Storing, never, Scope.Scope> {
  const fork = yield* Effect.flatMap(FiberSet.make<void>(), (fibers) => FiberSet.runtime(fibers)())
  let queue: Array<Waiting> = []
  let queued = 0
  let atWork = 0
  /** Of those at work, with a body of several chunks. */
  let atLarge = 0

  /** As many as make a chunk, and one at the least. */
  const take = (): ReadonlyArray<Waiting> => {
    let bytes = 0
    let count = 0
    while (count < queue.length) {
      const { length } = queue[count]!.content.body
      if (count > 0 && bytes + length > Chunks.chunkSize) break
      bytes += length
      count++
    }
    queued -= bytes
    return queue.splice(0, count)
  }

  const storeTogether: (bodies: ReadonlyArray<Waiting>) => Effect.Effect<void> = Effect.fnUntraced(
    function* (bodies) {
      const together = { waiting: bodies.length, abandoned: Deferred.makeUnsafe<void>() }
      for (const body of bodies) body.together = together
      const exit = yield* append(
        intake,
        bodies.map(({ content }) => content)
      ).pipe(Effect.raceFirst(Deferred.await(together.abandoned)), Effect.exit)
      // One body at which something breaks is not to hold up the others: each is stored by itself.
      if (Exit.isFailure(exit) && bodies.length > 1)
        return yield* Effect.forEach(bodies, (body) => storeTogether([body]), { discard: true })
      for (const { done } of bodies) Deferred.doneUnsafe(done, exit)
    }
  )

  const storeNext = Effect.suspend(() => {
    const bodies = take()
    const [first] = bodies
    // Another at work may have taken them in the meantime.
    if (first === undefined) return Effect.void
    if (first.content.body.length <= Chunks.chunkSize) return storeTogether(bodies)
    atLarge++
    begin()
    return Effect.ensuring(
      storeTogether(bodies),
      Effect.sync(() => {
        atLarge--
      })
    )
  })

  const work: Effect.Effect<void> = Effect.gen(function* () {
    while (queue.length > 0) {
      const next = (yield* Clock.currentTimeMillis) + spacing
      yield* storeNext
      const now = yield* Clock.currentTimeMillis
      if (now < next && queued < Chunks.chunkSize) yield* Effect.sleep(Math.min(spacing, next - now))
    }
    // In one go with the look at the queue: what comes from here on finds one fewer at work.
    atWork--
  })

  const begin = (): void => {
    const isDue = atWork === atLarge || queued >= Chunks.chunkSize
    if (queue.length === 0 || atWork === most || !isDue) return
    atWork++
    fork(work)
  }

  const leave = (waiting: Waiting): void => {
    const { together } = waiting
    if (together === undefined) {
      queue = queue.filter((other) => other !== waiting)
      queued -= waiting.content.body.length
    } else if (--together.waiting === 0) Deferred.doneUnsafe(together.abandoned, Exit.void)
  }

  return {
    store: (content) =>
      Effect.suspend(() => {
        const waiting: Waiting = { content, done: Deferred.makeUnsafe(), together: undefined }
        queue.push(waiting)
        queued += content.body.length
        begin()
        return Effect.onInterrupt(Deferred.await(waiting.done), () => Effect.sync(() => leave(waiting)))
      })
  }
})

/** Each chunk is made when the one before is durable: bodies of many chunks are answered when the last is. */
const append = Effect.fnUntraced(function* (
  intake: Intake<BrazeEvent | UnknownEvent>,
  contents: ReadonlyArray<Chunks.Content>
) {
  for (const chunk of Chunks.chunksOf(contents)) yield* intake.append(chunk)
})
