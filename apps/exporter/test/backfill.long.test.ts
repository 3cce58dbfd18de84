/** Three days of the past, read beside a live run by the real program. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Sample } from "@millrace/events-braze"
import * as Effect from "effect/Effect"
import { assertEnded, until } from "./support/millrace.ts"
import * as World from "./support/world.ts"

const types = ["users.messages.email.Open", "users.messages.email.Click", "users.canvas.Entry"] as const
const [hours, perFile] = [72, 20]
const first = Date.UTC(2026, 10, 1)
const hourOf = (index: number) =>
  new Date(first + index * 3_600_000).toISOString().slice(0, 13).replace("T", "-")

const sample = Sample.make({ seed: 7, users: 300 })
let made = 0
const linesOf = (type: (typeof types)[number], index: number, count: number) =>
  Array.from({ length: count }, () => {
    const event = sample.event(type, made++, first + index * 3_600_000)
    return `${JSON.stringify(Sample.toCustomHttp(event))}\n`
  }).join("")

const route = (name: string, more: Readonly<Record<string, unknown>> = {}) => ({
  name,
  ...more,
  to: { use: "@millrace/destination-files", settings: { path: `./${name}` } }
})

/** Ids of the events that stand in the files below a folder. */
const idsBelow = (folder: string): ReadonlyArray<string> =>
  (existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [])
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ndjson"))
    .flatMap((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8").trim().split("\n"))
    .map((line) => JSON.parse(line).id)

describe("a backfill beside a live run", () => {
  it.live("holds the present up nowhere, goes on after a kill, and both ledgers balance", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const put = (type: (typeof types)[number], index: number, name: string, count = perFile) =>
        world.put(
          `export/event_type=${type}/date=${hourOf(index)}/${name}.ndjson`,
          linesOf(type, index, count)
        )
      for (const type of types) for (let index = 0; index < hours; index++) put(type, index, "a")
      const past = types.length * hours * perFile
      put(types[0], hours, "live")
      const file = world.configure({
        ...World.configuration("", { source: { from: "2026-11-04" } }),
        routes: [route("live"), route("past", { backfill: true })]
      })
      const running = yield* world.start(["run", file, "--follow"])
      yield* until(running, () => existsSync(world.path("state", "control.sock")))
      const ask = ["backfill", file, "--from", "2026-11-01", "--to", "2026-11-04"]

      // So slow that it takes longer than anything else here.
      const slow = yield* world.start([...ask, "--rate", "20/s"])
      yield* until(running, () => idsBelow(world.path("past")).length > perFile)
      put(types[1], hours, "meanwhile")
      yield* until(running, () => idsBelow(world.path("live")).length === 2 * perFile)
      assert.isBelow(idsBelow(world.path("past")).length, past / 2)
      slow.kill("SIGKILL")
      yield* slow.ended

      const done = yield* world.millrace([...ask, "--json"])
      assertEnded(done, 0)
      const { events, state, unread } = JSON.parse(done.stdout)
      assert.deepStrictEqual([state, unread], ["ended", []])
      assert.isBelow(events, past)
      const nothing = yield* world.millrace(ask)
      assert.include(nothing.stdout, "nothing was read")
      yield* until(running, () => idsBelow(world.path("past")).length === past)
      running.kill("SIGTERM")
      assertEnded(yield* running.ended, 0)

      const status = yield* world.millrace(["status", file, "--json"])
      const { routes } = JSON.parse(status.stdout)
      assert.deepInclude(routes.past, { read: past, delivered: { main: past }, waiting: {}, dead: {} })
      assert.deepInclude(routes.live, { read: 2 * perFile, delivered: { main: 2 * perFile } })
      assert.strictEqual(new Set(idsBelow(world.path("past"))).size, past)
    })
  )
})
