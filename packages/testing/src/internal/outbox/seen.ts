import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { advancing, chunk, ios, parcel } from "./entries.ts"
import type { Promises, Store, Through } from "./promise.ts"

/** Ids of several kinds, among them two that differ in little. */
const ids: ReadonlyArray<string> = [
  "0b4e3c1a-9f60-4f6e-8a51-0d2f6c1b7e11",
  "0b4e3c1a-9f60-4f6e-8a51-0d2f6c1b7e12",
  "0B4E3C1A-9F60-4F6E-8A51-0D2F6C1B7E11",
  "0b4e3c1a9f604f6e8a510d2f6c1b7e11",
  "größer",
  "a",
  ""
]

const index = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: ids.length - 1 }))
const some = Schema.Array(index).check(Schema.isMaxLength(5))

/** One step of a random history of ids; each comes a second later than the one before. */
const SeenStep = Schema.Union([
  Schema.TaggedStruct("Remember", {
    some,
    seconds: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 }))
  }),
  Schema.TaggedStruct("Overtaken", { some }),
  Schema.TaggedStruct("Reopen", {})
])

const SeenHistory = Schema.Array(SeenStep).check(Schema.isMaxLength(30))

/** What must be seen: when each id was last remembered, and up to when the outbox was told to forget. */
interface Seen {
  readonly times: Map<string, number>
  now: number
  forgotten: number
}

const followSeen = Effect.fnUntraced(function* (
  outbox: Store,
  model: Seen,
  history: (typeof SeenHistory)["Type"]
) {
  for (const step of history) {
    model.now += 1_000
    if (step._tag === "Remember") {
      const remember = step.some.map((one) => ids[one]!)
      const forget = model.now - step.seconds * 1_000
      yield* outbox.append(chunk([parcel(ios, "e")], { at: model.now, remember, forget }))
      for (const id of remember) model.times.set(id, model.now)
      model.forgotten = Math.max(model.forgotten, forget)
    }
    if (step._tag === "Overtaken") {
      const late = chunk([], { at: model.now, remember: step.some.map((one) => ids[one]!) })
      expect((yield* Effect.flip(outbox.append(advancing(late, "never", "further")))).reason).toBe(
        "Overtaken"
      )
    }
    // Of what it may have forgotten nothing is promised.
    const recent = [model.now - 2_000, model.now - 1_000, model.now, model.now + 1_000]
    for (const since of [model.forgotten, ...recent.filter((since) => since > model.forgotten)]) {
      const expected = ids.filter((id) => (model.times.get(id) ?? -1) >= since)
      expect([...(yield* outbox.seen(ids, since))].sort()).toEqual([...expected].sort())
    }
  }
})

/** The promises of ids that are remembered. */
export const seenPromises = (promises: Promises, through: Through): void => {
  describe("seen", () => {
    it.effect.prop(
      "tells exactly the ids that were remembered since, whatever is forgotten",
      { history: SeenHistory },
      ({ history }) => {
        const model: Seen = { times: new Map(), now: 0, forgotten: 0 }
        return through(history, (outbox, steps) => followSeen(outbox, model, steps))
      },
      { arbitrary: { runs: 8, seed: "seen" }, timeout: 15 * 60_000 }
    )

    promises(
      "forgets in small steps, as appends go on",
      (outbox) => {
        const remember = Array.from({ length: 1_000 }, (_, i) => `id ${i}`)
        return outbox.append(chunk([], { at: 1_000, remember }))
      },
      Effect.fnUntraced(function* (outbox) {
        for (let i = 0; i < 100; i++) yield* outbox.append(chunk([], { at: 2_000 + i, forget: 1_001 }))
        const remember = Array.from({ length: 1_000 }, (_, i) => `id ${i}`)
        expect(yield* outbox.seen(remember, 0)).toEqual(new Set())
      })
    )
  })
}
