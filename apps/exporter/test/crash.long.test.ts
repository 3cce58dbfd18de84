import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Ledger from "@millrace/core/Ledger"
import { SampleExport } from "@millrace/events-braze"
import { Emulator } from "@millrace/mparticle-emulator"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Ledgers from "./support/ledger.ts"
import * as Millrace from "./support/millrace.ts"
import * as World from "./support/world.ts"

const kills = 8
/** Slow enough that every kill meets work under way. */
const slow = { kind: "slow-answer", wait: 40 } as const

/** One export for all: nothing changes it. */
const shared = mkdtempSync(join(tmpdir(), "millrace-crash-"))
const source = { path: join(shared, "export") }

/** What an undisturbed run makes of it. */
let expected: Ledger.Ledger

const undisturbed = Effect.gen(function* () {
  const world = yield* World.make
  const emulator = yield* Emulator.start({ feeds: World.feeds })
  const file = world.configure(World.configuration(emulator.url, { source }))
  return Ledgers.parse((yield* world.millrace(["run", file, "--json"])).stdout)
})

beforeAll(async () => {
  const damage = { blocks: 2, lines: 4 }
  SampleExport.write({ folder: source.path, seed: 11, events: 10_000, damage }, World.write)
  expected = await Effect.runPromise(Effect.scoped(undisturbed))
})
afterAll(() => rmSync(shared, { recursive: true, force: true }))

/** The moment of a kill: while the export is read, or a few requests further on. */
const moment = Effect.fnUntraced(function* (kill: number, program: Millrace.Program, requests: () => number) {
  if (kill < 2) {
    yield* program.says("started")
    // Sleeps, since a kill may come at any moment.
    return yield* Effect.sleep(yield* Random.nextIntBetween(0, 150))
  }
  const until = requests() + (yield* Random.nextIntBetween(1, 6))
  while (requests() < until) yield* Effect.sleep("2 millis")
  // Sleeps, since a kill may come at any moment.
  return yield* Effect.sleep(yield* Random.nextIntBetween(0, 40))
})

const assertNothingLost = (ledger: Ledger.Ledger, { totals }: ReturnType<Emulator.Emulator["state"]>) => {
  assert.deepStrictEqual(ledger, expected)
  assert.strictEqual(totals.distinctEvents, Ledger.total(expected, "delivered"))
  // An event that came again came in the same batch: same id, same bytes.
  assert.strictEqual(totals.events, totals.distinctEvents)
  assert.strictEqual(totals.conflicting, 0)
  assert.deepStrictEqual(totals.refused, {})
  assert.isAbove(totals.duplicates, 0)
}

describe.concurrent("kill -9", () => {
  it.live.each([
    ["grouping: event", { grouping: "event" }, { workers: 1 }],
    ["grouping: user", { grouping: "user", window: "300 millis" }, { workers: 1 }],
    ["grouping: user, 2 workers", { grouping: "user", window: "300 millis" }, { workers: 2 }]
  ] as const)(
    "of the exporter, again and again, loses nothing and changes nothing (%s)",
    ([, mparticle, top]) =>
      Effect.gen(function* () {
        const world = yield* World.make
        const emulator = yield* Emulator.start({ feeds: World.feeds, failures: [slow] })
        const requests = () => emulator.state().totals.requests
        const file = world.configure(World.configuration(emulator.url, { source, mparticle, top }))
        for (let kill = 0; kill < kills; kill++) {
          const program = yield* world.start(["run", file, "--json"])
          yield* Effect.raceFirst(moment(kill, program, requests), program.ended)
          program.kill("SIGKILL")
          assert.strictEqual((yield* program.ended).signal, "SIGKILL")
        }
        emulator.fail([])
        const last = yield* world.millrace(["run", file, "--json"])
        assertNothingLost(Ledgers.parse(last.stdout), emulator.state())
      })
  )

  it.live("of the exporter and mParticle together loses nothing", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const capture = world.path("capture.ndjson")
      const feeds = world.put("feeds.json", JSON.stringify({ feeds: World.feeds }))
      const emulatorBin = fileURLToPath(
        new URL("./bin.ts", import.meta.resolve("@millrace/mparticle-emulator"))
      )
      const port = yield* World.freePort
      const captured = () => statSync(capture, { throwIfNoEntry: false })?.size ?? 0
      const file = world.configure(World.configuration(`http://127.0.0.1:${port}`, { source }))
      for (let kill = 0; kill < 3; kill++) {
        const emulator = yield* Millrace.startProgram([
          process.execPath,
          emulatorBin,
          ...["--feeds", feeds, "--capture", capture, "--port", String(port)],
          ...["--fail", JSON.stringify(slow)]
        ])
        yield* emulator.says("listening")
        const before = captured()
        const program = yield* world.start(["run", file, "--json"])
        yield* program.says("started")
        // Requests are under way as soon as one more is in the capture, however slow the machine is.
        while (captured() === before) yield* Effect.sleep("2 millis")
        // Sleeps, since a kill may come at any moment.
        yield* Effect.sleep(yield* Random.nextIntBetween(0, 150))
        emulator.kill("SIGKILL")
        program.kill("SIGKILL")
        yield* emulator.ended
        assert.strictEqual((yield* program.ended).signal, "SIGKILL")
      }
      // What it had answered is in its capture.
      const emulator = yield* Emulator.start({ feeds: World.feeds, capture, port })
      const last = yield* world.millrace(["run", file, "--json"])
      assertNothingLost(Ledgers.parse(last.stdout), emulator.state())
    })
  )

  it.live("of a compaction leaves an outbox that is sound and whole, whichever moment it is", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const down = { kind: "status", status: 503 } as const
      const emulator = yield* Emulator.start({ feeds: World.feeds, failures: [down] })
      const file = world.configure(World.configuration(emulator.url, { source }))
      const waiting = yield* world.millrace(["run", file, "--json", "--patience", "1 second"])
      Millrace.assertEnded(waiting, 3)
      assert.isAbove(Ledger.total(Ledgers.parse(waiting.stdout), "dead"), 0)

      const copy = world.path("state", "outbox.db-compact")
      /** Starts a compaction and waits until it writes. */
      const compacting = Effect.gen(function* () {
        rmSync(copy, { force: true })
        const program = yield* world.start(["outbox", "compact", file])
        const writing = Effect.suspend(() => (existsSync(copy) ? Effect.void : Effect.fail("not yet")))
        yield* Effect.raceFirst(Effect.eventually(Effect.delay(writing, "1 millis")), program.ended)
        return { program, since: performance.now() }
      })
      const whole = yield* compacting
      Millrace.assertEnded(yield* whole.program.ended, 0)
      const lasts = performance.now() - whole.since

      let half = 0
      for (let kill = 0; kill < kills; kill++) {
        const { program } = yield* compacting
        // Sleeps, since a kill may come at any moment.
        yield* Effect.sleep(kill === 0 ? 0 : yield* Random.nextBetween(0, lasts))
        program.kill("SIGKILL")
        yield* program.ended
        if (existsSync(copy)) half++
        const verified = yield* world.millrace(["outbox", "verify", file])
        Millrace.assertEnded(verified, 0)
        assert.include(verified.stdout, "sound")
      }
      assert.isAbove(half, 0)

      for (const suffix of ["", "-journal"]) World.write(copy + suffix, "left by a kill")
      emulator.fail([])
      const last = yield* world.millrace(["run", file, "--json"])
      Millrace.assertEnded(last, 0)
      assert.deepStrictEqual(Ledgers.parse(last.stdout), expected)
      assert.strictEqual(emulator.state().totals.distinctEvents, Ledger.total(expected, "delivered"))
      assert.deepStrictEqual(readdirSync(world.path("state")).sort(), [
        "identity.json",
        "lock.db",
        "outbox.db",
        "run.json",
        "sources.json",
        "unread.json"
      ])
    })
  )
})
