/** A user is erased from an outbox whose disk is full: it is said, nothing is done by halves, and with room it is done. */
import { execFileSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@millrace/mparticle-emulator"
import * as Effect from "effect/Effect"
import { fill, mounted } from "./support/disk.ts"
import { assertEnded } from "./support/millrace.ts"
import * as World from "./support/world.ts"

/** Mails of many users, every tenth of them Ada's. */
const lines = Array.from({ length: 2000 }, (_, number) =>
  JSON.stringify({
    id: `00000000-0000-4000-8000-00000000${String(number).padStart(4, "0")}`,
    event_type: "users.messages.email.Open",
    time: 1_700_000_000 + number,
    user_id: `5f000000000000000000${String(number).padStart(4, "0")}`,
    external_user_id: number % 10 === 0 ? "ada-lovelace" : `customer-${number}`,
    email_address: number % 10 === 0 ? "ada@example.com" : `someone-${number}@example.com`
  })
)

describe("a user that is erased on a full disk", () => {
  it.live("is told of as a failure that changed nothing by halves, and is gone once there is room", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const down = { kind: "status", status: 503 } as const
      const emulator = yield* Emulator.start({ feeds: World.feeds, failures: [down] })
      const disk = world.path("disk")
      const isMounted = yield* Effect.acquireRelease(
        Effect.sync(() => mounted(disk, "16m")),
        (yes) => Effect.sync(() => yes && execFileSync("umount", [disk]))
      )
      if (!isMounted) return
      world.put("export/mails.ndjson", `${lines.join("\n")}\n`)
      const file = world.configure({
        ...World.configuration(emulator.url),
        outbox: { use: "@millrace/outbox-sqlite", settings: { path: "./disk/state" } }
      })
      assertEnded(yield* world.millrace(["run", file, "--patience", "0 seconds"]), 3)
      const state = join(disk, "state")
      const traces = () =>
        readdirSync(state).filter((name) => readFileSync(join(state, name)).includes("ada@example.com"))
      const route = Effect.map(world.millrace(["status", file, "--json"]), (status) => {
        assertEnded(status, 0)
        return JSON.parse(status.stdout).routes.mparticle
      })
      const erase = world.millrace(["lanes", "purge", file, "--user", "ada-lovelace"])
      const total = (counts: Readonly<Record<string, number>> = {}) =>
        Object.values(counts).reduce((sum, count) => sum + count, 0)
      assert.isNotEmpty(traces())

      // Without a byte nothing can be changed.
      fill(disk, 0)
      const refused = yield* erase
      assertEnded(refused, 1)
      assert.include(refused.stderr, "is full; nothing was lost; free space and run again")
      assert.notInclude(refused.stdout, "removed")
      const before = yield* route
      assert.deepStrictEqual([total(before.waiting), total(before.erased)], [2000, 0])

      // With more and more room: what is not done yet is said not to be, and every event is counted once.
      for (let free = 300; free < 2000; free += 300) {
        fill(disk, free * 1024)
        const halted = yield* erase
        const { read, waiting, erased } = yield* route
        assert.deepStrictEqual([read, total(waiting) + total(erased)], [2000, 2000])
        if (halted.code === 0) {
          assert.deepStrictEqual(traces(), [])
          break
        }
        assertEnded(halted, 1)
        assert.include(halted.stderr, "is full; nothing was lost; free space and run again")
      }

      execFileSync("mount", ["-o", "remount,size=64m", disk])
      const done = yield* erase
      assertEnded(done, 0)
      assert.include(done.stdout, "nothing of them is left in the state directory")
      assert.deepStrictEqual(traces(), [])
      const after = yield* route
      assert.deepStrictEqual([total(after.waiting), total(after.erased)], [1800, 200])
    })
  )
})
