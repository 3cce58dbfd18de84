/** What lies in a bucket is read as what lies in a folder, each object once, whatever its name and time. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@millrace/mparticle-emulator"
import * as Effect from "effect/Effect"
import * as Bucket from "./support/bucket.ts"
import * as Ledgers from "./support/ledger.ts"
import * as ManyObjects from "./support/manyObjects.ts"
import * as World from "./support/world.ts"

const filesBelow = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

/** Each mParticle batch that was taken, by its id. */
const batchesOf = (emulator: Emulator.Emulator): ReadonlyMap<string, string> =>
  new Map(
    emulator.requests().flatMap(({ body }) => {
      const parsed: ReadonlyArray<{ readonly source_request_id: string }> = JSON.parse(body)
      return parsed.map((batch) => [batch.source_request_id, JSON.stringify(batch)] as const)
    })
  )

describe("the same export", () => {
  it.live("from a folder and from a bucket gives the same ledger and the same bytes", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const bucket = yield* Bucket.make
      world.writeExport({ seed: 7, events: 5000, damage: { blocks: 1, lines: 3, tails: 1 } })
      for (const file of filesBelow(world.path("export"))) {
        const key = `currents${file.slice(world.path("export").length)}`
        yield* Effect.promise(() => bucket.put(key, readFileSync(file)))
      }
      const run = Effect.fnUntraced(function* (name: string, source: unknown) {
        const emulator = yield* Emulator.start({ feeds: World.feeds })
        const file = world.configure(
          {
            ...World.configuration(emulator.url),
            source,
            outbox: { use: "@millrace/outbox-sqlite", settings: { path: `./state-${name}` } }
          },
          `${name}.yaml`
        )
        const ended = yield* world.millrace(["run", file, "--json"], { environment: Bucket.environment })
        return { ...Ledgers.parseWhole(ended.stdout), code: ended.code, batches: batchesOf(emulator) }
      })
      const settings = { path: "./export", format: "braze-currents" }
      const folder = yield* run("folder", { use: "@millrace/source-files", settings })
      const objects = yield* run("bucket", {
        ...bucket.source,
        settings: { ...bucket.source.settings, prefix: "currents/" }
      })
      assert.deepStrictEqual(objects.routes, folder.routes)
      assert.strictEqual(objects.code, folder.code)
      assert.isAbove(folder.batches.size, 1000)
      assert.deepStrictEqual(objects.batches, folder.batches)
    })
  )
})

describe("a bucket of 20,000 objects", () => {
  it.live(
    "is read once, through a kill, late hours and a replaced object, in few lists and little memory",
    () =>
      Effect.gen(function* () {
        const store = { ...(yield* Bucket.make), environment: Bucket.environment }
        yield* ManyObjects.readOnce(store, { objects: 20_000, interval: 2000 })
      })
  )
})
