import { describe, expect, it } from "@effect/vitest"
import * as DeadLetters from "@millrace/core/DeadLetters"
import * as Ledger from "@millrace/core/Ledger"
import * as Effect from "effect/Effect"
import { advancing, buried, chunk, dead, parcel, settlement, waiting } from "./entries.ts"
import * as Model from "./model.ts"
import type { Store, Through } from "./promise.ts"

type History = (typeof Model.History)["Type"]

const follow = Effect.fnUntraced(function* (outbox: Store, model: Model.Model, history: History) {
  for (const step of history) {
    switch (step._tag) {
      case "Append": {
        const events = Array.from({ length: step.events + 1 }, (_, i) => `${i}`)
        const { route } = Model.lanes[step.lane]!
        const bad = Array.from({ length: step.bad }, () => buried("{", [route]))
        const [sequence] = yield* outbox.append(
          chunk([parcel(Model.lanes[step.lane]!, ...events)], { buried: bad })
        )
        Model.append(model, step.lane, sequence!, events.length, step.bad)
        break
      }
      case "Settle": {
        const target = model.parcels[step.parcel]
        if (target === undefined) break
        const dying = step.dead.map((position) => dead(position))
        yield* outbox.settle([settlement(target.sequence, { delivered: step.delivered, dead: dying })])
        Model.settle(target, step.delivered, step.dead)
        break
      }
      case "Overtaken": {
        const late = advancing(chunk([parcel(Model.lanes[step.lane]!, "late")]), "never", "further")
        expect((yield* Effect.flip(outbox.append(late))).reason).toBe("Overtaken")
      }
    }
    const ledger = yield* outbox.ledger
    expect(ledger).toEqual(Model.ledger(model))
    expect(Ledger.imbalance(ledger)).toEqual([])
  }
  const states = yield* outbox.lanes
  for (const [index, lane] of Model.lanes.entries()) {
    const parcels = yield* outbox.take(lane, 0, 1_000_000)
    const state = states.find((found) => found.route === lane.route && found.lane === lane.lane)
    expect(state?.bytes ?? 0).toBe(parcels.reduce((sum, { records }) => sum + records.bytes.length, 0))
    expect(parcels.map((taken) => ({ sequence: taken.sequence, waiting: waiting(taken) }))).toEqual(
      Model.waiting(model, index)
    )
  }
  expect(yield* DeadLetters.all(outbox.store)).toHaveLength(Ledger.total(Model.ledger(model), "dead"))
})

/** The promises of the ledger. */
export const ledgerPromises = (through: Through): void => {
  describe("ledger", () => {
    it.effect.prop(
      "balances and tells what waits after any history",
      { history: Model.History },
      ({ history }) => {
        const model = Model.make()
        return through(history, (outbox, steps) => follow(outbox, model, steps))
      },
      { arbitrary: { runs: 10, seed: "outbox" }, timeout: 15 * 60_000 }
    )
  })
}
