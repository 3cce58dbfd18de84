import { existsSync, rmSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { BatchSchema, Emulator } from "@millrace/mparticle-emulator"
import * as Effect from "effect/Effect"
import * as Ledgers from "./support/ledger.ts"
import { assertEnded, saidBy, until } from "./support/millrace.ts"
import * as World from "./support/world.ts"

describe.concurrent("millrace run", () => {
  it.live.each([
    ["stricter than the service", false],
    ["as documented", true]
  ] as const)(
    "accounts for every event of a damaged export, once, and finds what is added later (an mParticle %s)",
    ([_, faithful]) =>
      Effect.gen(function* () {
        const world = yield* World.make
        const emulator = yield* Emulator.start({ feeds: World.feeds, faithful })
        const summary = world.writeWholeExport({
          seed: 1,
          events: 5_000,

          damage: { blocks: 3, tails: 1, lines: 7 }
        })
        assert.deepStrictEqual(summary.damaged, { blocks: 3, tails: 1, lines: 7 })
        const file = world.configure(World.configuration(emulator.url))

        const first = yield* world.millrace(["run", file, "--json"])
        // A file that ends too early goes before dead letters: of what is unread, nothing is kept.
        assertEnded(first, 7)
        assert.strictEqual(first.stdout.trim().split("\n").length, 1)
        const ledger = Ledgers.parse(first.stdout)
        const totals = Ledgers.totals(ledger)
        assert.strictEqual(totals.dead, 3 + 7)
        assert.strictEqual(ledger.routes["mparticle"]?.dead["damaged-block"], 3)
        assert.strictEqual(totals.waiting, 0)
        assert.strictEqual(totals.read, summary.readable + totals.dead)
        const { state } = emulator
        assert.strictEqual(state().totals.distinctEvents, totals.delivered)
        assert.strictEqual(state().totals.duplicates, 0)
        assert.deepStrictEqual(state().totals.refused, {})
        assert.strictEqual(state().totals.dropped, 0)
        // Every bad record is named with its file and place; the file that ends too early, too.
        assert.include(
          first.stderr,
          "lines/events.ndjson: line 1, byte 0: not JSON; kept as a dead letter (malformed)"
        )
        assert.strictEqual(first.stderr.match(/kept as a dead letter \(damaged-block\)/g)?.length, 3)
        assert.match(first.stderr, /\.avro: is not read from byte \d+ on: the block there is incomplete/)
        assert.include(first.stderr, "millrace: this run added 10 dead letters (")
        const { unread } = Ledgers.parseWhole(first.stdout)
        assert.strictEqual(unread.splits, 1)
        const { byte, split, what } = unread.first[0]!
        assert.include(
          first.stderr,
          `millrace: ${split}: unread from byte ${byte} on: ${what}; make it whole and run again`
        )
        const status = yield* world.millrace(["status", file])
        assertEnded(status, 0)
        assert.include(status.stdout, "not read to its end by the last run: 1 file\n")
        assert.include(status.stdout, `${split}: unread from byte ${byte} on`)

        const requests = state().totals.requests
        const second = yield* world.millrace(["run", file, "--json"])
        assertEnded(second, 7)
        assert.deepStrictEqual(Ledgers.parseWhole(second.stdout), { ...ledger, unread })
        assert.strictEqual(state().totals.requests, requests)
        assert.include(second.stderr, "10 dead letters of earlier runs are kept")

        const added = world.writeExport({ seed: 2, events: 700 })
        rmSync(world.path("export", split))
        const third = yield* world.millrace(["run", file, "--json"])
        assertEnded(third, 0)
        assert.notInclude((yield* world.millrace(["status", file])).stdout, "not read to its end")
        const later = Ledgers.totals(Ledgers.parse(third.stdout))
        assert.strictEqual(later.read, totals.read + added.events)
        assert.strictEqual(later.dead, totals.dead)
        assert.strictEqual(state().totals.distinctEvents, later.delivered)
      })
  )

  it.live.each([
    ["parity", false],
    ["extended", false],
    ["parity", true],
    ["extended", true]
  ] as const)(
    "sends nothing but what mParticle's schema takes, of every event type (%s, faithful: %s)",
    ([profile, faithful]) =>
      Effect.gen(function* () {
        const world = yield* World.make
        const emulator = yield* Emulator.start({ feeds: World.feeds, faithful })
        const summary = world.writeWholeExport({ seed: 3, events: 2_000 })
        const config = World.configuration(emulator.url, {
          mparticle: { profile, identity: { anonymous: "send", sourceId: "other" } }
        })
        const routes = config.routes.map((route) => ({ ...route, when: { types: ["*"] } }))
        const ended = yield* world.millrace(["run", world.configure({ ...config, routes }), "--json"])
        assertEnded(ended, 0)
        assert.strictEqual(summary.byType.size, 106)
        const { delivered, skipped } = Ledgers.totals(Ledgers.parse(ended.stdout))
        assert.strictEqual(delivered + skipped, summary.events)
        assert.isBelow(skipped, 20, "only events without any identity are skipped")
        const bodies = emulator.requests().map(({ body }): unknown => JSON.parse(body))
        assert.isAbove(bodies.length, 20)
        assert.strictEqual(emulator.state().totals.dropped, 0)
        for (const body of bodies) assert.deepStrictEqual(BatchSchema.validateBulk(body), [])
      })
  )

  it.live("does not load Node's own fetch, which costs memory and time at the start", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const emulator = yield* Emulator.start({ feeds: World.feeds })
      world.writeWholeExport({ seed: 2, events: 10 })
      const file = world.configure(World.configuration(emulator.url))
      const tell = 'process.on("exit",()=>process.stderr.write(process.moduleLoadList.join("\\n")))'
      const ended = yield* world.millrace(["run", file], {
        environment: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(tell)}` }
      })
      assertEnded(ended, 0)
      const loaded = ended.stderr.split("\n")
      assert.include(loaded, "NativeModule _http_client")
      assert.notInclude(loaded, "NativeModule internal/deps/undici/undici")
    })
  )
})

describe.concurrent("millrace run --follow", () => {
  it.live("takes what is added, tells its status, owns its state, and ends on SIGTERM or SIGHUP", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const emulator = yield* Emulator.start({ feeds: World.feeds })
      world.writeExport({ seed: 6, events: 500 })
      const file = world.configure(World.configuration(emulator.url))
      const looks = [
        ["status", file, "--json"],
        ["lanes", "show", file],
        ["dead-letters", "list", file]
      ]
      for (const look of looks) {
        const before = yield* world.millrace(look)
        assertEnded(before, 2)
        assert.strictEqual(before.stdout, "")
        assert.include(saidBy(before), `there is no state in ${world.path("state")}`)
      }
      assert.isFalse(existsSync(world.path("state")), "a look at the status makes no outbox")
      const replayed = yield* world.millrace(["replay", file, "--route", "mparticle"])
      assertEnded(replayed, 2)
      assert.include(saidBy(replayed), "--from, --to or both, or --all")

      const program = yield* world.start(["run", file, "--json", "--follow"])
      const readSoFar = Effect.map(world.millrace(["status", file, "--json"]), (status) => {
        assertEnded(status, 0)
        return Ledgers.parse(status.stdout)
      })
      yield* until(program, () => emulator.state().totals.events > 0)
      let ledger = yield* readSoFar
      while (Ledgers.totals(ledger).read < 500 || Ledgers.totals(ledger).waiting > 0)
        ledger = yield* readSoFar
      assert.strictEqual(Ledgers.totals(ledger).delivered, emulator.state().totals.distinctEvents)

      const told = yield* world.millrace(["status", file])
      assertEnded(told, 0)
      assert.include(told.stdout, "tested: running")
      assert.match(told.stdout, /mparticle {2}unbound {2}open/)

      const second = yield* world.millrace(["run", file, "--json"])
      assertEnded(second, 2)
      assert.strictEqual(second.stdout, "")
      assert.include(saidBy(second), `process ${program.pid}`)

      world.writeExport({ seed: 7, events: 300 })
      const delivered = emulator.state().totals.distinctEvents
      yield* until(program, () => emulator.state().totals.distinctEvents > delivered)
      while (Ledgers.totals(ledger).read < 800 || Ledgers.totals(ledger).waiting > 0)
        ledger = yield* readSoFar

      program.kill("SIGTERM")
      const ended = yield* program.ended
      assertEnded(ended, 0)
      assert.deepStrictEqual(Ledgers.parse(ended.stdout), ledger)
      assert.strictEqual(emulator.state().totals.distinctEvents, Ledgers.totals(ledger).delivered)

      const after = yield* world.millrace(["status", file])
      assertEnded(after, 0)
      assert.include(after.stdout, "tested: not running")
      assert.include(after.stdout, "the ledger balances")
    })
  )
})

describe.concurrent("millrace check", () => {
  it.live(
    "tells of each lane whether it is accepted, refused, held or without an answer, and sends no event",
    () =>
      Effect.gen(function* () {
        const world = yield* World.make
        const emulator = yield* Emulator.start({
          feeds: World.feeds,
          failures: [{ kind: "reset-before", feed: "unbound" }]
        })
        world.put("export/events.ndjson", "")
        const { web, ...credentials } = World.credentials
        const config = World.configuration(emulator.url, { mparticle: { missingFeed: "hold" } })
        const [route] = config.routes
        const file = world.configure({ ...config, routes: [{ ...route, to: { ...route!.to, credentials } }] })
        const wrong = { environment: { MP_ANDROID_SECRET: "another" } }
        const checked = yield* world.millrace(["check", file], wrong)
        assertEnded(checked, 2)
        assert.match(checked.stdout, /mparticle {2}ios +accepted/)
        const [, refusal] = /mparticle {2}android +refused +(\[\d\])$/m.exec(checked.stdout) ?? []
        assert.match(checked.stdout.split(`\n${refusal} `)[1] ?? "", /^.*feed android/)
        assert.match(checked.stdout, /mparticle {2}web +held/)
        assert.match(checked.stdout, /mparticle {2}unbound +no answer/)
        assert.include(
          checked.stdout,
          "warning: route mparticle: users.behaviors.Uninstall, users.messages.liveactivity.Outcome,"
        )
        assert.notInclude(checked.stdout, "reach the same place")

        emulator.fail([])
        const twice = {
          ...World.configuration(emulator.url),
          routes: ["first", "second"].map((name) => ({ ...route, name }))
        }
        // Warnings do not wait for answers, which a slow machine has too late.
        const warned = yield* world.millrace(["check", world.configure(twice)])
        assert.include(warned.stdout, "warning: lane ios of route first and lane ios of route second")
        const { events, accepted, dropped } = emulator.state().totals
        assert.deepStrictEqual({ events, accepted, dropped }, { events: 0, accepted: 0, dropped: 0 })
        assert.isFalse(existsSync(world.path("state")))
        assert.isDefined(web)
      })
  )
})

describe.concurrent("millrace preview", () => {
  it.live("prints the messages of each lane, sends nothing and stores nothing", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const emulator = yield* Emulator.start({ feeds: World.feeds })
      world.writeExport({ seed: 8, events: 2_000 })
      const file = world.configure(World.configuration(emulator.url))
      const shown = yield* world.millrace(["preview", file, "--messages", "2"])
      assertEnded(shown, 0)
      assert.match(shown.stdout, /^warning: users\.behaviors\.Uninstall, .* under credentials\.apps/m)
      const lanes = shown.stdout.split(/^lane /m).slice(1)
      assert.deepStrictEqual(lanes.map((lane) => lane.slice(0, lane.indexOf(":"))).sort(), [
        "android",
        "ios",
        "unbound",
        "web"
      ])
      for (const lane of lanes) {
        assert.match(lane, /^\w+: [\d,]+ events, 2 messages shown/)
        const messages = lane
          .slice(lane.indexOf("{"))
          .trim()
          .split(/\n(?=\{)/)
        assert.strictEqual(messages.length, 2)
        for (const message of messages)
          assert.deepStrictEqual(BatchSchema.validateBatch(JSON.parse(message)), [])
      }
      assert.strictEqual(emulator.state().totals.requests, 0)
      assert.isFalse(existsSync(world.path("state")))
    })
  )
})

describe.concurrent("millrace --help", () => {
  it.live("tells of every command what it does, and a misused command line is one line on stderr", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const help = (...args: ReadonlyArray<string>) =>
        Effect.map(world.millrace([...args, "--help"]), (ended) => {
          assertEnded(ended, 0)
          assert.strictEqual(ended.stderr, "")
          return ended.stdout
        })
      const whole = yield* help()
      for (const command of ["run", "check", "preview", "status"])
        assert.match(whole, new RegExp(`^ {2}${command} `, "m"))
      const run = yield* help("run")
      for (const flag of ["json", "follow", "patience", "drain"]) assert.include(run, `--${flag}`)
      for (const code of [0, 1, 2, 3, 4, 5, 6]) assert.match(run, new RegExp(`^ +${code}  `, "m"))

      for (const [args, complaint] of [
        [["run"], "Missing required argument: config"],
        [["rnu", "x"], 'Unknown subcommand "rnu" for "millrace"; did you mean run'],
        [["run", "x", "--jsn"], "did you mean --json"],
        [["run", "x", "--patience", "5"], '--patience: "5". Expected a duration, such as "90 seconds"'],
        [
          ["dead-letters", "list", "x", "--from", "soon"],
          '--from: "soon". Expected a date, such as 2026-11-22'
        ]
      ] as const) {
        const ended = yield* world.millrace(args)
        assertEnded(ended, 2)
        assert.strictEqual(ended.stdout, "")
        assert.strictEqual(ended.stderr.trim().split("\n").length, 1)
        assert.include(ended.stderr, complaint)
      }
    })
  )
})
