/** What the pages say and where they lead, without a browser. */
import { assert, describe, it } from "@effect/vitest"
import * as Commands from "../src/browser/exporter/commands.ts"
import * as Model from "../src/browser/exporter/model.ts"
import { placeOf, toLane, toLetters } from "../src/browser/exporter/place.ts"
import * as Words from "../src/browser/parts/words.ts"

const gate = { open: true, reason: "", since: 0, notBefore: 0 }
const lane = (name: string, change: Partial<Model.Lane> = {}): Model.Lane => ({
  route: "crm",
  lane: name,
  gate,
  trouble: "",
  underWay: 0,
  waiting: 0,
  bytes: 0,
  ...change
})

describe("words", () => {
  it("tell sizes, times and rates in few characters", () => {
    assert.deepStrictEqual([0, 999, 61_000, 3_725_000, 86_400_000, 90_061_000, -5].map(Words.lasting), [
      "0s",
      "1s",
      "1m 1s",
      "1h 2m",
      "1d",
      "1d 1h",
      "0s"
    ])
    assert.deepStrictEqual([0, 1023, 1024, 1536, 10 * 1024 ** 3].map(Words.bytes), [
      "0 B",
      "1023 B",
      "1 KiB",
      "1.5 KiB",
      "10 GiB"
    ])
    assert.deepStrictEqual([0, 0.25, 9.96, 1234.5].map(Words.rate), ["0", "0.3", "10.0", "1,235"])
    assert.deepStrictEqual([3, 999, 1500, 12_345].map(Words.took), ["3 ms", "999 ms", "1.5 s", "12 s"])
    assert.strictEqual(Words.counted(1, "event"), "1 event")
    assert.strictEqual(Words.utc(0), "1970-01-01 00:00:00 UTC")
  })
})

describe("commands", () => {
  it("do what the action beside them does, whatever names hold", () => {
    const key = { route: "crm", lane: "app:it's; rm -rf ~" }
    assert.strictEqual(
      Commands.ofLane("pause", "my config.yaml", key),
      "millrace lanes pause 'my config.yaml' 'app:it'\\''s; rm -rf ~' --route crm"
    )
    assert.strictEqual(
      Commands.ofLetters("replay", "m.yaml", { route: "crm", reason: "expired" }),
      "millrace dead-letters replay m.yaml --route crm --reason expired"
    )
    assert.strictEqual(Commands.ofLetters("purge", "m.yaml", {}), "millrace dead-letters purge m.yaml --all")
    assert.strictEqual(Commands.ofLetters("replay", "m.yaml", {}), "millrace dead-letters replay m.yaml")
    assert.strictEqual(Commands.ofUser("m.yaml", "it's"), "millrace lanes purge m.yaml --user 'it'\\''s'")
    const past = { source: "braze", from: 0, to: 3_600_000 }
    assert.strictEqual(
      Commands.ofBackfill("m.yaml", past),
      "millrace backfill m.yaml --source braze --from 1970-01-01T00:00:00.000Z --to 1970-01-01T01:00:00.000Z"
    )
    assert.match(
      Commands.ofBackfill("m.yaml", {
        ...past,
        rate: 500,
        types: ["users.messages.*", "users.canvas.Entry"]
      }),
      /--types 'users.messages.\*,users.canvas.Entry' --rate 500\/s$/
    )
  })

  it("find one letter by its event, or by when it was written", () => {
    const letter = { id: 7, at: "2026-11-29T08:00:00.000Z", route: "crm", reason: "malformed" }
    assert.strictEqual(Commands.ofLetter("show", "m.yaml", letter), "millrace dead-letters show m.yaml 7")
    assert.strictEqual(
      Commands.ofLetter("purge", "m.yaml", letter),
      "millrace dead-letters purge m.yaml --route crm --reason malformed --from 2026-11-29T08:00:00.000Z --to 2026-11-29T08:00:00.001Z"
    )
    assert.strictEqual(
      Commands.ofLetter("replay", "m.yaml", { ...letter, event: { id: "e-1" } }),
      "millrace dead-letters replay m.yaml --route crm --reason malformed --event e-1"
    )
  })
})

describe("lanes", () => {
  it("stand in the order of their trouble, then of what waits", () => {
    const lanes = [
      lane("idle"),
      lane("busy", { waiting: 5 }),
      lane("paused", { gate: { ...gate, open: false, reason: "paused" } }),
      lane("failing", { failingSince: 1 }),
      lane("closed", { gate: { ...gate, open: false, reason: "unauthorized" } })
    ]
    assert.deepStrictEqual(
      Model.byTrouble(lanes).map((one) => one.lane),
      ["closed", "failing", "paused", "busy", "idle"]
    )
  })

  it("deliver at the rate of the last ten seconds", () => {
    const at = (time: number, events: number): Model.Sample => ({
      at: time,
      read: new Map(),
      delivered: new Map([["a", events]])
    })
    let samples: ReadonlyArray<Model.Sample> = []
    assert.isUndefined(Model.rateOf(samples, "delivered", "a"))
    for (const sample of [at(0, 0), at(20_000, 1000), at(22_000, 1100), at(24_000, 1300)])
      samples = Model.withSample(samples, sample)
    assert.strictEqual(Model.rateOf(samples, "delivered", "a"), 75)
    assert.strictEqual(Model.rateOf(samples, "delivered", "never heard of"), 0)
  })
})

describe("a fleet", () => {
  it("tells who went, what it had, and whether others have that by now", () => {
    const member = (name: string, tracks: number): Model.Member => ({
      name,
      roles: ["read", "deliver"],
      since: 0,
      seen: 0,
      splits: 1,
      lanes: tracks === 0 ? [] : [{ route: "crm", lane: "web", tracks, of: 12 }]
    })
    const none = { members: [], gone: [] }
    const both = Model.withFleet(none, [member("a", 6), member("b", 6)])
    assert.deepStrictEqual(both.gone, [])
    // It has lost its tracks before it is gone.
    const losing = Model.withFleet(both, [member("a", 7), member("b", 0)])
    assert.deepStrictEqual(losing.gone, [])
    const one = Model.withFleet(losing, [member("a", 7)])
    assert.deepStrictEqual(
      one.gone.map(({ name, had }) => [name, had[0]?.tracks]),
      [["b", 6]]
    )
    const [lane] = member("b", 6).lanes as [Model.Member["lanes"][number]]
    assert.strictEqual(Model.unowned(one.members, lane), 5)
    const taken = Model.withFleet(one, [member("a", 12)])
    assert.lengthOf(taken.gone, 1)
    assert.strictEqual(Model.unowned(taken.members, lane), 0)
    assert.deepStrictEqual(Model.withFleet(taken, [member("a", 6), member("b", 6)]).gone, [])
  })
})

describe("a ledger", () => {
  it("is told of when it does not add up", () => {
    const counts = {
      read: 10,
      filtered: {},
      skipped: { anonymous: 1 },
      delivered: { web: 5 },
      waiting: {},
      dead: { expired: 3 }
    }
    assert.strictEqual(Model.missingOf(counts), 1)
    assert.strictEqual(Model.missingOf({ ...counts, erased: { purged: 1 } }), 0)
  })
})

describe("an address", () => {
  it("leads to the letters, the letter or the lane that it was made for", () => {
    const filter = { route: "crm", type: "users.messages.*", user: "a&b=c#d" }
    assert.deepStrictEqual(placeOf(toLetters(filter, { after: 50, id: 7 })), {
      section: "dead-letters",
      filter,
      after: 50,
      letter: 7
    })
    const key = { route: "crm", lane: "app:x y" }
    assert.deepInclude(placeOf(toLane(key)), { section: "lanes", lane: key })
    assert.deepStrictEqual(placeOf(""), { section: "", filter: {}, after: 0 })
    assert.deepStrictEqual(placeOf("#dead-letters?id=x&after=-").filter, {})
  })
})
