/** What the code of a plugin throws is for its author: shown when asked for, and otherwise named by its class alone. */
import { rmSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as World from "./support/world.ts"

/** Fails at some events with a message that quotes them. */
const plugin = `
import * as Catalogue from "@millrace/core/Catalogue"
import * as Destination from "@millrace/core/Destination"
import * as Message from "@millrace/core/Message"
import { Outcomes } from "@millrace/core/Outcome"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

export const acme = Destination.plugin({
  name: "@acme/thrower",
  accepts: Catalogue.any,
  settings: Schema.Struct({}),
  credentials: Schema.Struct({}),
  open: () =>
    Result.succeed({
      lanes: [{ name: "main" }],
      limits: { messages: 10, events: 10, bytes: 1e6, messageBytes: 1e6, messageEvents: 1, concurrency: 1, window: 0 },
      assign: () => Destination.to("main"),
      prepare: ([event]) => {
        if (event.type.endsWith("Open")) throw new RangeError("planted quote of " + event.type)
        return Result.succeed(Message.json(event.id, {}))
      },
      connect: Destination.connectAsync(() => ({
        deliver: async (batch) => Outcomes.all(batch, { _tag: "Delivered" }),
        check: async () => {}
      }))
    })
})
`

const said = "route acme: prepare threw RangeError: planted quote of users.messages.email.Open"

const configured = Effect.map(World.make, (world) => {
  world.writeExport({ seed: 4, events: 100 })
  world.put("thrower.mjs", plugin)
  const { outbox, source } = World.configuration("http://127.0.0.1:9")
  const config = (workers: number) =>
    world.configure({
      name: "thrown",
      source,
      outbox,
      workers,
      routes: [{ name: "acme", to: { use: "./thrower.mjs" } }]
    })
  return { world, config }
})

const times = (text: string) => text.split(said).length - 1

describe("what a plugin throws", () => {
  it.live("is shown with its stack by preview", () =>
    Effect.gen(function* () {
      const { config, world } = yield* configured
      const { stdout } = yield* world.millrace(["preview", config(1), "--messages", "1000"])
      assert.strictEqual(times(stdout), 1)
      assert.match(stdout, /\n *at .*thrower\.mjs/)
    })
  )

  it.live.each([1, 2])("is shown by a run that is asked to, and by no other (%i workers)", (workers) =>
    Effect.gen(function* () {
      const { config, world } = yield* configured
      const file = config(workers)
      const shown = yield* world.millrace(["run", file, "--show-defects"])
      assert.isAtLeast(times(shown.stderr), 1)
      // Each thread says it once at most, whatever the number of events.
      assert.isAtMost(times(shown.stderr), workers)
      assert.match(shown.stderr, /at .*thrower\.mjs/)
      const letters = yield* world.millrace(["dead-letters", "export", file])
      assert.notInclude(letters.stdout, "planted quote")
      rmSync(world.path("state"), { recursive: true })
      const silent = yield* world.millrace(["run", file])
      assert.notInclude(silent.stdout + silent.stderr, "planted quote")
    })
  )
})
