import { assert, describe, it } from "@effect/vitest"
import * as Ledger from "@millrace/core/Ledger"
import { Emulator } from "@millrace/mparticle-emulator"
import * as Effect from "effect/Effect"
import * as Relay from "../../../packages/outbox-postgres/test/support/relay.ts"
import * as Server from "../../../packages/outbox-postgres/test/support/server.ts"
import * as Ledgers from "./support/ledger.ts"
import { assertEnded, saidBy } from "./support/millrace.ts"
import * as World from "./support/world.ts"

/** The statement that ends a transaction, as it goes over the wire. */
const end = "commit\0"
const down = { kind: "status", status: 503 } as const

const sqlite = { use: "@millrace/outbox-sqlite", settings: { path: "./state" } }
const postgres = {
  use: "@millrace/outbox-postgres",
  settings: { tracks: 16 },
  credentials: { url: { env: "DATABASE_URL" } }
}

describe.skipIf(!Server.isThere)(Server.title("outbox migrate"), () => {
  it.live.each([
    ["SQLite", "PostgreSQL", sqlite, postgres, { grouping: "event" }, ["bytea[]", end, end, "setval"]],
    [
      "PostgreSQL",
      "SQLite",
      postgres,
      sqlite,
      { grouping: "user", window: "300 millis" },
      ["fitting", "composition.id >", ".seen where"]
    ]
  ] as const)(
    "moves what waits from %s to %s, killed on the way again and again: nothing is missing, nothing is sent twice",
    ([, , first, second, mparticle, texts]) =>
      Effect.gen(function* () {
        const world = yield* World.make
        const server = yield* Server.start()
        const relay = yield* Relay.make(server)
        const environment = { DATABASE_URL: relay.url() }
        const millrace = (args: ReadonlyArray<string>) => world.millrace(args, { environment })
        const emulator = yield* Emulator.start({ feeds: World.feeds, failures: [down] })
        const damage = { blocks: 2, lines: 4 }
        const summary = world.writeExport({ seed: 23, events: 20_000, damage })
        const configured = (outbox: object, name: string) =>
          world.configure({ ...World.configuration(emulator.url, { mparticle }), outbox }, name)
        const from = configured(first, "from.yaml")
        const to = configured(second, "to.yaml")
        const move = ["outbox", "migrate", from, to]
        const before = yield* millrace(["run", from, "--patience", "1 second", "--json"])
        assertEnded(before, 3)
        const left = Ledgers.parse(before.stdout)

        const checked = yield* millrace([...move, "--check"])
        assertEnded(checked, 0)
        assert.include(checked.stdout.replaceAll(",", ""), `${Ledger.total(left, "waiting")} waiting events`)
        assertEnded(yield* millrace(["status", from]), 0)

        for (const text of texts) {
          const reached = relay.pauseAfter(text)
          const program = yield* world.start(move, { environment })
          yield* Effect.raceFirst(
            Effect.promise(() => reached),
            Effect.flatMap(program.ended, ({ stderr }) => Effect.die(new Error(stderr)))
          )
          program.kill("SIGKILL")
          assert.strictEqual((yield* program.ended).signal, "SIGKILL")
          // The server hears that the connection is gone.
          relay.resume()
          for (const file of [from, to]) {
            const refused = yield* millrace(["status", file])
            assertEnded(refused, 1)
            assert.match(
              saidBy(refused),
              /is being (moved to|filled from) .* run the same millrace outbox migrate/
            )
          }
        }
        const moved = yield* millrace(move)
        assertEnded(moved, 0)
        assert.include(moved.stdout, "both ledgers are the same")

        const refused = yield* millrace(["status", from])
        assertEnded(refused, 1)
        assert.match(saidBy(refused), /was moved to /)
        const status = yield* millrace(["status", to, "--json"])
        assert.deepStrictEqual(Ledgers.parse(status.stdout), left)

        emulator.fail([])
        const last = yield* millrace(["run", to, "--json"])
        const ledger = Ledgers.parse(last.stdout)
        assert.deepStrictEqual(Ledger.imbalance(ledger), [])
        assert.strictEqual(Ledger.total(ledger, "waiting"), 0)
        assert.strictEqual(ledger.routes["mparticle"]?.read, left.routes["mparticle"]?.read)
        assert.isAbove(summary.events, 0)
        const { totals } = emulator.state()
        assert.strictEqual(totals.distinctEvents, Ledger.total(ledger, "delivered"))
        assert.deepStrictEqual([totals.duplicates, totals.conflicting], [0, 0])
      }),
    240_000
  )
})
