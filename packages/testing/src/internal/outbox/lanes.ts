import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { auditIos, chunk, ios, parcel, settlement, sorted, web } from "./entries.ts"
import type { Promises } from "./promise.ts"

/** The promises of what tells of lanes. */
export const lanePromises = (promises: Promises): void => {
  describe("lanes", () => {
    const closed = { open: false, reason: "unauthorized", since: 3_000, notBefore: 9_000 }
    const paused = { open: false, reason: "paused", since: 3_500, notBefore: 0, former: closed }

    promises(
      "tell what waits, how many bytes, since when, and the gate, also of lanes where nothing waits",
      Effect.fnUntraced(function* (outbox) {
        yield* outbox.append(chunk([parcel(ios, "a", "b"), parcel(web, "c")], { at: 100 }))
        yield* outbox.append(chunk([parcel(ios, "d"), parcel(auditIos, "e")], { at: 200 }))
        yield* outbox.setGate(ios, closed)
        yield* outbox.setGate({ route: "crm", lane: "gone" }, paused)
        const settled = [settlement(1, { delivered: [0] }), settlement(2, { delivered: [0] })]
        expect(yield* outbox.settle(settled)).toBe(1)
      }),
      Effect.fnUntraced(function* (outbox) {
        const open = { open: true, reason: "", since: 0, notBefore: 0 }
        expect(sorted(yield* outbox.lanes)).toEqual(
          sorted([
            { ...ios, waiting: 2, bytes: 3, oldest: 100, gate: closed },
            { route: "crm", lane: "gone", waiting: 0, bytes: 0, oldest: undefined, gate: paused },
            { ...auditIos, waiting: 1, bytes: 1, oldest: 200, gate: open }
          ])
        )
        const settled = [settlement(1, { delivered: [1] }), settlement(4, { delivered: [0] })]
        expect(yield* outbox.settle(settled)).toBe(3)
        expect(yield* outbox.settle(settled)).toBe(0)
        yield* outbox.setGate(ios, { ...paused, former: open })
        yield* outbox.setGate(ios, { ...open, since: 4_000 })
      }),
      Effect.fnUntraced(function* (outbox) {
        expect(sorted(yield* outbox.lanes)).toEqual(
          sorted([
            {
              ...ios,
              waiting: 1,
              bytes: 1,
              oldest: 200,
              gate: { open: true, reason: "", since: 4_000, notBefore: 0 }
            },
            { route: "crm", lane: "gone", waiting: 0, bytes: 0, oldest: undefined, gate: paused }
          ])
        )
      })
    )
  })
}
