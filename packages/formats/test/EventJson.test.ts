import { Buffer } from "node:buffer"
import { assert, describe, it } from "@effect/vitest"
import { EventJson } from "@millrace/formats"
import * as Result from "effect/Result"

const event = {
  id: "1",
  type: "order.placed",
  time: 1_782_742_805_000,
  user: { externalId: "c-1" },
  properties: {}
}
const decode = EventJson.lines.codec.decoder("")
const read = (value: unknown) => {
  const bytes = Buffer.from(JSON.stringify(value))
  return decode(bytes, 0, bytes.length)
}

describe("Millrace's own JSON of an event", () => {
  it("is read as it is, whatever else it holds", () => {
    const more = { ...event, user: {}, extra: [1] }
    assert.deepStrictEqual(Result.getOrThrow(read(event)), event)
    assert.deepStrictEqual(Result.getOrThrow(read(more)), more)
  })

  it("is refused with the field at fault, and none of its content", () => {
    const faults: ReadonlyArray<readonly [unknown, string]> = [
      [["secret"], "not a JSON object"],
      [{ ...event, id: "" }, "id is no text, or empty"],
      [{ ...event, type: 7 }, "type is no text, or empty"],
      [{ ...event, time: "2026-06-29" }, "time is no number of milliseconds"],
      [{ ...event, user: null }, "user is no object"],
      [{ ...event, user: { deviceId: 7 } }, "user.deviceId is no text; leave it out where there is none"],
      [{ ...event, properties: [] }, "properties is no object"]
    ]
    for (const [value, detail] of faults) {
      const failed = Result.flip(read(value))
      assert.deepStrictEqual(Result.getOrThrow(failed), { reason: "not-an-event", detail })
    }
  })
})
