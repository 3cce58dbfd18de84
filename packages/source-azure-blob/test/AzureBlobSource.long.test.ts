import { ContainerSASPermissions } from "@azure/storage-blob"
import { assert, describe, it } from "@effect/vitest"
import { type AzureBlobSource, azureBlob } from "@millrace/source-azure-blob"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Contents from "../../objects/test/support/contents.ts"
import * as Recorder from "../../objects/test/support/intake.ts"
import * as Client from "../src/internal/client.ts"
import * as Store from "../src/internal/store.ts"
import * as Azurite from "./support/azurite.ts"

const run = (
  recorder: Recorder.Recorder,
  settings: { readonly container: string; readonly accountUrl?: string },
  credentials: typeof AzureBlobSource.Credentials.Encoded
) =>
  azureBlob({ settings: { ...settings, prefix: "currents/", format: "braze-currents" }, credentials })
    .run(recorder.intake, { follow: false })
    .pipe(Effect.provide(Recorder.logged(recorder)))

const key = "currents/event_type=c/date=2026-06-29-01/1.ndjson"

describe("a container of Azure", () => {
  it.live("gives the same events and bytes as the same files in a folder", () =>
    Effect.gen(function* () {
      const { connectionString } = yield* Azurite.server
      const contents = Contents.mixed()
      const { name } = yield* Azurite.filled(connectionString, contents)
      const recorder = Recorder.make()
      yield* run(recorder, { container: name }, { connectionString: Redacted.make(connectionString) })
      const expected = yield* Contents.recordsIn(contents)
      assert.deepStrictEqual(new Set(recorder.bytes.keys()), new Set(expected.keys()))
      for (const [split, bytes] of expected) assert.isTrue(bytes.equals(recorder.bytes.get(split)!), split)
      assert.lengthOf(recorder.bad, 4)
    })
  )

  it.live("is listed by pages, from a name on and by folders, and read by ranges under its etag", () =>
    Effect.gen(function* () {
      const { connectionString } = yield* Azurite.server
      const { name, put, remove } = yield* Azurite.filled(connectionString, {
        "a/x/1.json": "0123456789",
        "a/y/2.json": "b",
        "a/y/3 +.json": "c",
        "b/4.json": "d"
      })
      const given = { connectionString: Redacted.make(connectionString) }
      const store = Store.make(yield* Client.open({ container: name }, given), 2)
      const first = yield* store.list({ prefix: "a/" })
      assert.deepStrictEqual(
        first.items.map((item) => item.key),
        ["a/x/1.json", "a/y/2.json"]
      )
      const second = yield* store.list({ prefix: "a/" }, first.next)
      assert.deepStrictEqual(
        second.items.map((item) => item.key),
        ["a/y/3 +.json"]
      )
      assert.isUndefined(second.next)
      assert.lengthOf((yield* store.list({ prefix: "a/", after: "a/y/3" })).items, 1)
      assert.deepStrictEqual((yield* store.folders("a/")).items, ["a/x/", "a/y/"])
      const [object] = first.items
      const text = (offset: number, length: number) =>
        Effect.map(store.read(object!, offset, length), (bytes) => Buffer.from(bytes).toString())
      assert.strictEqual(yield* text(0, 4), "0123")
      assert.strictEqual(yield* text(8, 40), "89")
      assert.strictEqual(yield* text(10, 4), "")
      yield* put("a/x/1.json", "another")
      assert.strictEqual((yield* Effect.flip(text(0, 4))).reason, "replaced")
      yield* remove("a/x/1.json")
      assert.strictEqual((yield* Effect.flip(text(0, 4))).reason, "gone")
    })
  )

  it.live("is let in by a shared access signature, and says in one line what stands in the way", () =>
    Effect.gen(function* () {
      const { accountUrl, connectionString } = yield* Azurite.server
      const { client, name } = yield* Azurite.filled(connectionString, { [key]: Contents.lines(30) })
      const signed = (minutes: number) =>
        Effect.map(
          Effect.promise(() =>
            client.generateSasUrl({
              permissions: ContainerSASPermissions.parse("rl"),
              startsOn: new Date(Date.now() - 3_600_000),
              expiresOn: new Date(Date.now() + minutes * 60_000)
            })
          ),
          (url) => Redacted.make(new URL(url).search)
        )
      const settings = { container: name, accountUrl }
      const recorder = Recorder.make()
      yield* run(recorder, settings, { sasToken: yield* signed(10) })
      assert.lengthOf(recorder.ids, 30)

      const told = (
        given: { readonly container: string; readonly accountUrl?: string },
        credentials: typeof AzureBlobSource.Credentials.Encoded
      ) =>
        Effect.map(Effect.flip(run(Recorder.make(), given, credentials)), ({ detail, kind, reason }) => {
          assert.notInclude(detail, "\n")
          assert.notInclude(detail, "sig=")
          assert.notInclude(detail, "AccountKey")
          return [reason, kind, detail] as const
        })
      const [expired, closed] = yield* told(settings, { sasToken: yield* signed(-10) })
      assert.strictEqual(closed, "unauthorized")
      assert.include(["expired", "wrong-key", "forbidden"], expired)
      const other = connectionString.replace(
        /AccountKey=[^;]+/,
        `AccountKey=${Buffer.alloc(48).toString("base64")}`
      )
      const [, refused] = yield* told({ container: name }, { connectionString: Redacted.make(other) })
      assert.strictEqual(refused, "unauthorized")
      const [missing, , line] = yield* told(
        { container: "nowhere" },
        { connectionString: Redacted.make(connectionString) }
      )
      assert.strictEqual(missing, "not-found")
      assert.include(line, "/acme/nowhere/currents/: is not there (ContainerNotFound, 404)")
      const [account] = yield* told({ container: name }, {})
      assert.strictEqual(account, "no-account")
      const [none] = yield* told({ container: name }, { connectionString: Redacted.make("nonsense") })
      assert.strictEqual(none, "bad-connection-string")
    })
  )
})
