import { assert, describe, it } from "@effect/vitest"
import { ChunkBuilder } from "@millrace/formats"

const event = { id: "1", type: "t", time: 0, user: {}, properties: {} }
const bad = { reason: "malformed", detail: "", position: "line 1", raw: Buffer.alloc(10) }
const limits = { bytes: 100, records: 5, malformed: 2 }
const make = () => ChunkBuilder.make({ codec: "event/1", parameter: "" }, limits, 8)

describe("ChunkBuilder", () => {
  it("is full by bytes of records, by bad ones, and by the number of both", () => {
    const byBytes = make()
    byBytes.add(event, Buffer.alloc(99), 0, 99)
    assert.isFalse(byBytes.isFull())
    byBytes.add(event, Buffer.alloc(1), 0, 1)
    assert.isTrue(byBytes.isFull())

    const byBad = make()
    byBad.bury(bad)
    assert.isFalse(byBad.isFull())
    byBad.bury(bad)
    assert.isTrue(byBad.isFull())

    const byNumber = make()
    byNumber.bury(bad)
    for (let added = 0; added < 3; added++) byNumber.add(event, Buffer.alloc(1), 0, 1)
    assert.isFalse(byNumber.isFull())
    byNumber.add(event, Buffer.alloc(1), 0, 1)
    assert.isTrue(byNumber.isFull())
    assert.strictEqual(byNumber.count(), 5)
    assert.strictEqual(byNumber.size(), 14)
  })

  it("copies records, and each chunk has memory of its own", () => {
    const builder = make()
    const bytes = Buffer.from("abcdefghijkl")
    builder.add(event, bytes, 1, 4)
    builder.add(event, bytes, 0, 12)
    bytes.fill(0)
    const first = builder.build()
    assert.strictEqual(Buffer.from(first.records.bytes).toString(), "bcdabcdefghijkl")
    assert.deepStrictEqual([...first.records.ends], [3, 15])
    builder.add(event, Buffer.from("zzzz"), 0, 4)
    assert.strictEqual(Buffer.from(first.records.bytes).toString(), "bcdabcdefghijkl")
    assert.strictEqual(builder.build().events.length, 1)
  })

  it("comes back to what was saved", () => {
    const builder = make()
    builder.add(event, Buffer.from("ab"), 0, 2)
    const restore = builder.save()
    builder.add(event, Buffer.from("cdefghijklmn"), 0, 12)
    builder.bury(bad)
    restore()
    builder.add(event, Buffer.from("xy"), 0, 2)
    const { events, malformed, records } = builder.build()
    assert.strictEqual(events.length, 2)
    assert.strictEqual(malformed.length, 0)
    assert.strictEqual(Buffer.from(records.bytes).toString(), "abxy")
  })
})
