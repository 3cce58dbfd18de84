/** What `status` tells of an exporter that does not run: when and why it ended last, and how it left its sources. */
import { existsSync, readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import type * as Status from "@millrace/operations/Status"
import * as Effect from "effect/Effect"
import { assertEnded } from "./support/millrace.ts"
import * as World from "./support/world.ts"

/** A source that reads one event, and then waits, or cannot go on. */
const plugin = `
import { Catalogue, Source } from "@millrace/core"
import { Effect, Schema } from "effect"

export const source = Source.plugin({
  name: "one",
  catalogue: Catalogue.any,
  settings: Schema.Struct({ fails: Schema.Boolean }),
  credentials: Schema.Struct({}),
  run: ({ fails }) =>
    Effect.fnUntraced(function* (intake, { follow }) {
      const event = { id: "1", type: "shop.Order", time: 1780000000000, user: { externalId: "1" }, properties: {} }
      yield* intake.append({ events: [event], malformed: [] })
      if (fails) return yield* new Source.SourceError({ kind: "fatal", detail: "the stream is closed for good" })
      if (follow) yield* Effect.never
    })
})
`

const make = Effect.gen(function* () {
  const world = yield* World.make
  world.put("one.js", plugin)
  world.put("package.json", '{"type": "module"}')
  const configure = (fails: boolean) =>
    world.configure({
      name: "tested",
      source: { use: "./one.js", settings: { fails } },
      outbox: { use: "@millrace/outbox-sqlite", settings: { path: "./state" } },
      routes: [{ name: "archive", to: { use: "@millrace/destination-files", settings: { path: "./out" } } }]
    })
  const told = Effect.fnUntraced(function* (file: string) {
    const text = yield* world.millrace(["status", file])
    assertEnded(text, 0)
    const { stdout } = yield* world.millrace(["status", file, "--json"])
    const { lastRun, sources } = JSON.parse(stdout) as {
      readonly lastRun?: Status.Run
      readonly sources: ReadonlyArray<Status.Source>
    }
    return { text: text.stdout, lastRun, sources }
  })
  return { world, configure, told }
})

describe("status of an exporter that does not run", () => {
  it.live("tells that its last run ended, failed, or was stopped", () =>
    Effect.gen(function* () {
      const { world, configure, told } = yield* make
      const file = configure(false)
      assertEnded(yield* world.millrace(["run", file]), 0)
      const ended = yield* told(file)
      assert.strictEqual(ended.lastRun?.end?.how, "ended")
      assert.isFalse(ended.lastRun?.follows)
      assert.match(ended.text, /^tested: not running: its last run ended at 20/)

      const failing = configure(true)
      assertEnded(yield* world.millrace(["run", failing]), 2)
      const failed = yield* told(failing)
      assert.deepInclude(failed.lastRun?.end, { how: "failed", why: "the stream is closed for good" })
      assert.match(failed.text, /not running: it failed at 20\S+: the stream is closed for good/)

      const following = configure(false)
      const program = yield* world.start(["run", following, "--follow"])
      yield* program.says("started")
      const running = yield* told(following)
      assert.isUndefined(running.lastRun)
      assert.include(running.text, "tested: running\n")
      program.kill("SIGTERM")
      yield* program.ended
      const stopped = yield* told(following)
      assert.strictEqual(stopped.lastRun?.end?.how, "stopped")
      assert.match(stopped.text, /not running: it was stopped at 20/)
    })
  )

  it.live("tells that it was killed, and what its sources had read by then", () =>
    Effect.gen(function* () {
      const { world, configure, told } = yield* make
      const file = configure(false)
      const program = yield* world.start(["run", file, "--follow"])
      const hasRead = () =>
        existsSync(world.path("state/sources.json")) &&
        readFileSync(world.path("state/sources.json"), "utf8").includes("lastRead")
      while (!hasRead()) yield* Effect.sleep(50)
      program.kill("SIGKILL")
      yield* program.ended
      const { text, lastRun, sources } = yield* told(file)
      assert.isDefined(lastRun?.started)
      assert.isUndefined(lastRun?.end)
      assert.match(text, /not running: the run that began at 20\S+ was killed/)
      assert.isNumber(sources[0]?.lastRead)
    })
  )
})
