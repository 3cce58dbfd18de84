import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { EventNames, Limits, Settings, segment } from "@millrace/destination-segment"
import type { BrazeEvent } from "@millrace/events-braze"
import * as Braze from "@millrace/events-braze/Braze"
import * as Sample from "@millrace/events-braze/Sample"
import { bare as event, time } from "@millrace/events-braze/Sample"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { documented } from "./support/documented.ts"
import { destination, open, trackOf, writeKey } from "./support/subject.ts"

const typeNames = [...Braze.typeNames].filter(Braze.isTypeName)

describe("an event", () => {
  it.each(Object.entries(documented))("%s is sent as Braze documents, with nothing else", (name, row) => {
    const type = typeNames.find((known) => known === name)!
    const values = Object.fromEntries(row.stored.split(" ").map((field) => [field, `the ${field}`]))
    const user = { sourceId: "braze-1", externalId: "cust-1", deviceId: "the device_id", timezone: "UTC" }
    const { context = {}, properties } = trackOf(open(), event(type, values, user))
    const made = row.made ?? {}
    const expected = row.properties
      .split(" ")
      // The glossary has no device on events that had none when it was written.
      .concat("device_id")
      .map((field) => [field, `the ${made[field] ?? field}`])
    assert.deepStrictEqual(properties, Object.fromEntries(expected))
    const inContext = Object.entries(context).flatMap(([part, members]) =>
      Object.entries(members).map(([member, value]) => [`${part}.${member}`, value])
    )
    const wanted = Object.entries(made).flatMap(([target, field]) =>
      target.includes(".") ? [[target, `the ${field}`]] : []
    )
    assert.deepStrictEqual(Object.fromEntries(inContext), Object.fromEntries(wanted))
  })

  it("is a track call with its ids, its name and its time, whatever its type", () => {
    const sample = Sample.make({ seed: 20_261_122, users: 300 })
    const subject = open({ region: "us", identity: { anonymous: "send" } })
    let checked = 0
    for (const [index, type] of typeNames.entries()) {
      for (let round = 0; round < 8; round++) {
        const given = sample.event(type, index * 1000 + round, time + round)
        const before = JSON.stringify(given)
        if (subject.assign(given)._tag === "Skip") continue
        const track = trackOf(subject, given)
        assert.deepStrictEqual(
          [track.type, track.messageId, Date.parse(track.timestamp), track.userId, track.anonymousId],
          ["track", given.id, given.time, given.user.externalId, given.user.sourceId]
        )
        if (type !== "users.behaviors.CustomEvent")
          assert.strictEqual(track.event, EventNames.names.get(type))
        assert.isBelow(JSON.stringify(track).length, Limits.eventBytes)
        assert.deepStrictEqual(trackOf(subject, given), track)
        assert.strictEqual(JSON.stringify(given), before)
        checked++
      }
    }
    assert.isAbove(checked, 800)
  })

  it("has a name that no other type has", () => {
    assert.strictEqual(new Set(EventNames.names.values()).size, typeNames.length)
    assert.strictEqual(EventNames.selected.size, 72)
    assert.strictEqual(EventNames.names.get("users.messages.line.Click"), "LINE Clicked")
    assert.strictEqual(EventNames.names.get("users.messages.rcs.Click"), "RCS Clicked")
  })

  it("of a type of one's own has its own name and its properties, below Braze's", () => {
    const track = trackOf(
      open(),
      event("users.behaviors.CustomEvent", {
        name: "Saw film",
        app_id: "a1",
        custom_properties: { stars: 5, cast: ["x"], app_id: "mine", gone: null, hidden: "[REDACTED]" }
      })
    )
    assert.strictEqual(track.event, "Saw film")
    assert.deepStrictEqual(track.properties, { name: "Saw film", stars: 5, cast: ["x"], app_id: "a1" })
    for (const name of ["", "[REDACTED]", null])
      assert.strictEqual(
        trackOf(open(), event("users.behaviors.CustomEvent", { name })).event,
        "Custom Event"
      )
    const broken = event("users.behaviors.Purchase", { purchase_properties: ["not", "an", "object"] })
    assert.deepStrictEqual(trackOf(open(), broken).properties, {
      purchase_properties: ["not", "an", "object"]
    })
  })

  it("has the name that the settings give it", () => {
    const names = {
      "users.messages.email.Send": "Mail out",
      "users.behaviors.CustomEvent": "Something",
      users_canvas_abort: "Journey stopped"
    }
    const subject = open({ region: "us", names })
    const name = (given: BrazeEvent) => trackOf(subject, given).event
    assert.strictEqual(name(event("users.messages.email.Send")), "Mail out")
    assert.strictEqual(name(event("users.canvas.Abort")), "Journey stopped")
    assert.strictEqual(name(event("users.behaviors.CustomEvent", { name: "Saw film" })), "Something")
    assert.strictEqual(name(event("users.messages.email.Open")), "Email Opened")
  })

  it("is treated as if a redacted value were absent", () => {
    const given = event(
      "users.messages.sms.Delivery",
      { campaign_name: "[REDACTED]", to_phone_number: "[REDACTED]", dispatch_id: "d" },
      { externalId: "c", sourceId: "[REDACTED]", deviceId: "[REDACTED]", timezone: "[REDACTED]" }
    )
    const track = trackOf(open(), given)
    assert.notInclude(JSON.stringify(track), "REDACTED")
    assert.deepStrictEqual(track.properties, { dispatch_id: "d" })
    assert.notProperty(track, "anonymousId")
    assert.notProperty(track, "context")
  })

  it("cannot break the mapping with hostile values", () => {
    const properties = JSON.parse(
      '{"__proto__": "proto", "constructor": {"toString": null}, "": "nameless", "lone": "\\ud800"}'
    )
    Object.assign(properties, {
      campaign_id: Symbol("s"),
      send_id: () => 0,
      dispatch_id: 10n,
      price: Number.NaN,
      platform: { toString: null },
      device_model: null,
      email_address: ""
    })
    const track = trackOf(open(), event("users.messages.pushnotification.Open", properties))
    assert.strictEqual(Object.getOwnPropertyDescriptor(track.properties, "__proto__")?.value, "proto")
    assert.deepStrictEqual(Object.keys(track.properties).sort(), [
      "",
      "__proto__",
      "constructor",
      "dispatch_id",
      "email_address",
      "lone",
      "platform"
    ])
    assert.strictEqual(track.properties["dispatch_id"], "10")
  })

  it("is rejected when its time is in seconds, in microseconds or no number", () => {
    for (const at of [time / 1000, time * 1000, Number.NaN, -1, Infinity]) {
      const made = open().prepare([event("users.canvas.Entry", {}, undefined, at)], "main")
      assert.strictEqual(Result.isFailure(made) ? made.failure.reason : "prepared", "bad-time")
    }
  })

  it("has a messageId that Segment takes, however long its own id", () => {
    const withId = (id: string) => trackOf(open(), { ...event("users.canvas.Entry"), id }).messageId
    assert.strictEqual(withId("x".repeat(99)), "x".repeat(99))
    assert.match(withId("x".repeat(100)), /^[0-9a-f]{64}$/)
    assert.notStrictEqual(withId("x".repeat(100)), withId("x".repeat(101)))
  })
})

describe("an event of another catalogue", () => {
  const order = {
    id: "order-1",
    type: "order.placed",
    time,
    user: { externalId: "cust-1", deviceId: "device-1" },
    properties: {
      amount: 12.5,
      os_version: "17",
      platform: "web",
      sending_ip: "10.0.0.1",
      hidden: "[REDACTED]"
    }
  }
  const subject = () => open({ region: "us", names: { "order.placed": "Order Placed" } })

  it("is sent under the name that the settings give it, with all of its properties as they are", () => {
    assert.deepStrictEqual(subject().assign(order), { _tag: "To", lane: "main", group: undefined })
    assert.deepStrictEqual(trackOf(subject(), order), {
      type: "track",
      event: "Order Placed",
      messageId: "order-1",
      timestamp: new Date(time).toISOString(),
      userId: "cust-1",
      properties: {
        amount: 12.5,
        os_version: "17",
        platform: "web",
        sending_ip: "10.0.0.1",
        device_id: "device-1"
      }
    })
  })

  it("without a name is skipped, counted, and told of before", () => {
    const stranger = { ...order, type: "order.lost" }
    assert.deepStrictEqual(subject().assign(stranger), { _tag: "Skip", reason: "no-name" })
    assert.deepStrictEqual(
      subject().warnings?.(new Set(["order.placed", "order.lost", "users.canvas.Entry"])),
      ["events of order.lost are skipped (no-name); give the type a name under names"]
    )
  })

  it("is taken by a route that names no types", () => {
    const { selection } = destination({ region: "us", names: { "order.placed": "Order Placed" } })
    assert.strictEqual(selection?.size, 73)
    assert.isTrue(selection?.has("order.placed"))
  })
})

describe("identity", () => {
  const anonymous = { sourceId: "braze-1", deviceId: "d" }
  const skip = { _tag: "Skip", reason: "anonymous" } as const

  it("skips events without an external id, counted", () => {
    for (const user of [{}, anonymous, { externalId: "" }, { externalId: "[REDACTED]" }])
      assert.deepStrictEqual(open().assign(event("users.canvas.Entry", {}, user)), skip)
    assert.strictEqual(open().assign(event("users.canvas.Entry"))._tag, "To")
  })

  it("sends them under Braze's id when asked, and skips who has none", () => {
    const subject = open({ region: "us", identity: { anonymous: "send" } })
    const given = event("users.canvas.Entry", {}, anonymous)
    assert.strictEqual(subject.assign(given)._tag, "To")
    const track = trackOf(subject, given)
    assert.notProperty(track, "userId")
    assert.strictEqual(track.anonymousId, "braze-1")
    assert.deepStrictEqual(subject.assign(event("users.canvas.Entry", {}, { deviceId: "d" })), skip)
  })

  it("takes Braze's own id for userId when asked", () => {
    const subject = open({ region: "us", identity: { user: "sourceId" } })
    const given = event("users.canvas.Entry", {}, { sourceId: "braze-1", externalId: "cust-1" })
    assert.strictEqual(trackOf(subject, given).userId, "braze-1")
    assert.deepStrictEqual(subject.assign(event("users.canvas.Entry", {}, { externalId: "cust-1" })), skip)
  })
})

describe("settings and credentials", () => {
  const problem = (settings: unknown, credentials: unknown = { writeKey: Redacted.make(writeKey) }) => {
    const made = segment.fromUnknown({ settings, credentials: Effect.succeed(credentials) })
    const error = Effect.runSync(Effect.flip(Effect.flatMap(Effect.fromResult(made), ({ open }) => open)))
    assert.notMatch(inspect(error, { depth: 9 }) + JSON.stringify(error), /hunter/)
    return error.message
  }

  it.each([
    [{}, "exactly one of region and baseUrl"],
    [{ region: "us", baseUrl: "http://127.0.0.1" }, "exactly one of region and baseUrl"],
    [{ region: "ap" }, "settings.region"],
    [{ region: "us", batchSize: 1 }, "settings.batchSize"],
    [{ baseUrl: "https://hunter:hunter@host" }, "settings.baseUrl"],
    [{ region: "us", identity: { user: "email" } }, "settings.identity.user"],
    [{ region: "us", identity: { anonymous: "hunter" } }, "settings.identity.anonymous"],
    [{ region: "us", names: { "users.canvas.Enty": "x" } }, "settings.names.users.canvas.Enty"],
    [{ region: "us", names: { "users.canvas.Entry": "" } }, "settings.names.users.canvas.Entry"]
  ])("%j fails and names what is wrong", (settings, message) => {
    assert.include(problem(settings), message)
  })

  it.each([
    [{}, "credentials.writeKey"],
    [{ writeKey: "hunter" }, "credentials.writeKey"],
    [{ writeKey: Redacted.make("") }, "credentials.writeKey: expected a key without colons or spaces"],
    [{ writeKey: Redacted.make("hunter:2") }, "credentials.writeKey"],
    [{ writeKey: Redacted.make("hunter\n") }, "credentials.writeKey"],
    [{ writeKey: Redacted.make("hunter"), secret: "hunter" }, "credentials.secret"]
  ])("credentials %# fail and name the path, never the value", (credentials, message) => {
    assert.include(problem({ region: "us" }, credentials), message)
  })

  it("say where each region is", () => {
    const host = (settings: (typeof Settings.Settings)["Encoded"]) =>
      Settings.baseUrl(Schema.decodeSync(Settings.Settings)(settings)).href
    assert.strictEqual(host({ region: "us" }), "https://api.segment.io/")
    assert.strictEqual(host({ region: "eu" }), "https://events.eu1.segmentapis.com/")
    assert.strictEqual(host({ baseUrl: "https://e.shop.example/s/" }), "https://e.shop.example/s/")
  })

  it("a lane's mark tells the same key at the same place, and not the key", () => {
    const mark = (settings: Parameters<typeof open>[0], key: string) => open(settings, key).lanes[0]!.mark
    assert.strictEqual(
      mark({ region: "us" }, "one"),
      mark({ region: "us", identity: { anonymous: "send" } }, "one")
    )
    assert.notStrictEqual(mark({ region: "us" }, "one"), mark({ region: "eu" }, "one"))
    assert.notStrictEqual(mark({ region: "us" }, "one"), mark({ region: "us" }, "two"))
    assert.notInclude(mark({ region: "us" }, "hunter"), "hunter")
  })

  it("takes events of every catalogue, selects 72 types of Braze's, and keeps to Segment's limits", () => {
    const made = destination()
    assert.isUndefined(made.accepts.types)
    assert.strictEqual(made.selection?.size, 72)
    const { bytes, events, messageBytes, messages } = open().limits
    assert.deepStrictEqual([messages, events, bytes, messageBytes], [2500, 2500, 500_000, 31_999])
  })
})
