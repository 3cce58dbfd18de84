import { assert, describe, it } from "@effect/vitest"
import { Codec } from "@millrace/core"
import { ChunkBuilder, LineStream } from "@millrace/formats"

const limits = { bytes: 1_000_000, records: 3, malformed: 3 }

const lineOf = (id: string) => JSON.stringify({ id, type: "t", time: 0, user: {}, properties: {} })

/** What a stream in pieces of `size` bytes becomes, chunk by chunk. */
const chunksOf = (text: string, size: number) => {
  const builder = ChunkBuilder.make({ codec: "event/1", parameter: "" }, limits)
  let used = 0
  const lines = LineStream.make({ codec: Codec.event }, builder, (bytes) => {
    used += bytes
  })
  const chunks: Array<ChunkBuilder.Contents> = []
  const takeAll = (walk: () => boolean) => {
    while (walk()) chunks.push(builder.build())
  }
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) {
    if (lines.add(bytes.subarray(at, at + size))) takeAll(lines.walk)
  }
  takeAll(lines.finish)
  chunks.push(builder.build())
  assert.strictEqual(used, bytes.length)
  return chunks
}

describe("LineStream", () => {
  for (const size of [1, 7, 100_000]) {
    it(`reads pieces of ${size} bytes, and stops where a chunk is full`, () => {
      const text = `${["1", "2", "3", "4"].map(lineOf).join("\n")}\n{ no\n${lineOf("5")}${lineOf("6")}`
      const chunks = chunksOf(text, size)
      assert.deepStrictEqual(
        chunks.flatMap(({ events }) => events.map(({ id }) => id)),
        ["1", "2", "3", "4", "5", "6"]
      )
      assert.deepStrictEqual(
        chunks.flatMap(({ malformed }) => malformed.map(({ position }) => position)),
        ["line 5"]
      )
      for (const { events, malformed } of chunks) assert.isAtMost(events.length + malformed.length, 3)
    })
  }

  it("a line that is too long is one dead letter with its first MiB", () => {
    const long = "x".repeat(9 * 1024 * 1024)
    const chunks = chunksOf(`${lineOf("1")}\n${long}\n${lineOf("2")}\n`, 64 * 1024)
    const events = chunks.flatMap((chunk) => chunk.events)
    const malformed = chunks.flatMap((chunk) => chunk.malformed)
    assert.strictEqual(events.length, 2)
    assert.deepStrictEqual(
      malformed.map(({ position, raw, reason }) => [reason, position, raw.length]),
      [["too-long", "line 2", 1024 * 1024]]
    )
  })
})
