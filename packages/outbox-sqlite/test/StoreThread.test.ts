import { execFileSync } from "node:child_process"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { encodeEvents } from "@millrace/core/Codec"
import * as OutboxSqlite from "@millrace/outbox-sqlite/OutboxSqlite"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { folder, session } from "./support/place.ts"

const program = `
import { registerHooks } from "node:module"
const asked = []
registerHooks({
  resolve: (specifier, context, next) => {
    asked.push(specifier)
    return next(specifier, context)
  }
})
await import("@millrace/outbox-sqlite/StoreWorker")
console.log(JSON.stringify(asked))`

const lane = { route: "crm", lane: "ios" }
const event = { id: "1", type: "test", time: 0, user: {}, properties: {} }

describe("the thread of the store", () => {
  // All of it is resident memory of every exporter.
  it("loads nothing of Effect", () => {
    const asked: ReadonlyArray<string> = JSON.parse(
      execFileSync(process.execPath, ["--input-type=module", "--eval", program], {
        cwd: fileURLToPath(new URL("..", import.meta.url)),
        encoding: "utf8"
      })
    )
    assert.include(asked, "node:sqlite")
    assert.deepStrictEqual(
      asked.filter((module) => module.startsWith("effect")),
      []
    )
  })

  it.live("does what it was asked before it was closed, although a settlement waits for company", () =>
    Effect.gen(function* () {
      const layer = OutboxSqlite.layer({ directory: yield* folder })
      const settling = yield* session(
        layer,
        Effect.fnUntraced(function* (outbox) {
          const [stored] = yield* outbox.append({
            origin: { source: "default", split: "", position: "" },
            at: 0,
            parcels: [{ ...lane, records: encodeEvents([event]) }],
            buried: [],
            counts: [{ route: "crm", kind: "read", key: "", events: 1 }]
          })
          const settlement = { parcel: stored!.sequence, delivered: [0], dead: [], attempts: 1, at: 0 }
          return yield* Effect.forkDetach(outbox.settle([settlement]), { startImmediately: true })
        })
      )
      assert.isAbove(yield* Fiber.join(settling), 0)
      const { routes } = yield* session(layer, (outbox) => outbox.ledger)
      assert.deepStrictEqual(routes["crm"]?.delivered, { ios: 1 })
    })
  )
})
