import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@millrace/mparticle-emulator"
import * as Effect from "effect/Effect"
import { assertEnded } from "./support/millrace.ts"
import * as World from "./support/world.ts"

const id = (number: number) => `00000000-0000-4000-8000-0000000000${String(number).padStart(2, "0")}`

/** Twelve opened mails, every third of them Ada's, and a line about her that cannot be read. */
const lines = [
  ...Array.from({ length: 12 }, (_, number) =>
    JSON.stringify({
      id: id(number),
      event_type: "users.messages.email.Open",
      time: 1_700_000_000 + number,
      user_id: number % 3 === 0 ? "5f0000000000000000000ada" : `5f00000000000000000000${number + 10}`,
      external_user_id: number % 3 === 0 ? "ada-lovelace" : `customer-${number}`,
      email_address: number % 3 === 0 ? "ada@example.com" : `someone-${number}@example.com`,
      user_agent: number % 3 === 0 ? "Analytical/1 +44 1815 1210" : "Other/1"
    })
  ),
  '{"external_user_id":"ada-lovelace","email_address":"ada@example.com",}'
]

const marks = [
  "ada-lovelace",
  "ada@example.com",
  "0000000ada",
  "+44 1815 1210",
  id(3),
  id(3).replaceAll("-", "")
]

/** What of Ada stands in which file of a folder. */
const traces = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder)
    .filter((name) => statSync(join(folder, name)).isFile())
    .flatMap((name) => {
      const bytes = readFileSync(join(folder, name))
      return marks.filter((mark) => bytes.includes(mark)).map((mark) => `${name}: ${mark}`)
    })

describe("a user that is erased", () => {
  it.live(
    "is gone from every file of the state, and a replay brings nothing back unless it is asked to",
    () =>
      Effect.gen(function* () {
        const world = yield* World.make
        const down = { kind: "status", status: 503 } as const
        const emulator = yield* Emulator.start({ feeds: World.feeds, failures: [down] })
        world.put("export/mails.ndjson", `${lines.join("\n")}\n`)
        const file = world.configure(World.configuration(emulator.url))
        const state = world.path("state")
        const routeOf = Effect.map(world.millrace(["status", file, "--json"]), (status) => {
          assertEnded(status, 0)
          return JSON.parse(status.stdout).routes.mparticle
        })

        const program = yield* world.start(["run", file, "--follow"])
        yield* program.says("kept as a dead letter")
        while ((yield* routeOf).waiting.unbound !== 12);
        assert.isNotEmpty(traces(state))
        const purged = yield* world.millrace(["lanes", "purge", file, "--user", "ada-lovelace"])
        assertEnded(purged, 0)
        assert.include(purged.stdout, "4 waiting events and 1 dead letter of this user removed for good")
        assert.deepStrictEqual(traces(state), [])

        emulator.fail([])
        while ((yield* routeOf).delivered.unbound !== 8);
        assert.deepStrictEqual(traces(state), [])
        program.kill("SIGKILL")
        yield* program.ended
        assert.deepStrictEqual(traces(state), [])

        const replayed = yield* world.millrace(["replay", file, "--route", "mparticle", "--all"])
        assertEnded(replayed, 0)
        assert.strictEqual(emulator.state().totals.distinctEvents, 8)
        const { erased, filtered } = yield* routeOf
        assert.deepStrictEqual({ erased, filtered }, { erased: { user: 5 }, filtered: { erased: 4 } })
        assert.deepStrictEqual(traces(state), [])

        const asked = yield* world.millrace(["replay", file, "--route", "mparticle", "--all", "--erased"])
        assertEnded(asked, 0)
        assert.strictEqual(emulator.state().totals.distinctEvents, 12)
      })
  )
})
