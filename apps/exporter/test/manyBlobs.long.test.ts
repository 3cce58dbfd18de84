/** Very many objects in Google Cloud Storage and in Azure are read once, in few lists and little memory. */
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Azurite from "../../../packages/source-azure-blob/test/support/azurite.ts"
import * as FakeGcs from "../../../packages/source-gcs/test/support/fakeGcs.ts"
import * as Counted from "./support/counted.ts"
import * as ManyObjects from "./support/manyObjects.ts"

describe("through a kill, late hours and a replaced object, each is read once, in few lists and little memory", () => {
  it.live("of 8,000 objects of Google Cloud Storage", () =>
    Effect.gen(function* () {
      const fake = yield* FakeGcs.server()
      const store = {
        source: { use: "@millrace/source-gcs", settings: { ...fake.settings, format: "braze-currents" } },
        environment: {},
        put: async (key: string, bytes: string) => fake.put(key, bytes),
        lists: () => fake.asked.filter((line) => line.startsWith("GET list")).length
      }
      yield* ManyObjects.readOnce(store, { objects: 8000, interval: 5000 })
    })
  )

  // Azurite takes few in the time of a test.
  it.live("of 2,000 blobs of Azure", () =>
    Effect.gen(function* () {
      const { accountUrl, connectionString } = yield* Azurite.server
      const { client, name } = yield* Azurite.filled(connectionString)
      const { origin } = new URL(accountUrl)
      const way = yield* Counted.before(origin, (path) => path.includes("comp=list"))
      const store = {
        source: {
          use: "@millrace/source-azure-blob",
          settings: { container: name, format: "braze-currents" },
          credentials: { connectionString: { env: "AZURE_CONNECTION" } }
        },
        environment: { AZURE_CONNECTION: connectionString.replace(origin, way.url) },
        put: (key: string, bytes: string) => client.getBlockBlobClient(key).uploadData(Buffer.from(bytes)),
        lists: way.count
      }
      yield* ManyObjects.readOnce(store, { objects: 2000, interval: 5000 })
    })
  )
})
