/** Dead letters that are read beside a run, so that who looks for an event or a user need not read them all. */
import { assert, describe, it } from "@effect/vitest"
import { Codec, DeadLetters as Found, Outbox, OutboxMemory, Source } from "@millrace/core"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as DeadLetters from "../src/DeadLetters.ts"

const definition = { sources: { default: Source.fromArray([]) }, routes: [] }

const text = new TextEncoder()

/** Records that end at the intake, as they are kept with a codec or without one. */
const bury = (outbox: Outbox.Outbox["Service"], codec: string, ...records: ReadonlyArray<string>) =>
  outbox.append({
    origin: { source: "default", split: "a", position: "" },
    at: 1_000,
    parcels: [],
    buried: records.map((record) => ({
      routes: ["crm"],
      reason: "malformed",
      detail: "",
      record: text.encode(record),
      codec,
      parameter: ""
    })),
    counts: [{ route: "crm", kind: "read", key: "", events: records.length }]
  })

const eventOf = (id: string, user: string): string =>
  JSON.stringify({ id, type: "users.Sent", time: 0, user: { externalId: user }, properties: {} })

const forUser = { user: "u-1" }

describe("dead letters beside a run", () => {
  it.effect("are read as they come; then none has to be read again to be found by its event", () =>
    Effect.gen(function* () {
      const outbox = yield* Outbox.Outbox
      let records = 0
      const counting = Outbox.Outbox.of({
        ...outbox,
        deadLetters: (...asked) =>
          Effect.tap(outbox.deadLetters(...asked), ({ letters }) =>
            Effect.sync(() => {
              records += letters.length
            })
          )
      })
      const count = Effect.gen(function* () {
        records = 0
        const { letters } = yield* Found.count(counting, Found.decoder(definition), forUser)
        return { letters, records }
      })
      const event = Codec.event.name
      yield* bury(outbox, event, eventOf("e-1", "u-1"), eventOf("e-2", "u-2"), eventOf("e-3", "u-1"))
      yield* bury(outbox, "", "no event, though u-1 stands in it")
      yield* bury(outbox, "gone/1", eventOf("e-4", "u-1"))
      assert.deepStrictEqual(yield* count, { letters: 2, records: 5 })
      yield* Effect.forkChild(DeadLetters.readLetters(outbox, definition))
      yield* TestClock.adjust("1 second")
      // One of a codec that is not installed may be read some day.
      assert.deepStrictEqual(yield* count, { letters: 2, records: 1 })
      yield* bury(outbox, event, eventOf("e-5", "u-1"))
      assert.deepStrictEqual(yield* count, { letters: 3, records: 2 })
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* count, { letters: 3, records: 1 })
      const page = yield* DeadLetters.listPage(counting, definition, forUser, 0, 10)
      assert.deepStrictEqual(
        page.letters.map((letter) => letter.event),
        ["e-1", "e-3", "e-5"]
      )
      const { total } = yield* DeadLetters.list(counting, definition, { eventId: "e-5", type: "users.*" }, 0)
      assert.strictEqual(total, 1)
    }).pipe(Effect.provide(OutboxMemory.layer))
  )

  it.effect("are found all the same while the outbox fails now and then", () =>
    Effect.gen(function* () {
      const outbox = yield* Outbox.Outbox
      let failures = 3
      const failing = Outbox.Outbox.of({
        ...outbox,
        keepKeys: (keys) =>
          failures-- > 0
            ? Effect.fail(new Outbox.OutboxError({ reason: "Unavailable", detail: "for a while" }))
            : outbox.keepKeys(keys)
      })
      yield* bury(outbox, Codec.event.name, eventOf("e-1", "u-1"))
      yield* Effect.forkChild(DeadLetters.readLetters(failing, definition))
      yield* TestClock.adjust("1 minute")
      assert.deepInclude(yield* outbox.countDeadLetters(forUser, 0), { letters: 1, unread: 0 })
    }).pipe(Effect.provide(OutboxMemory.layer))
  )
})
