import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@millrace/mparticle-emulator"
import * as Effect from "effect/Effect"
import * as Ledgers from "./support/ledger.ts"
import { assertEnded } from "./support/millrace.ts"
import * as World from "./support/world.ts"

const hashKey = "planted-hash-key-41d7"

/** The sample's addresses all are of this domain. */
const personal = "@post.example"

const configuration = (url: string, steps: ReadonlyArray<unknown>, workers = 1) => {
  const config = World.configuration(url, { top: { workers } })
  return { ...config, routes: config.routes.map((route) => ({ ...route, transforms: steps })) }
}

/** Whether any file below a folder holds a text. */
const isHeld = (folder: string, text: string): boolean =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).some(
    (entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name), "latin1").includes(text)
  )

/** Runs against feeds that refuse everything or part, so that there are events that wait, and dead letters of each kind. */
const stateAfter = Effect.fnUntraced(function* (steps: ReadonlyArray<unknown>, workers?: number) {
  const world = yield* World.make
  const emulator = yield* Emulator.start({ feeds: World.feeds })
  emulator.fail([
    { kind: "status", status: 401, feed: "android", body: "no" },
    { kind: "status", status: 400, feed: "unbound", body: "no" }
  ])
  world.writeExport({ seed: 4, events: 600, damage: { lines: 5 } })
  world.put("export/bad/events.ndjson", `{"id": "somebody${personal}"\n`)
  const file = world.configure(configuration(emulator.url, steps, workers))
  const ended = yield* world.millrace(["run", file, "--patience", "1 second", "--json"], {
    environment: { HASH_KEY: hashKey }
  })
  const { dead = {} } = Ledgers.parse(ended.stdout).routes["mparticle"] ?? {}
  return { world, ended, dead, folder: world.path("state") }
})

describe.concurrent("transforms", () => {
  it.live.each([1, 2])(
    "at the intake leave no trace of what they take away: waiting, in dead letters or of bad records (%i workers)",
    (workers) =>
      Effect.gen(function* () {
        const steps = [
          { at: "intake", redact: "personal" },
          { at: "intake", hash: { fields: ["user.externalId"], key: { env: "HASH_KEY" } } }
        ]
        const { ended, dead, folder } = yield* stateAfter(steps, workers)
        assert.strictEqual(ended.code, 3)
        assert.isAbove(dead["bad-request"] ?? 0, 0)
        assert.isAbove(dead["malformed"] ?? 0, 0)
        assert.isFalse(isHeld(folder, personal))
        assert.isFalse(isHeld(folder, hashKey))
        assert.notInclude(ended.stdout + ended.stderr, hashKey)
      })
  )

  it.live("on the way out leave the outbox the event as it was read", () =>
    Effect.gen(function* () {
      const { folder, dead } = yield* stateAfter([{ redact: "personal" }])
      assert.isAbove(dead["bad-request"] ?? 0, 0)
      assert.isTrue(isHeld(folder, personal))
    })
  )

  it.live("are shown by preview, before and after", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      world.writeExport({ seed: 8, events: 500, types: ["users.messages.email.Open"] })
      const steps = [
        { at: "intake", redact: "personal" },
        { select: 'has(event.properties.campaign_name) || event.type == "other"' },
        { rename: { campaign_name: "campaign" } }
      ]
      const file = world.configure(configuration("http://127.0.0.1:9", steps))
      const shown = yield* world.millrace(["preview", file, "--messages", "20"])
      assertEnded(shown, 0)
      assert.match(shown.stdout, /event \S+, as the route changes it:\n/)
      assert.match(
        shown.stdout,
        /^- properties\.email_address: ".+@post\.example"\n\+ properties\.email_address: "\[REDACTED\]"$/m
      )
      assert.match(shown.stdout, /^- properties\.campaign_name: (".+")\n(.*\n)*\+ properties\.campaign: \1$/m)
      assert.match(shown.stdout, /not sent: .*\d+ not-matched/)
      assert.isFalse(existsSync(world.path("state")))
    })
  )

  it.live("and the selection take a type as partner pages spell it", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const types = ["users.campaigns.Abort", "users.canvas.Abort", "users.canvas.Entry"] as const
      world.writeExport({ seed: 8, events: 300, types })
      const { routes, ...config } = configuration("http://127.0.0.1:9", [
        { set: { campaign_name: "renamed" }, types: ["users_campaigns_abort"] }
      ])
      const when = { types: ["users_campaigns_abort", "users.canvas.abort"] }
      const file = world.configure({ ...config, routes: routes.map((route) => ({ ...route, when })) })
      const shown = yield* world.millrace(["preview", file, "--messages", "20"])
      assertEnded(shown, 0)
      assert.include(shown.stdout, '"event_name": "Campaign Aborts"')
      assert.include(shown.stdout, '"event_name": "Canvas Aborts"')
      assert.notInclude(shown.stdout, "Canvas Entries")
      assert.include(shown.stdout, '"campaign_name": "renamed"')
    })
  )

  it.live("dead letters are found by a type as partner pages spell it", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const types = ["users.campaigns.Abort", "users.canvas.Entry"] as const
      world.writeExport({ seed: 8, events: 20, types })
      const refusing = yield* Emulator.start({
        feeds: World.feeds,
        failures: [{ kind: "status", status: 400 }]
      })
      const file = world.configure(World.configuration(refusing.url))
      assertEnded(yield* world.millrace(["run", file]), 4)
      const listed = yield* world.millrace(["dead-letters", "list", file, "--type", "users_campaigns_abort"])
      assertEnded(listed, 0)
      assert.include(listed.stdout, "users.campaigns.Abort")
      assert.notInclude(listed.stdout, "users.canvas.Entry")
    })
  )
})
