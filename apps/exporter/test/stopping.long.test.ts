import { appendFileSync, existsSync, statSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@millrace/mparticle-emulator"
import * as Effect from "effect/Effect"
import * as Ledgers from "./support/ledger.ts"
import { assertEnded, saidBy, until } from "./support/millrace.ts"
import * as World from "./support/world.ts"

/** Of two sources one cannot be read, and why; the other has nothing to say. */
const refused = (kind: string) => `
import { Catalogue, Source } from "@millrace/core"
import { Effect, Schema } from "effect"

export const source = Source.plugin({
  name: "told",
  catalogue: Catalogue.any,
  settings: Schema.Struct({ fails: Schema.Boolean }),
  credentials: Schema.Struct({}),
  run: ({ fails }) => () =>
    fails ? Effect.fail(new Source.SourceError({ kind: "${kind}", detail: "answered 401; look at the token" })) : Effect.never
})
`

/** A source at whose first step a signal comes: the exporter has not started all that it consists of. */
const early = `
import { Catalogue, Source } from "@millrace/core"
import { Effect, Schema } from "effect"

export const source = Source.plugin({
  name: "early",
  catalogue: Catalogue.any,
  settings: Schema.Struct({}),
  credentials: Schema.Struct({}),
  run: () => () => Effect.andThen(Effect.sync(() => process.kill(process.pid, "SIGTERM")), Effect.never)
})
`

describe.concurrent("millrace run", () => {
  it.live(
    "stopped by SIGTERM ends with what is under way and nothing sent twice; the next run completes",
    () =>
      Effect.gen(function* () {
        const world = yield* World.make
        const slow = { kind: "slow-answer", wait: 100 } as const
        const emulator = yield* Emulator.start({ feeds: World.feeds, failures: [slow] })
        world.writeExport({ seed: 4, events: 6_000 })
        const file = world.configure(World.configuration(emulator.url))
        const program = yield* world.start(["run", file, "--json"])
        yield* until(program, () => emulator.state().totals.requests > 3)
        program.kill("SIGTERM")
        const stopped = yield* program.ended
        assertEnded(stopped, 3)
        assert.include(stopped.stderr, "stopping; requests under way may finish")
        const left = Ledgers.totals(Ledgers.parse(stopped.stdout))
        assert.strictEqual(emulator.state().totals.distinctEvents, left.delivered)

        emulator.fail([])
        const next = yield* world.millrace(["run", file, "--json"])
        assertEnded(next, 0)
        const { delivered, read } = Ledgers.totals(Ledgers.parse(next.stdout))
        assert.strictEqual(read, 6_000)
        assert.strictEqual(emulator.state().totals.distinctEvents, delivered)
        assert.strictEqual(emulator.state().totals.duplicates, 0)
      })
  )

  it.live(
    "stopped while mParticle hangs waits for the drain's time, or ends at once at a second signal",
    () =>
      Effect.gen(function* () {
        const world = yield* World.make
        const hang = { kind: "hang", wait: "1 hour" } as const
        const emulator = yield* Emulator.start({ feeds: World.feeds, failures: [hang] })
        const summary = world.writeExport({ seed: 5, events: 500 })
        const file = world.configure(World.configuration(emulator.url))
        const hanging = Effect.fnUntraced(function* (drain: string) {
          const before = emulator.state().totals.requests
          const program = yield* world.start(["run", file, "--json", "--drain", drain])
          yield* until(program, () => emulator.state().totals.requests > before)
          return program
        })
        const cutShort = yield* hanging("700 millis")
        cutShort.kill("SIGTERM")
        assertEnded(yield* cutShort.ended, 6)

        const patient = yield* hanging("1 hour")
        patient.kill("SIGTERM")
        yield* patient.says("a second signal ends at once")
        patient.kill("SIGTERM")
        assert.strictEqual((yield* patient.ended).code, 130)

        emulator.fail([])
        const last = yield* world.millrace(["run", file, "--json"])
        assertEnded(last, 0)
        const { read, delivered } = Ledgers.totals(Ledgers.parse(last.stdout))
        assert.strictEqual(read, summary.events)
        assert.strictEqual(emulator.state().totals.distinctEvents, delivered)
      })
  )
})

describe.concurrent("millrace run --follow", () => {
  it.live.each([
    { kind: "unauthorized", said: "the source is closed", state: "closed", code: 0 },
    { kind: "retry", said: "answered 401", state: "failing", code: 0 },
    { kind: "fatal", said: "answered 401", state: "failed", code: 2 }
  ])("stopped while a source is $state ends with $code, and tells of it", ({ kind, said, state, code }) =>
    Effect.gen(function* () {
      const world = yield* World.make
      world.put("told.js", refused(kind))
      world.put("package.json", '{"type": "module"}')
      const file = world.configure({
        ...World.configuration(""),
        source: undefined,
        sources: ["first", "second"].map((name) => ({
          name,
          use: "./told.js",
          settings: { fails: name === "first" }
        })),
        routes: [{ name: "archive", to: { use: "@millrace/destination-files", settings: { path: "./out" } } }]
      })
      const program = yield* world.start(["run", file, "--follow"])
      yield* program.says("tested: started")
      yield* program.says(said)
      program.kill("SIGTERM")
      const ended = yield* program.ended
      assertEnded(ended, code)
      assert.include(saidBy(ended), "source first: answered 401; look at the token")
      const { lastRun, sources } = JSON.parse((yield* world.millrace(["status", file, "--json"])).stdout)
      assert.strictEqual(lastRun.end.how, "stopped")
      assert.strictEqual(sources[0].state, state)
    })
  )

  it.live("stopped while it starts ends in order, and says how it ended", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      world.put("early.js", early)
      world.put("package.json", '{"type": "module"}')
      const file = world.configure({
        ...World.configuration(""),
        source: { use: "./early.js", settings: {} },
        routes: [{ name: "archive", to: { use: "@millrace/destination-files", settings: { path: "./out" } } }]
      })
      const ended = yield* world.millrace(["run", file, "--follow", "--json"])
      assertEnded(ended, 0)
      assert.strictEqual(Ledgers.totals(Ledgers.parse(ended.stdout)).read, 0)
      const { lastRun } = JSON.parse((yield* world.millrace(["status", file, "--json"])).stdout)
      assert.strictEqual(lastRun.end.how, "stopped")
    })
  )

  it.live("shows in status what a file lacks, until it has grown; stopped, it is no failure", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const emulator = yield* Emulator.start({ feeds: World.feeds })
      const line = JSON.stringify({
        event_type: "users.messages.email.Open",
        id: "1",
        time: 1_782_742_805,
        user: { user_id: "u", external_user_id: "e" },
        properties: {}
      })
      const input = world.put("export/open.ndjson", `${line}\n${line.slice(0, 20)}`)
      const file = world.configure(World.configuration(emulator.url))
      const program = yield* world.start(["run", file, "--follow"])
      yield* program.says("open.ndjson: is not read from byte")
      const cut = yield* world.millrace(["status", file])
      assert.include(cut.stdout, "tested: running")
      assert.include(cut.stdout, "\nnot read to its end: 1 file\nopen.ndjson: unread from byte ")
      appendFileSync(input, `${line.slice(20).replace('"1"', '"2"')}\n`)
      yield* until(program, () => emulator.state().totals.distinctEvents === 2)
      const whole = yield* world.millrace(["status", file, "--json"])
      assert.deepStrictEqual(Ledgers.parseWhole(whole.stdout).unread, { splits: 0, first: [] })
      appendFileSync(input, "{")
      const again = Effect.map(world.millrace(["status", file, "--json"]), ({ stdout }) =>
        Ledgers.parseWhole(stdout)
      )
      yield* Effect.repeat(again, { until: ({ unread }) => unread.splits === 1 })
      program.kill("SIGTERM")
      assertEnded(yield* program.ended, 0)
      const after = yield* world.millrace(["status", file])
      assert.include(after.stdout, "not read to its end by the last run: 1 file")
    })
  )

  it.live("is spoken to in its state directory alone, however long its path and loose the umask", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const emulator = yield* Emulator.start({ feeds: World.feeds })
      world.writeExport({ seed: 6, events: 50 })
      const path = join("state", "d".repeat(120), "e".repeat(120))
      const file = world.configure({
        ...World.configuration(emulator.url),
        outbox: { use: "@millrace/outbox-sqlite", settings: { path } }
      })
      const program = yield* world.start(["run", file, "--follow"], {
        before: ["sh", "-c", 'umask 0; exec "$@"', "sh"]
      })
      yield* until(program, () => emulator.state().totals.events > 0)
      const status = yield* world.millrace(["status", file])
      assertEnded(status, 0)
      assert.include(status.stdout, "tested: running")
      assert.strictEqual(statSync(world.path(path, "control.sock")).mode & 0o777, 0o600)
      assert.strictEqual(statSync(world.path(path)).mode & 0o777, 0o700)
      program.kill("SIGTERM")
      assertEnded(yield* program.ended, 0)
      assert.isFalse(existsSync(world.path(path, "control.sock")))

      const again = yield* world.start(["run", file, "--follow"])
      yield* again.says("started")
      again.kill("SIGHUP")
      assertEnded(yield* again.ended, 0)
    })
  )
})
