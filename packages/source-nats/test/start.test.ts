import { assert, describe, it } from "@effect/vitest"
import { nats } from "@millrace/source-nats"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Checkpoint from "../src/internal/checkpoint.ts"
import * as Start from "../src/internal/start.ts"
import * as Version from "../src/internal/version.ts"

const created = "2026-11-01T00:00:00.123456789Z"
const taken: Checkpoint.Taken = { sequence: 120, records: undefined, time: 1_000n, created }
const stream: Start.StreamState = {
  name: "EVENTS",
  created,
  first: 1,
  last: 200,
  keeps: true,
  stored: 1_000n
}

describe("where a stream is read on", () => {
  it("is behind the checkpoint, or within its message", () => {
    assert.deepStrictEqual(Start.startOf(taken, stream), {
      start: { _tag: "Sequence", sequence: 121, records: 0 }
    })
    assert.deepStrictEqual(Start.startOf({ ...taken, records: 7 }, stream), {
      start: { _tag: "Sequence", sequence: 120, records: 7 }
    })
  })

  it("is where the consumer was made to begin without a checkpoint", () => {
    assert.deepStrictEqual(Start.startOf(undefined, stream), { start: { _tag: "Consumer" } })
  })

  it("is the first message of a stream that was made anew", () => {
    const found = Start.startOf(taken, { ...stream, created: "2026-11-02T00:00:00Z" })
    assert.deepStrictEqual(found.start, { _tag: "First" })
    assert.include(found.warning, "was made anew at 2026-11-02T00:00:00Z")
  })

  it("is what was stored later, of a stream that is shorter or holds another message there", () => {
    for (const other of [
      { ...stream, last: 119, stored: undefined },
      { ...stream, stored: 1_001n }
    ]) {
      const found = Start.startOf(taken, other)
      assert.deepStrictEqual(found.start, { _tag: "Time", time: 1_000n })
      assert.include(found.warning, "lost messages that were read up to 120, or was restored")
    }
  })

  it("is the first that is left where messages went, and the warning names those that did", () => {
    const found = Start.startOf(taken, { ...stream, first: 151, stored: undefined })
    assert.deepStrictEqual(found.start, { _tag: "Sequence", sequence: 121, records: 0 })
    assert.include(found.warning, "sequences 121 to 150")
    assert.isUndefined(Start.startOf(taken, { ...stream, first: 121, stored: undefined }).warning)
    // Where messages leave as they are acknowledged, others have read them.
    assert.isUndefined(
      Start.startOf(taken, { ...stream, first: 151, stored: undefined, keeps: false }).warning
    )
  })

  it("passes over what is taken, by sequence or by time", () => {
    const at = (start: Start.Start) =>
      [119, 120, 121].map((sequence) => Start.recordsTaken(start, sequence, () => BigInt(sequence)))
    assert.deepStrictEqual(at({ _tag: "Sequence", sequence: 120, records: 7 }), [Infinity, 7, 0])
    assert.deepStrictEqual(at({ _tag: "Time", time: 120n }), [Infinity, Infinity, 0])
    assert.deepStrictEqual(at({ _tag: "First" }), [0, 0, 0])
  })
})

describe("a consumer", () => {
  const state: Start.ConsumerState = { delivered: 120, acknowledged: 120, outstanding: 0, isUsed: true }
  const behind: Start.Start = { _tag: "Sequence", sequence: 121, records: 0 }

  it("goes on where it waits for nothing and has handed out nothing later", () => {
    assert.isTrue(Start.goesOn(behind, state))
    assert.isTrue(Start.goesOn(behind, { ...state, delivered: 90, acknowledged: 90 }))
    assert.isFalse(Start.goesOn(behind, { ...state, delivered: 121 }))
    assert.isFalse(Start.goesOn(behind, { ...state, acknowledged: 90, outstanding: 1 }))
    assert.isFalse(Start.goesOn({ _tag: "Time", time: 1n }, state))
  })

  it("that was used without a checkpoint of ours begins anew; one that was only made begins where it was to", () => {
    const unused = { ...state, isUsed: false }
    assert.isFalse(Start.goesOn({ _tag: "Consumer" }, state))
    assert.isTrue(Start.goesOn({ _tag: "Consumer" }, unused))
    assert.deepStrictEqual(Start.instead({ _tag: "Consumer" }, state), { _tag: "First" })
    assert.deepStrictEqual(Start.instead({ _tag: "Consumer" }, { ...unused, outstanding: 3 }), behind)
    assert.deepStrictEqual(Start.instead({ _tag: "Consumer" }, undefined), { _tag: "First" })
    assert.deepStrictEqual(Start.instead(behind, state), behind)
  })
})

describe("a checkpoint", () => {
  it("is read back as it was, and says where that is", () => {
    for (const one of [taken, { ...taken, records: 7, time: 1_782_742_805_123_456_789n }]) {
      assert.deepStrictEqual(Checkpoint.parse(Checkpoint.format(one)), one)
    }
    assert.isUndefined(Checkpoint.parse("120"))
    assert.strictEqual(
      Checkpoint.placeOf("EVENTS", Checkpoint.format({ ...taken, sequence: 12_000 })),
      "up to message 12,000"
    )
  })
})

describe("a server", () => {
  it("is refused before 2.10.23, and where its version cannot be read", () => {
    for (const version of ["2.10.23", "2.10.27", "2.11.0-preview.1", "v2.15.1", "3.0.0"])
      assert.isTrue(Version.isSound(version), version)
    for (const version of ["2.10.22", "2.9.25", "1.4.1", "", "dev"])
      assert.isFalse(Version.isSound(version), version)
  })
})

describe("settings and credentials", () => {
  const settings = {
    servers: ["nats://127.0.0.1:4222"],
    stream: "EVENTS",
    consumer: "millrace",
    format: "event"
  }
  const faultOf = (more: object) =>
    Result.match(nats.fromUnknown({ settings: { ...settings, ...more }, credentials: Effect.succeed({}) }), {
      onFailure: ({ message }) => message,
      onSuccess: () => ""
    })

  it("are refused with what is expected, and no secret", () => {
    assert.strictEqual(faultOf({}), "")
    const fault = faultOf({ servers: ["nats://user:secret-of-url@127.0.0.1:4222"] })
    assert.include(fault, "without a user")
    assert.notInclude(fault, "secret-of-url")
    assert.include(faultOf({ stream: "a.b" }), "settings.stream")
  })
})
