import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { auditIos, chunk, dead, ios, parcel, settlement, sorted, web } from "./entries.ts"
import type { Promises } from "./promise.ts"

/** The promises of compositions. */
export const compositionPromises = (promises: Promises): void => {
  describe("compositions", () => {
    const composed = (id: string, ...members: ReadonlyArray<readonly [number, number]>) => ({
      id,
      members: members.map(([parcel, position]) => ({ parcel, position }))
    })

    promises(
      "are kept until the last member is settled, and name those that are not",
      Effect.fnUntraced(function* (outbox) {
        yield* outbox.append(chunk([parcel(ios, "a", "b"), parcel(ios, "c", "d")]))
        yield* outbox.compose(ios, [composed("x", [1, 0], [2, 0]), composed("y", [2, 1], [1, 1])], [])
        yield* outbox.append(chunk([parcel(web, "e", "f", "g"), parcel(web, "h", "i")]))
        yield* outbox.compose(web, [composed("z", [4, 1], [3, 2], [3, 0], [4, 0], [3, 1])], [])
        yield* outbox.settle([
          settlement(1, { delivered: [0, 1] }),
          settlement(3, { delivered: [0], dead: [dead(1)] })
        ])
      }),
      Effect.fnUntraced(function* (outbox) {
        // The settled parcel is gone for good.
        expect(sorted(yield* outbox.compositions(ios))).toEqual([
          composed("x", [2, 0]),
          composed("y", [2, 1])
        ])
        yield* outbox.settle([settlement(2, { delivered: [0] })])
        expect(yield* outbox.compositions(ios)).toEqual([composed("y", [2, 1])])
        expect(yield* outbox.compositions(web)).toEqual([composed("z", [4, 1], [3, 2], [4, 0])])
      }),
      Effect.fnUntraced(function* (outbox) {
        yield* outbox.settle([settlement(2, { dead: [dead(1)] })])
        expect(yield* outbox.compositions(ios)).toEqual([])
        yield* outbox.compose(ios, [composed("late", [1, 0], [2, 0])], [])
        expect(yield* outbox.compositions(ios)).toEqual([])
      })
    )

    promises(
      "take the place of those they replace, lane by lane",
      Effect.fnUntraced(function* (outbox) {
        yield* outbox.append(chunk([parcel(ios, "a", "b", "c", "d"), parcel(web, "e", "f")]))
        yield* outbox.compose(ios, [composed("whole", [1, 0], [1, 1], [1, 2], [1, 3])], [])
        yield* outbox.compose(web, [composed("whole", [2, 0], [2, 1])], [])
        yield* outbox.compose(
          ios,
          [composed("left", [1, 0], [1, 1]), composed("right", [1, 2], [1, 3])],
          ["whole", "none"]
        )
        yield* outbox.compose(ios, [composed("left", [1, 0], [1, 1])], [])
      }),
      Effect.fnUntraced(function* (outbox) {
        expect(sorted(yield* outbox.compositions(ios))).toEqual([
          composed("left", [1, 0], [1, 1]),
          composed("right", [1, 2], [1, 3])
        ])
        expect(yield* outbox.compositions(web)).toEqual([composed("whole", [2, 0], [2, 1])])
        expect(yield* outbox.compositions(auditIos)).toEqual([])
      })
    )
  })
}
