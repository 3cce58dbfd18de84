/** What lies in a container of Azure, or in a bucket of Google Cloud Storage, is read as what lies in a folder. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@millrace/mparticle-emulator"
import * as Effect from "effect/Effect"
import * as Azurite from "../../../packages/source-azure-blob/test/support/azurite.ts"
import * as FakeGcs from "../../../packages/source-gcs/test/support/fakeGcs.ts"
import * as Ledgers from "./support/ledger.ts"
import * as World from "./support/world.ts"

/** Each mParticle batch that was taken, by its id. */
const batchesOf = (emulator: Emulator.Emulator): ReadonlyMap<string, string> =>
  new Map(
    emulator.requests().flatMap(({ body }) => {
      const parsed: ReadonlyArray<{ readonly source_request_id: string }> = JSON.parse(body)
      return parsed.map((batch) => [batch.source_request_id, JSON.stringify(batch)] as const)
    })
  )

const filesBelow = (folder: string): Readonly<Record<string, Uint8Array>> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [`currents${file.slice(folder.length)}`, readFileSync(file)])
  )

describe("the same export", () => {
  it.live("from a folder, from Azure and from Google gives the same ledger and the same bytes", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      world.writeExport({ seed: 8, events: 3000, damage: { blocks: 1, lines: 3, tails: 1 } })
      const contents = filesBelow(world.path("export"))
      const azure = yield* Azurite.server
      const { name: container } = yield* Azurite.filled(azure.connectionString, contents)
      const google = yield* FakeGcs.server(contents)

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
        const environment = { AZURE_CONNECTION: azure.connectionString }
        const ended = yield* world.millrace(["run", file, "--json"], { environment })
        return { ...Ledgers.parseWhole(ended.stdout), code: ended.code, batches: batchesOf(emulator) }
      })

      const format = { format: "braze-currents" }
      const folder = yield* run("folder", {
        use: "@millrace/source-files",
        settings: { path: "./export", ...format }
      })
      assert.isAbove(folder.batches.size, 1000)
      for (const [name, source] of [
        [
          "azure",
          {
            use: "@millrace/source-azure-blob",
            settings: { container, prefix: "currents/", ...format },
            credentials: { connectionString: { env: "AZURE_CONNECTION" } }
          }
        ],
        [
          "google",
          { use: "@millrace/source-gcs", settings: { ...google.settings, prefix: "currents/", ...format } }
        ]
      ] as const) {
        const found = yield* run(name, source)
        assert.deepStrictEqual(found.routes, folder.routes, name)
        assert.strictEqual(found.code, folder.code, name)
        assert.deepStrictEqual(found.batches, folder.batches, name)
      }
    })
  )
})
