import {
  AccountSASPermissions,
  AccountSASResourceTypes,
  AccountSASServices,
  generateAccountSASQueryParameters,
  StorageSharedKeyCredential
} from "@azure/storage-queue"
import { assert, describe, it } from "@effect/vitest"
import { type AzureBlobSource, azureBlob } from "@millrace/source-azure-blob"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Contents from "../../objects/test/support/contents.ts"
import * as Recorder from "../../objects/test/support/intake.ts"
import * as Azurite from "./support/azurite.ts"

/** A run that follows, in the background; listings come an hour apart. */
const following = (
  recorder: Recorder.Recorder,
  settings: Partial<typeof AzureBlobSource.Settings.Encoded> & { readonly container: string },
  credentials: typeof AzureBlobSource.Credentials.Encoded
) =>
  azureBlob({
    settings: { prefix: "currents/", interval: "1 hour", ...settings, format: "braze-currents" },
    credentials
  })
    .run(recorder.intake, { follow: true })
    .pipe(Effect.provide(Recorder.logged(recorder)), Effect.forkScoped)

const keyOf = (name: string) =>
  `currents/event_type=users.messages.email.Open/date=2026-06-29-13/42/prod-01/${name}`

/** As Event Grid puts it into a queue. */
const notice = (container: string, blob: string, eventType = "Microsoft.Storage.BlobCreated") =>
  Buffer.from(
    JSON.stringify({
      subject: `/blobServices/default/containers/${container}/blobs/${blob}`,
      eventType,
      data: { api: "PutBlob" }
    })
  ).toString("base64")

describe("a storage queue of notifications", () => {
  it.live("has a blob read at once; what is foreign, a test or gone does no harm, and is deleted", () =>
    Effect.gen(function* () {
      const { connectionString, key } = yield* Azurite.server
      const { client, url } = yield* Azurite.queue(key)
      const { name, put } = yield* Azurite.filled(connectionString, {
        [keyOf("x+0+1.json")]: Contents.lines(1)
      })
      const send = (text: string) => Effect.promise(() => client.sendMessage(text))
      const recorder = Recorder.make()
      const credentials = { connectionString: Redacted.make(connectionString) }
      yield* following(recorder, { container: name, queue: url }, credentials)
      yield* Recorder.until(recorder, () => recorder.ids.length === 1)
      for (const text of [
        notice(name, "", "Microsoft.EventGrid.SubscriptionValidationEvent"),
        "no JSON",
        '{"order":7}',
        notice(name, keyOf("gone+0+9.json")),
        notice(name, "elsewhere/a.json"),
        notice("another", keyOf("x+0+1.json")),
        notice(name, keyOf("x+0+1.json"), "Microsoft.Storage.BlobDeleted")
      ])
        yield* send(text)
      yield* put(keyOf("x+1+2.json"), Contents.lines(1, 1))
      yield* put(keyOf("a b+1+2.json"), Contents.lines(1, 2))
      yield* put("currents/late/other.json", Contents.lines(1, 3))
      yield* send(notice(name, keyOf("x+1+2.json")))
      yield* Recorder.until(recorder, () => recorder.ids.length === 3)
      yield* send(notice(name, "currents/late/other.json"))
      yield* Recorder.until(recorder, () => recorder.ids.length === 4)
      assert.strictEqual(new Set(recorder.ids).size, 4)
      const { peekedMessageItems } = yield* Effect.promise(() => client.peekMessages())
      const { approximateMessagesCount } = yield* Effect.promise(() => client.getProperties())
      assert.deepStrictEqual([peekedMessageItems, approximateMessagesCount], [[], 0])
      assert.deepStrictEqual(recorder.problems, [])
      const foreign = recorder.logs.filter((line) => /give the source a queue of its own/.test(line))
      assert.strictEqual(foreign.length, 1)
      assert.match(foreign[0]!, /: has messages that are no notifications of a container; they are deleted/)
    })
  )

  it.live("is let in by a shared access signature", () =>
    Effect.gen(function* () {
      const { accountUrl, connectionString, key } = yield* Azurite.server
      const { client, url } = yield* Azurite.queue(key)
      const { name, put } = yield* Azurite.filled(connectionString, { [keyOf("1.json")]: Contents.lines(1) })
      const signed = generateAccountSASQueryParameters(
        {
          expiresOn: new Date(Date.now() + 600_000),
          permissions: AccountSASPermissions.parse("rlp"),
          resourceTypes: AccountSASResourceTypes.parse("co").toString(),
          services: AccountSASServices.parse("bq").toString()
        },
        new StorageSharedKeyCredential("acme", key)
      )
      const recorder = Recorder.make()
      yield* following(
        recorder,
        { container: name, accountUrl, queue: url },
        { sasToken: Redacted.make(signed.toString()) }
      )
      yield* Recorder.until(recorder, () => recorder.ids.length === 1)
      yield* put(keyOf("2.json"), Contents.lines(1, 1))
      yield* Effect.promise(() => client.sendMessage(notice(name, keyOf("2.json"))))
      yield* Recorder.until(recorder, () => recorder.ids.length === 2)
      assert.deepStrictEqual(recorder.logs, [])
    })
  )

  it.live("that is not there, or refuses, is told once, and blobs are found by listing", () =>
    Effect.gen(function* () {
      const { connectionString, key } = yield* Azurite.server
      const { url } = yield* Azurite.queue(key)
      const { name, put } = yield* Azurite.filled(connectionString, { [keyOf("1.json")]: Contents.lines(1) })
      const recorder = Recorder.make()
      yield* following(
        recorder,
        { container: name, interval: "50 millis", queue: `${url}-nothing` },
        { connectionString: Redacted.make(connectionString) }
      )
      yield* Recorder.until(recorder, () => recorder.ids.length === 1)
      const hour = new Date().toISOString().slice(0, 13).replace("T", "-")
      yield* put(keyOf("2.json").replace("2026-06-29-13", hour), Contents.lines(1, 1))
      yield* Recorder.until(recorder, () => recorder.ids.length === 2)
      const said = recorder.logs.filter((line) => /found by listing meanwhile/.test(line))
      assert.strictEqual(said.length, 1)
      assert.match(said[0]!, /currents-nothing: is not there \(QueueNotFound, 404\); check the name/)
      assert.notInclude(recorder.logs.join("\n"), key)
    })
  )
})
