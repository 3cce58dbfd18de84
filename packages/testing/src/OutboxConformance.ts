/**
 * The suite that every outbox passes: one list of what the port promises.
 *
 * @since 1.0.0
 */

import { describe, it } from "@effect/vitest"
import { Outbox, type OutboxError } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { appendPromises } from "./internal/outbox/append.ts"
import { compositionPromises } from "./internal/outbox/compositions.ts"
import { deadLetterPromises } from "./internal/outbox/deadLetters.ts"
import { deadLetterReadingPromises } from "./internal/outbox/deadLettersRead.ts"
import { instancePromises } from "./internal/outbox/instances.ts"
import { lanePromises } from "./internal/outbox/lanes.ts"
import { leasePromises } from "./internal/outbox/leases.ts"
import { ledgerPromises } from "./internal/outbox/ledger.ts"
import * as OutboxOwner from "./internal/outbox/owner.ts"
import type { Promises, Step, Store, Through } from "./internal/outbox/promise.ts"
import { roomPromises } from "./internal/outbox/room.ts"
import { seenPromises } from "./internal/outbox/seen.ts"
import { settlePromises } from "./internal/outbox/settle.ts"
import { splitPromises } from "./internal/outbox/splits.ts"
import { takePromises } from "./internal/outbox/take.ts"

/**
 * An outbox to be tested.
 *
 * @since 1.0.0
 * @category testing
 */
export interface OutboxUnderTest {
  /**
   * Run once for each test, for an empty place of its own, limited to so many bytes where they are given. Building the
   * layer again opens the same place again.
   */
  readonly layer: (bytes?: number) => Effect.Effect<Layer.Layer<Outbox, OutboxError>, never, Scope.Scope>
  /** Whether the place outlives the layer. Where it does, the store is closed and opened again between the steps. */
  readonly durable: boolean
}

/** Where a test stores, and the tracks of what it has stored there. */
interface Place {
  readonly layer: Layer.Layer<Outbox, OutboxError>
  readonly homes: OutboxOwner.Homes
}

/**
 * Declares the tests of an outbox, under its name.
 *
 * @since 1.0.0
 * @category testing
 */
export const outboxConformance = (name: string, under: OutboxUnderTest): void => {
  const session = Effect.fnUntraced(function* <A, E>(
    { layer, homes }: Place,
    use: (outbox: Store) => Effect.Effect<A, E, Scope.Scope>
  ) {
    const scope = yield* Scope.Scope
    const built = yield* Layer.buildWithMemoMap(layer, Layer.makeMemoMapUnsafe(), scope)
    const owner = Effect.flatMap(Outbox, (outbox) => OutboxOwner.of(outbox, homes))
    return yield* Effect.provide(Effect.flatMap(owner, use), built)
  }, Effect.scoped)

  const place = (bytes?: number): Effect.Effect<Place, never, Scope.Scope> =>
    Effect.map(under.layer(bytes), (layer) => ({ layer, homes: new Map() }))

  const promises: Promises = (promise, ...steps) =>
    it.effect(promise, () =>
      Effect.gen(function* () {
        const at = yield* place()
        const sessions: ReadonlyArray<Step> = under.durable
          ? steps
          : [(outbox) => Effect.forEach(steps, (step) => step(outbox), { discard: true })]
        for (const step of sessions) yield* session(at, step)
      })
    )

  const through: Through = Effect.fnUntraced(function* (history, follow) {
    const at = yield* place()
    for (const steps of sessionsOf(history, under.durable)) {
      yield* session(at, (outbox) => follow(outbox, steps))
    }
  })

  describe(name, () => {
    appendPromises(promises)
    roomPromises((bytes, use) => Effect.flatMap(place(bytes), (at) => session(at, use)))
    seenPromises(promises, through)
    takePromises(promises)
    settlePromises(promises)
    deadLetterPromises(promises)
    deadLetterReadingPromises(promises)
    splitPromises(promises)
    compositionPromises(promises)
    lanePromises(promises)
    leasePromises(promises)
    instancePromises(promises)
    ledgerPromises(through)
  })
}

// internal

const sessionsOf = <Step extends { readonly _tag: string }>(
  history: ReadonlyArray<Step>,
  durable: boolean
): ReadonlyArray<ReadonlyArray<Step>> => {
  const sessions: Array<Array<Step>> = [[]]
  for (const step of history) {
    if (step._tag !== "Reopen") sessions.at(-1)!.push(step)
    else if (durable) sessions.push([])
  }
  return sessions
}
