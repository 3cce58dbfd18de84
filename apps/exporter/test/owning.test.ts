import { assert, describe, it } from "@effect/vitest"
import { Outbox } from "@millrace/core/Outbox"
import * as OutboxSqlite from "@millrace/outbox-sqlite/OutboxSqlite"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { assertEnded } from "./support/millrace.ts"
import * as World from "./support/world.ts"

/** A run beside a command that has its state until `released`. */
const beside = Effect.fnUntraced(function* (released: Deferred.Deferred<void>) {
  const world = yield* World.make
  world.put("export/events.ndjson", "")
  const to = { use: "@millrace/destination-http", settings: { url: "http://127.0.0.1:9/" } }
  const file = world.configure({ ...World.configuration(""), routes: [{ name: "kept", to }] })
  const hasIt = yield* Deferred.make<void>()
  const looking = Effect.andThen(
    Outbox,
    Effect.andThen(Deferred.succeed(hasIt, undefined), Deferred.await(released))
  ).pipe(Effect.provide(OutboxSqlite.layerInThread({ directory: world.path("state") })))
  yield* Effect.forkScoped(looking)
  yield* Deferred.await(hasIt)
  const program = yield* world.start(["run", file])
  yield* program.says("waiting for a moment: the state directory")
  return program
})

describe("an exporter that starts while a command has its state", () => {
  it.live("waits for the command, says so once, and runs", () =>
    Effect.gen(function* () {
      const released = yield* Deferred.make<void>()
      const program = yield* beside(released)
      yield* Deferred.succeed(released, undefined)
      const ended = yield* program.ended
      assertEnded(ended, 0)
      assert.strictEqual(ended.stderr.split("waiting for a moment").length, 2)
      assert.include(ended.stderr, `in use by process ${process.pid}`)
    })
  )

  it.live("ends at a signal, and says that it did not begin", () =>
    Effect.gen(function* () {
      const program = yield* beside(yield* Deferred.make<void>())
      program.kill("SIGTERM")
      const ended = yield* program.ended
      assertEnded(ended, 130)
      assert.include(ended.stderr, "stopped before the run began: nothing was read, nothing was sent")
      assert.strictEqual(ended.stdout, "")
    })
  )
})
