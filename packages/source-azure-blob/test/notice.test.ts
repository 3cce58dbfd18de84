import { describe, expect, it } from "@effect/vitest"
import { noticeOf } from "../src/internal/notice.ts"

const name =
  "currents/event_type=users.messages.email.Open/date=2026-11-29-13/42/prod-01/dataexport.prod-01.AzureBlob.integration.5f0e+3+1234.avro"

const base64 = (message: unknown) => Buffer.from(JSON.stringify(message)).toString("base64")

/** As Event Grid's own schema has it. */
const event = (blob: string, eventType = "Microsoft.Storage.BlobCreated", container = "acme") => ({
  topic: "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/acme",
  subject: `/blobServices/default/containers/${container}/blobs/${blob}`,
  eventType,
  id: "e",
  data: { api: "PutBlob", url: `https://acme.blob.core.windows.net/${container}/${blob}` },
  eventTime: "2026-11-29T13:05:00Z"
})

const of = (message: unknown) => noticeOf(base64(message), "acme")

describe("a message of a queue", () => {
  it("names a blob, in base64 or plain, by itself or in a list", () => {
    const found = { keys: [name], isForeign: false }
    expect(of(event(name))).toEqual(found)
    expect(noticeOf(JSON.stringify(event(name)), "acme")).toEqual(found)
    expect(noticeOf(` ${JSON.stringify([event(name), event("b.json")])}`, "acme")).toEqual({
      keys: [name, "b.json"],
      isForeign: false
    })
  })

  it("also by the schema of CloudEvents, and renamed", () => {
    const { eventType: type, subject } = event(name)
    expect(of({ specversion: "1.0", type, subject, source: "/subscriptions/s" }).keys).toEqual([name])
    expect(of(event(name, "Microsoft.Storage.BlobRenamed")).keys).toEqual([name])
  })

  it("names both readings of a name that may be written as in a URL", () => {
    expect(of(event("a%20b%2Bc.json")).keys).toEqual(["a%20b%2Bc.json", "a b+c.json"])
    expect(of(event("100%.json")).keys).toEqual(["100%.json"])
  })

  it("names none of other containers and of what was deleted, and none in a test event", () => {
    for (const message of [
      event(name, "Microsoft.Storage.BlobCreated", "acme2"),
      event(name, "Microsoft.Storage.BlobDeleted"),
      { ...event(name), subject: 7 },
      { id: "t", eventType: "Microsoft.EventGrid.SubscriptionValidationEvent", data: { validationCode: "c" } }
    ]) {
      expect(of(message)).toEqual({ keys: [], isForeign: false })
    }
  })

  it("that is none is foreign, whatever it holds", () => {
    for (const text of ["", "no JSON", "{", "[1]", "1", base64(null), base64({ order: 7 }), "\u0000\ufffd"]) {
      expect(noticeOf(text, "acme")).toEqual({ keys: [], isForeign: true })
    }
    expect(of({ ...event(name), eventType: "Microsoft.KeyVault.SecretNewVersionCreated" }).isForeign).toBe(
      true
    )
  })
})
