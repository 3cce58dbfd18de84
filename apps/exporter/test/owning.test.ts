import { assert, describe, it } from "@effect/vitest"
import { Outbox } from "@millrace/core/Outbox"
import * as OutboxSqlite from "@millrace/outbox-sqlite/OutboxSqlite"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { assertEnded } from "./support/millrace.ts"
import * as World from "./support/world.ts"

describe("an exporter that starts while a command has its state", () => {
  it.live("waits for the command, says so once, and runs", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      world.put("export/events.ndjson", "")
      const to = { use: "@millrace/destination-http", settings: { url: "http://127.0.0.1:9/" } }
      const file = world.configure({ ...World.configuration(""), routes: [{ name: "kept", to }] })
      const isWaiting = yield* Deferred.make<void>()
      const looking = Effect.andThen(Outbox, Deferred.await(isWaiting)).pipe(
        Effect.provide(OutboxSqlite.layerInThread({ directory: world.path("state") }))
      )
      const running = Effect.gen(function* () {
        const program = yield* world.start(["run", file])
        yield* program.says("waiting for a moment: the state directory")
        yield* Deferred.succeed(isWaiting, undefined)
        return yield* program.ended
      })
      const [, ended] = yield* Effect.all([looking, running], { concurrency: "unbounded" })
      assertEnded(ended, 0)
      assert.strictEqual(ended.stderr.split("waiting for a moment").length, 2)
      assert.include(ended.stderr, `in use by process ${process.pid}`)
    })
  )
})
