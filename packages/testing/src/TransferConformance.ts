/**
 * The suite of outboxes that can be moved: one list of what a transfer promises.
 *
 * @since 1.0.0
 */

import { describe, expect, it } from "@effect/vitest"
import * as Bitmap from "@millrace/core/Bitmap"
import * as DeadLetters from "@millrace/core/DeadLetters"
import * as Ledger from "@millrace/core/Ledger"
import { Outbox, OutboxError, type Transfer as StoreTransfer } from "@millrace/core/Outbox"
import * as OutboxRules from "@millrace/core/OutboxRules"
import * as Transfer from "@millrace/core/Transfer"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import {
  advancing,
  buried,
  chunk,
  dead,
  ios,
  parcel,
  settlement,
  texts,
  web
} from "./internal/outbox/entries.ts"
import * as OutboxOwner from "./internal/outbox/owner.ts"

/**
 * An outbox that can be moved.
 *
 * @since 1.0.0
 * @category testing
 */
export interface Movable {
  readonly transfer: StoreTransfer
  readonly layer: Layer.Layer<Outbox, OutboxError>
}

const definition = { sources: {}, routes: [] }

/**
 * Declares the tests of a movable outbox, under its name. `place` is run for each outbox that a test needs: an empty one of its
 * own, of as many tracks as all the others.
 *
 * @since 1.0.0
 * @category testing
 */
export const transferConformance = (
  name: string,
  place: () => Effect.Effect<Movable, never, Scope.Scope>
): void => {
  const use = <A, E>(
    { layer }: Movable,
    body: (outbox: OutboxOwner.Owner) => Effect.Effect<A, E, Scope.Scope>
  ) =>
    Effect.scoped(
      Effect.flatMap(
        Effect.flatMap(Outbox, (outbox) => OutboxOwner.of(outbox, new Map())),
        body
      ).pipe(Effect.provide(layer, { local: true }))
    )

  const two = Effect.all([Effect.suspend(place), Effect.suspend(place)])

  describe(`${name}, moved`, () => {
    it.live("holds afterwards what the other held, and nothing else", () =>
      Effect.gen(function* () {
        const [from, to] = yield* two
        const before = yield* use(from, (outbox) => Effect.andThen(fill(outbox), contentOf(outbox)))
        const looked = yield* Transfer.look(from.transfer, to.transfer)
        expect(looked.standing).toBeUndefined()
        const moved = yield* Transfer.move(from.transfer, to.transfer, definition)
        expect(moved.ledger).toEqual(before.ledger)
        expect(moved.recomposed).toBe(0)
        expect(Ledger.imbalance(moved.ledger)).toEqual([])
        expect(yield* use(to, contentOf)).toEqual(before)
      })
    )

    it.live("goes on where it was when it is opened: with larger numbers, known ids and checkpoints", () =>
      Effect.gen(function* () {
        const [from, to] = yield* two
        yield* use(from, fill)
        yield* Transfer.move(from.transfer, to.transfer, definition)
        yield* use(
          to,
          Effect.fnUntraced(function* (outbox) {
            const { store } = outbox
            const highest = (yield* outbox.take(ios, 0, 100_000)).at(-1)!.sequence
            const [stored] = yield* outbox.append(
              chunk([parcel(ios, "new")], { buried: [buried("{", ["crm"])] })
            )
            expect(stored).toBeGreaterThan(highest)
            const refused = yield* Effect.flip(
              store.append({ ...chunk([]), remember: ["one"], unseenSince: 0 })
            )
            expect(refused.reason).toBe("Seen")
            yield* store.append(advancing(chunk([]), "10", "20"))
            yield* outbox.settle([settlement(highest, { delivered: [0, 1, 2] })])
            expect(Ledger.imbalance(yield* outbox.ledger)).toEqual([])
          })
        )
      })
    )

    it.live(
      "is cut off before or after any of its steps, and goes on: nothing is there twice, nothing is missing",
      () =>
        Effect.gen(function* () {
          const [from, to] = yield* two
          const before = yield* use(from, (outbox) => Effect.andThen(fill(outbox), contentOf(outbox)))
          let steps = 0
          for (;;) {
            // Each time it comes one step further, and ends behind or before it.
            const most = Math.ceil(++steps / 2)
            const exit = yield* Effect.exit(
              Transfer.move(from.transfer, cutAfter(to.transfer, most, steps % 2 === 0), definition)
            )
            if (exit._tag === "Success") break
            for (const store of [from, to]) {
              const error = yield* Effect.flip(use(store, () => Effect.void))
              expect(error).toMatchObject({ reason: "Unavailable" })
            }
          }
          expect(steps).toBeGreaterThan(4)
          expect(yield* use(to, contentOf)).toEqual(before)
        })
    )

    it.live(
      "leaves a store that refuses to be opened, and names the other; only the same move may be run again",
      () =>
        Effect.gen(function* () {
          const [from, to] = yield* two
          const third = yield* place()
          yield* use(from, fill)
          yield* Transfer.move(from.transfer, to.transfer, definition)
          const refused = yield* Effect.flip(use(from, () => Effect.void))
          expect(refused).toMatchObject({ reason: "Unavailable" })
          expect(refused).toHaveProperty("message", expect.stringContaining(to.transfer.name))
          const again = yield* Effect.flip(Transfer.move(from.transfer, third.transfer, definition))
          expect(again.message).toContain(to.transfer.name)
          const back = yield* Effect.flip(Transfer.move(to.transfer, from.transfer, definition))
          expect(back.reason).toBe("Unavailable")
          // It may be moved on.
          yield* Transfer.move(to.transfer, third.transfer, definition)
        })
    )

    it.live("is not filled while it holds something, and neither store is touched while it is open", () =>
      Effect.gen(function* () {
        const [from, to] = yield* two
        yield* use(from, fill)
        const isOwned = (error: OutboxError) => expect(error.reason).toBe("Owned")
        const move = Effect.flip(Transfer.move(from.transfer, to.transfer, definition))
        yield* use(from, () => Effect.map(move, isOwned))
        yield* use(to, () => Effect.map(move, isOwned))
        yield* use(to, (outbox) => outbox.store.append(chunk([parcel(web, "own")])))
        expect((yield* move).message).toContain("holds something already")
        // Nothing was marked.
        yield* use(from, () => Effect.void)
      })
    )

    it.live("may be given up before its end, and not afterwards; what was put until then is of no use", () =>
      Effect.gen(function* () {
        const [from, to] = yield* two
        const third = yield* place()
        yield* use(from, fill)
        yield* Effect.exit(Transfer.move(from.transfer, cutAfter(to.transfer, 1, true), definition))
        yield* Transfer.giveUp(from.transfer, to.transfer)
        const before = yield* use(from, (outbox) =>
          Effect.andThen(outbox.store.append(chunk([parcel(web, "more")])), contentOf(outbox))
        )
        const stale = yield* Effect.flip(Transfer.move(from.transfer, to.transfer, definition))
        expect(stale.message).toContain("another outbox")
        yield* Transfer.move(from.transfer, third.transfer, definition)
        expect(yield* use(third, contentOf)).toEqual(before)
        expect((yield* Effect.flip(Transfer.giveUp(from.transfer, third.transfer))).reason).toBe(
          "Unavailable"
        )
      })
    )
  })
}

// internal

/** One of everything. */
const fill = Effect.fnUntraced(function* (outbox: OutboxOwner.Owner) {
  const { store } = outbox
  yield* store.looked("default", 1_000)
  yield* outbox.append(
    advancing(
      chunk([parcel(ios, "a", "b", "c"), parcel(web, "d", "e")], {
        buried: [buried("{", ["crm", "audit"])],
        remember: ["one", "0f8fad5b-d9cb-469f-a165-70867728950e", "x".repeat(300)]
      }),
      undefined,
      "10"
    )
  )
  const [second, third] = yield* outbox.append(chunk([parcel(ios, "f", "g", "h"), parcel(web, "i")]))
  const members = [0, 2].map((position) => ({ parcel: second!, position }))
  yield* outbox.compose(ios, [{ id: "composed", members }], [])
  yield* outbox.settle([settlement(second!, { delivered: [1], attempts: 3 })])
  yield* outbox.settle([settlement(third!, { dead: [dead(0)] })])
  const [, fifth] = yield* outbox.append(chunk([parcel(ios, "j"), parcel(web, "k", "l")]))
  yield* outbox.settle([settlement(fifth!, { erased: { positions: [0], reason: "user" } })])
  const closed = { open: false, reason: "unauthorized", since: 5, notBefore: 7 }
  yield* store.setGate(ios, closed)
  yield* store.setGate({ route: "crm", lane: "gone" }, OutboxRules.pause(closed, 9))
  yield* store.erase("digest", 11)
  yield* store.scrub
  const [letter] = yield* DeadLetters.all(store)
  yield* store.purge([letter!.id], "purged")
})

/** All that a store tells of itself. Where a store has several tracks, all of these lanes' parcels are in the first. */
const contentOf = Effect.fnUntraced(function* (outbox: OutboxOwner.Owner) {
  const { store } = outbox
  const parcels = yield* Effect.forEach([ios, web], (lane) => outbox.take(lane, 0, 1_000_000))
  const lanes = yield* outbox.lanes
  const letters = yield* DeadLetters.all(store)
  return {
    parcels: parcels.flat().map(({ records, settled, ...rest }) => ({
      ...rest,
      codec: records.codec,
      texts: texts(records).filter((_, position) => !Bitmap.has(settled, position))
    })),
    compositions: yield* store.compositions(ios),
    lanes: [...lanes].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    letters: letters.map((letter) => ({ ...letter, record: Array.from(letter.record) })),
    ledger: yield* outbox.ledger,
    erasures: yield* store.erasures,
    looks: yield* store.looks("default"),
    splits: yield* store.splits("default", 100, undefined),
    checkpoint: Option.getOrUndefined(yield* store.checkpoint("default", "a.ndjson"))
  }
})

/** A store whose filling fails at a page: once that is put, or before. */
const cutAfter = (transfer: StoreTransfer, pages: number, isPut: boolean): StoreTransfer => ({
  ...transfer,
  arrive: Effect.map(transfer.arrive, (arriving) => {
    let put = 0
    const cut = new OutboxError({ reason: "Unavailable", detail: "cut off" })
    return {
      ...arriving,
      put: (held, after, to) =>
        Effect.suspend(() => {
          const isLast = ++put === pages
          if (isLast && !isPut) return cut
          const putting = arriving.put(held, after, to)
          return isLast ? Effect.andThen(putting, cut) : putting
        })
    }
  })
})
