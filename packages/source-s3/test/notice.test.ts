import { describe, expect, it } from "@effect/vitest"
import { noticeOf } from "../src/internal/notice.ts"

const key =
  "currents/dataexport.prod-01.S3.integration.5f0e/event_type=users.messages.email.Open/date=2026-11-29-13/42/prod-01/dataexport.prod-01.S3.integration.5f0e+3+1234.avro"

/** As S3 writes it into a notification. */
const encoded = key.replaceAll("+", "%2B").replaceAll("=", "%3D")

const record = (key: string, eventName = "ObjectCreated:Put", bucket = "acme") => ({
  eventSource: "aws:s3",
  eventName,
  s3: { bucket: { name: bucket }, object: { key, size: 1 } }
})

const of = (message: unknown) => noticeOf(JSON.stringify(message), "acme")

describe("a message of a queue", () => {
  it("names keys, a plus in them and a space", () => {
    expect(
      of({ Records: [record(encoded), record("a+b%20c/1.json", "ObjectCreated:CompleteMultipartUpload")] })
    ).toEqual({ keys: [key, "a b c/1.json"], isForeign: false })
  })

  it("also by SNS and by EventBridge, which writes keys as they are", () => {
    const Message = JSON.stringify({ Records: [record(encoded)] })
    expect(of({ Type: "Notification", Message })).toEqual({ keys: [key], isForeign: false })
    const detail = { bucket: { name: "acme" }, object: { key } }
    expect(of({ source: "aws.s3", "detail-type": "Object Created", detail })).toEqual({
      keys: [key],
      isForeign: false
    })
    expect(of({ source: "aws.s3", "detail-type": "Object Deleted", detail }).keys).toEqual([])
  })

  it("names none of other buckets and of what was deleted, nor keys that cannot be read", () => {
    const records = [
      record(encoded, "ObjectCreated:Put", "other"),
      record(encoded, "ObjectRemoved:Delete"),
      record("%E0%A4%A")
    ]
    expect(of({ Records: records })).toEqual({ keys: [], isForeign: false })
    expect(of({ Service: "Amazon S3", Event: "s3:TestEvent", Bucket: "acme" })).toEqual({
      keys: [],
      isForeign: false
    })
  })

  it("that is none is foreign, whatever it holds", () => {
    for (const body of [
      "",
      "no JSON",
      "[]",
      "1",
      "null",
      '{"Records":[1]}',
      '{"Records":{}}',
      '{"orderId":7}'
    ]) {
      expect(noticeOf(body, "acme")).toEqual({ keys: [], isForeign: true })
    }
    const nested = (depth: number): string =>
      depth === 0 ? "{}" : JSON.stringify({ Type: "Notification", Message: nested(depth - 1) })
    expect(noticeOf(nested(8), "acme").isForeign).toBe(true)
  })
})
