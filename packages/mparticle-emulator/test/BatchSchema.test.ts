import { describe, expect, it } from "@effect/vitest"
import { BatchSchema } from "../src/index.ts"
import { batch, event } from "./support/remote.ts"

describe("validateBatch", () => {
  it("takes what a sender may send", () => {
    expect(BatchSchema.validateBatch(batch("a", { ip: "203.0.113.9" }))).toEqual([])
    expect(BatchSchema.validateBatch(batch("a", { ip: "2001:db8::1", events: [] }))).toEqual([])
    expect(BatchSchema.validateBatch({ environment: "development" })).toEqual([])
  })

  it.each([
    ["a format", batch("a", { ip: "300.0.0.1" }), "/ip"],
    [
      "an enum",
      batch("a", { environment: "test" }),
      "/environment: must be equal to one of the allowed values (development,production)"
    ],
    ["an unknown key", batch("a", { schema_version: 2 }), "'schema_version'"],
    ["an unknown key of an event", batch("a", { events: [event("a", { colour: "red" })] }), "'colour'"],
    [
      "an unknown event type",
      batch("a", { events: [{ event_type: "dream", data: {} }] }),
      "/events/0/event_type"
    ],
    [
      "a long attribute",
      batch("a", { user_attributes: { note: "x".repeat(4097) } }),
      "/user_attributes/note"
    ],
    [
      "a nested attribute",
      batch("a", { events: [event("a", { custom_attributes: { a: {} } })] }),
      "/custom_attributes/a"
    ],
    [
      "the other spelling of an identity",
      batch("a", { user_identities: { customerid: "1" } }),
      "'customerid'"
    ]
  ])("names the place of %s", (_, value, part) => {
    const errors = BatchSchema.validateBatch(value)
    expect(errors.join("\n")).toContain(part)
  })

  it("never quotes what it found", () => {
    const errors = BatchSchema.validateBatch(
      batch("a", { user_identities: { customer_id: ["jane@example.com"] } })
    )
    expect(errors.join("\n")).not.toContain("jane")
    expect(errors).not.toEqual([])
  })
})

describe("validateBulk", () => {
  it("takes 1 to 100 batches and names the one at fault", () => {
    const batches = (count: number) => Array.from({ length: count }, (_, index) => batch(`b${index}`))
    expect(BatchSchema.validateBulk(batches(100))).toEqual([])
    expect(BatchSchema.validateBulk(batches(101))).not.toEqual([])
    expect(BatchSchema.validateBulk([])).not.toEqual([])
    expect(BatchSchema.validateBulk([batch("a"), {}])).toEqual([
      "/1: must have required property 'environment'"
    ])
  })

  it("the schema is the one that is published with the package", () => {
    expect(BatchSchema.schema["$schema"]).toBe("https://json-schema.org/draft/2020-12/schema")
  })
})
