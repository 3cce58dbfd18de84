/** All that is told of an exporter at once. */
import { assert, describe, it } from "@effect/vitest"
import { Outbox, OutboxMemory, Source } from "@millrace/core"
import * as Effect from "effect/Effect"
import { fromOutbox } from "../src/Operations.ts"
import * as Overview from "../src/Overview.ts"

const minute = 60_000
const watched = {
  name: "orders",
  definition: { sources: { default: Source.fromArray([]) }, routes: [] },
  thresholds: { noSuccessFor: minute, waitingFor: minute, unreadableFor: minute, unreadFor: minute }
}

describe("an overview", () => {
  it.effect("is made of a status: the ledger at its top, what needs attention beside it", () =>
    Effect.gen(function* () {
      const outbox = yield* Outbox.Outbox
      yield* outbox.append({
        origin: { source: "default", split: "a", position: "" },
        at: 5,
        parcels: [],
        buried: [
          { routes: ["crm"], reason: "malformed", detail: "", record: Buffer.of(1), codec: "", parameter: "" }
        ],
        counts: [{ route: "crm", kind: "read", key: "", events: 1 }]
      })
      const status = yield* fromOutbox(outbox, { ...watched, store: OutboxMemory.store }).status()
      const standing = { ...status, disk: { bytes: 100, free: 3 } }
      const {
        routes,
        attention,
        outbox: kept,
        ...rest
      } = Overview.make(standing, watched, minute, {
        isRunning: false,
        problem: "the disk is full"
      })
      assert.deepStrictEqual(routes, status.ledger.routes)
      assert.deepStrictEqual(
        attention.map(({ condition }) => condition),
        ["disk-full"]
      )
      assert.notProperty(attention[0], "level")
      assert.deepInclude(kept, { free: 3, problem: "the disk is full" })
      assert.deepInclude(rest, { exporter: "orders", running: false })
      assert.notProperty(rest, "started")
    }).pipe(Effect.provide(OutboxMemory.layer))
  )

  it.effect("names every route of the definition, also one that has taken nothing yet", () =>
    Effect.gen(function* () {
      const outbox = yield* Outbox.Outbox
      const status = yield* fromOutbox(outbox, { ...watched, store: OutboxMemory.store }).status()
      const route = { name: "warehouse" } as (typeof watched.definition.routes)[number]
      const definition = { ...watched.definition, routes: [route] }
      const { routes } = Overview.make(status, { ...watched, definition }, 0, { isRunning: true })
      assert.deepStrictEqual(routes["warehouse"], {
        read: 0,
        filtered: {},
        skipped: {},
        delivered: {},
        waiting: {},
        dead: {}
      })
    }).pipe(Effect.provide(OutboxMemory.layer))
  )
})
