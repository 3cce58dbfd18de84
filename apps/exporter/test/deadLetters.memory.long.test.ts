/** Dead letters of a megabyte each: no command holds more than a few of them, however many there are. */
import { assert, describe, it } from "@effect/vitest"
import { encodeEvents } from "@millrace/core/Codec"
import { Outbox } from "@millrace/core/Outbox"
import * as OutboxSqlite from "@millrace/outbox-sqlite/OutboxSqlite"
import * as Effect from "effect/Effect"
import { assertEnded } from "./support/millrace.ts"
import * as World from "./support/world.ts"

const mebibyte = 1024 * 1024
const letters = 200
/** A command that runs from its sources takes 180 MiB to start; one that leaves large texts to V8 takes 50 MiB more. */
const most = 220 * mebibyte

const eventOf = (number: number) => ({
  id: `e-${number}`,
  type: "users.messages.email.Open",
  time: 1_782_742_805_000,
  user: { externalId: `u-${number}` },
  properties: { filler: "x".repeat(mebibyte) }
})

const filled = Effect.gen(function* () {
  const outbox = yield* Outbox
  for (let number = 0; number < letters; number++) {
    const [parcel] = yield* outbox.append({
      origin: { source: "default", split: "a.ndjson", position: "" },
      at: number,
      parcels: [{ route: "kept", lane: "all", records: encodeEvents([eventOf(number)]) }],
      buried: [],
      counts: [{ route: "kept", kind: "read", key: "", events: 1 }]
    })
    const dead = [{ position: 0, reason: "bad-request", detail: "400" }]
    yield* outbox.settle([{ parcel: parcel!.sequence, delivered: [], dead, attempts: 1, at: number }])
  }
})

const fill = (directory: string) => Effect.provide(filled, OutboxSqlite.layerInThread({ directory }))

describe("dead letters of a megabyte", () => {
  it.live("are listed, exported, replayed and removed within the same memory, however many", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      world.put("export/a.ndjson", "")
      const to = { use: "@millrace/destination-http", settings: { url: "http://127.0.0.1:9/" } }
      const file = world.configure({
        ...World.configuration(""),
        routes: [{ name: "kept", to }]
      })
      yield* fill(world.path("state"))
      const bounded = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
        const ended = yield* world.millrace(args)
        assertEnded(ended, 0)
        assert.isBelow(ended.peak, most, args.join(" "))
        return ended.stdout
      })
      const listed = yield* bounded("dead-letters", "list", file, "--json", "--limit", "1")
      assert.strictEqual(JSON.parse(listed).total, letters)
      assert.strictEqual(JSON.parse(listed).letters[0].event, "e-0")
      const ofUser = yield* bounded("dead-letters", "list", file, "--json", "--user", "u-150")
      assert.strictEqual(JSON.parse(ofUser).total, 1)
      assert.strictEqual(JSON.parse(ofUser).letters[0].event, "e-150")
      const all = yield* bounded("dead-letters", "list", file, "--json", "--limit", String(letters))
      assert.strictEqual(JSON.parse(all).letters.at(-1).event, `e-${letters - 1}`)
      const replayed = yield* bounded("dead-letters", "replay", file, "--to", "1970-01-01T00:00:00.100Z")
      assert.match(replayed, /^100 events went through/)
      const purged = yield* bounded("dead-letters", "purge", file, "--all")
      assert.match(purged, /^100 dead letters removed/)
    })
  )

  it.effect("a list has a longest length, and says what prints all", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const file = world.configure(World.configuration("http://127.0.0.1:9/"))
      world.put("state/.keep", "")
      const ended = yield* world.millrace(["dead-letters", "list", file, "--limit", "10001"])
      assertEnded(ended, 2)
      assert.include(ended.stderr, "dead-letters export")
    })
  )
})
