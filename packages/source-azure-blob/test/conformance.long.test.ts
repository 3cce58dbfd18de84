import { afterAll } from "@effect/vitest"
import { azureBlob } from "@millrace/source-azure-blob"
import { sourceConformance } from "@millrace/testing"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as Contents from "../../objects/test/support/contents.ts"
import * as Azurite from "./support/azurite.ts"

const contents = Contents.mixed()
// The suite wants to know the credentials before it begins.
const scope = Effect.runSync(Scope.make())
const { connectionString } = await Effect.runPromise(
  Effect.provideService(Azurite.server, Scope.Scope, scope)
)
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

sourceConformance({
  plugin: azureBlob,
  kind: "pull",
  replayable: true,
  credentials: { connectionString: Redacted.make(connectionString) },
  supply: Effect.gen(function* () {
    const { name } = yield* Azurite.filled(connectionString, contents)
    const all = yield* Effect.forEach(Object.values(contents), (bytes) => Contents.idsIn(Buffer.from(bytes)))
    return {
      settings: { container: name, prefix: "currents/", format: "braze-currents" as const },
      ids: all.flat(),
      malformed: 4
    }
  }),
  limits: { appends: 2 },
  readme: new URL("../README.md", import.meta.url)
})
