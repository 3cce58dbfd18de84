import { describe, expect, it } from "@effect/vitest"
import * as DeadLetters from "@millrace/core/DeadLetters"
import type { OutboxError } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { advancing, chunk, dead, ios, parcel, settlement, web } from "./entries.ts"
import type { Store } from "./promise.ts"

type Use = (outbox: Store) => Effect.Effect<void, OutboxError, Scope.Scope>

const limit = 2 * 1024 * 1024
const large = "x".repeat(256 * 1024)
const entry = chunk([parcel(ios, large)])

/** Appends large parcels until the outbox is full; returns their sequences. */
const fill = Effect.fnUntraced(function* (outbox: Store) {
  const sequences: Array<number> = []
  while (!(yield* outbox.full)) sequences.push(...(yield* outbox.append(entry)))
  expect(sequences.length).toBeGreaterThan(2)
  return sequences
})

/** Whether it still waits after the store has answered others. */
const waits = Effect.fnUntraced(function* (outbox: Store, fiber: Fiber.Fiber<unknown, unknown>) {
  for (let i = 0; i < 3; i++) yield* Effect.andThen(outbox.usage, Effect.yieldNow)
  return fiber.pollUnsafe() === undefined
})

/** The promises of an outbox of limited size. `session` opens an empty one of so many bytes. */
export const roomPromises = (
  session: (bytes: number, use: Use) => Effect.Effect<void, unknown, Scope.Scope>
): void => {
  const promises = (promise: string, bytes: number, use: Use) => it.live(promise, () => session(bytes, use))

  describe("room", () => {
    promises(
      "runs out at the limit: appends wait, everything else passes, and settling lets them go on",
      limit,
      Effect.fnUntraced(function* (outbox) {
        expect(yield* outbox.usage).toMatchObject({ limit })
        const [first, second, ...others] = yield* fill(outbox)
        expect((yield* outbox.usage).bytes).toBeGreaterThanOrEqual(limit)
        const late = yield* Effect.forkChild(
          outbox.append(advancing(chunk([parcel(web, large)]), undefined, "late"))
        )
        expect(yield* waits(outbox, late)).toBe(true)
        yield* outbox.setGate(web, { open: false, reason: "paused", since: 0, notBefore: 0 })
        yield* outbox.compose(ios, [{ id: "x", members: [{ parcel: second!, position: 0 }] }], [])
        expect(yield* outbox.take(web, 0, 1)).toEqual([])
        expect(yield* outbox.checkpoint("default", "a.ndjson")).toEqual(Option.none())
        const done = [first!, second!, ...others].map((sequence) => settlement(sequence, { delivered: [0] }))
        yield* outbox.settle(done)
        yield* outbox.room
        const [sequence] = yield* Fiber.join(late)
        expect((yield* outbox.take(web, 0, 1)).map((taken) => taken.sequence)).toEqual([sequence])
        expect(yield* outbox.checkpoint("default", "a.ndjson")).toEqual(Option.some("late"))
        expect((yield* outbox.usage).bytes).toBeLessThan(limit)
      })
    )

    promises(
      "that an append waits for can be given up: then nothing was stored",
      limit,
      Effect.fnUntraced(function* (outbox) {
        const [first, ...others] = yield* fill(outbox)
        const given = advancing(chunk([parcel(web, "late")]), undefined, "late")
        const late = yield* Effect.forkChild(outbox.append(given))
        const room = yield* Effect.forkChild(outbox.room)
        expect(yield* waits(outbox, late)).toBe(true)
        yield* Fiber.interrupt(late)
        yield* outbox.settle([first!, ...others].map((sequence) => settlement(sequence, { delivered: [0] })))
        yield* Fiber.join(room)
        expect(yield* outbox.full).toBe(false)
        expect(yield* outbox.take(web, 0, 1)).toEqual([])
        yield* outbox.append(given)
        expect(yield* outbox.take(web, 0, 1)).toHaveLength(1)
      })
    )

    promises(
      "is taken by dead letters, too: purging makes some, and reviving needs none",
      limit,
      Effect.fnUntraced(function* (outbox) {
        const sequences = yield* fill(outbox)
        yield* outbox.settle(sequences.map((sequence) => settlement(sequence, { dead: [dead(0)] })))
        const late = yield* Effect.forkChild(outbox.append(chunk([parcel(web, "late")])))
        expect(yield* waits(outbox, late)).toBe(true)
        const [first, ...others] = yield* DeadLetters.all(outbox.store)
        yield* outbox.append({ ...entry, counts: [], revives: [first!.id] })
        expect(yield* waits(outbox, late)).toBe(true)
        expect(
          yield* outbox.purge(
            others.map(({ id }) => id),
            "purged"
          )
        ).toBe(sequences.length - 1)
        yield* Fiber.join(late)
        expect(yield* outbox.take(ios, 0, 1)).toHaveLength(1)
      })
    )

    promises(
      "is never waited for where nothing could make it",
      1,
      Effect.fnUntraced(function* (outbox) {
        const [first] = yield* outbox.append(entry)
        const second = yield* Effect.forkChild(outbox.append(entry))
        expect(yield* waits(outbox, second)).toBe(true)
        yield* outbox.settle([settlement(first!, { delivered: [0] })])
        yield* Fiber.join(second)
      })
    )

    promises(
      "for one goes to one: what waits passes as it comes free",
      limit,
      Effect.fnUntraced(function* (outbox) {
        const sequences = yield* fill(outbox)
        const late = yield* Effect.forEach(Array.from({ length: 6 }), () =>
          Effect.forkChild(outbox.append(entry))
        )
        for (const sequence of sequences) {
          yield* outbox.settle([settlement(sequence, { delivered: [0] })])
          // Never more than a chunk beyond the limit, and the store's own bookkeeping.
          expect((yield* outbox.usage).bytes).toBeLessThan(limit + 2 * large.length)
        }
        const passed = yield* Effect.forEach(late, Fiber.join)
        expect(new Set(passed.flat()).size).toBe(6)
      })
    )
  })
}
