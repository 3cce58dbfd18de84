/** What an outbox that several share refuses of a former owner. */
import { assert, describe, it } from "@effect/vitest"
import { Codec, type Outbox, OutboxMemory } from "@millrace/core"
import * as OutboxRules from "@millrace/core/OutboxRules"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"

const lane = { route: "crm", lane: "main" }
const track = { ...lane, track: 0 }
const event = { id: "1", type: "shop.Order", time: 0, user: { externalId: "ada" }, properties: {} }

const chunk = (advance?: Outbox.Appending["advance"]): Outbox.Appending => ({
  origin: { source: "files", split: "a", position: "" },
  at: 0,
  parcels: [{ ...track, records: Codec.encodeEvents([event]) }],
  buried: [],
  counts: [{ route: "crm", kind: "read", key: "", events: 1 }],
  ...(advance === undefined ? {} : { advance })
})

/** Two exporters: what the first held, the second has by now. */
const overtaken = Effect.fnUntraced(function* (name: string) {
  const shared = yield* OutboxMemory.makeShared({ tracks: 1, leaseTime: 12_000, bytes: undefined })
  const [former, owner] = yield* Effect.all([shared.open(), shared.open()])
  const first = yield* Scope.make()
  const [held] = yield* Scope.provide(former.lease([name], 1), first)
  assert.deepStrictEqual(yield* owner.lease([name], 1), [])
  yield* Scope.close(first, Exit.void)
  const [taken] = yield* owner.lease([name], 1)
  assert.isAbove(taken!.token, held!.token)
  return { former, owner, stale: held!.token, token: taken!.token }
})

const reasonOf = (refused: Effect.Effect<unknown, Outbox.OutboxError>) =>
  Effect.map(Effect.flip(refused), ({ reason }) => reason)

describe("a former owner", () => {
  it.effect("of a track settles, composes and opens nothing", () =>
    Effect.gen(function* () {
      const { former, owner, stale, token } = yield* overtaken(OutboxRules.trackLease(track))
      const [stored] = yield* former.append(chunk())
      const settlement = { parcel: stored!.sequence, delivered: [0], dead: [], attempts: 1, at: 0 }
      const composition = { id: "both", members: [{ parcel: stored!.sequence, position: 0 }] }
      const gate = { open: false, reason: "unauthorized", since: 0, notBefore: 0 }
      assert.strictEqual(yield* reasonOf(former.settle([settlement], stale)), "Overtaken")
      assert.strictEqual(yield* reasonOf(former.settle([settlement])), "Overtaken")
      assert.strictEqual(yield* reasonOf(former.compose(track, [composition], [], stale)), "Overtaken")
      assert.strictEqual(yield* reasonOf(former.setGate(lane, gate, { track: 0, token: stale })), "Overtaken")
      assert.strictEqual((yield* owner.take(track, 0, 1000))[0]?.settled[0], 0)
      assert.deepStrictEqual(yield* owner.compositions(track), [])
      assert.isTrue((yield* owner.lanes)[0]?.gate.open)
      yield* owner.compose(track, [composition], [], token)
      yield* owner.settle([settlement], token)
      assert.deepStrictEqual(yield* owner.take(track, 0, 1000), [])
    }).pipe(Effect.scoped)
  )

  it.effect("of a split stores nothing of it, also from where the split still stands", () =>
    Effect.gen(function* () {
      const { former, owner, stale, token } = yield* overtaken(OutboxRules.splitLease("files", "a"))
      const advance = { split: "a", after: undefined, to: "10" }
      assert.strictEqual(yield* reasonOf(former.append(chunk({ ...advance, token: stale }))), "Overtaken")
      assert.deepStrictEqual(yield* owner.checkpoint("files", "a"), Option.none())
      yield* owner.append(chunk({ ...advance, token }))
      assert.deepStrictEqual(yield* owner.checkpoint("files", "a"), Option.some("10"))
    }).pipe(Effect.scoped)
  )
})
