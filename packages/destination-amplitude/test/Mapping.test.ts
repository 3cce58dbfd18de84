import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { amplitude, Settings } from "@millrace/destination-amplitude"
import type { BrazeEvent } from "@millrace/events-braze"
import * as Braze from "@millrace/events-braze/Braze"
import * as EventNames from "@millrace/events-braze/EventNames"
import * as Sample from "@millrace/events-braze/Sample"
import { bare as event, time } from "@millrace/events-braze/Sample"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { documented } from "./support/documented.ts"
import { apiKey, destination, open, type Subject, uploadOf } from "./support/subject.ts"

const typeNames = [...Braze.typeNames].filter(Braze.isTypeName)

describe("an event", () => {
  it.each(Object.entries(documented))("%s is sent as Braze documents, with nothing else", (name, row) => {
    const type = typeNames.find((known) => known === name)!
    const values = Object.fromEntries(row.stored.split(" ").map((field) => [field, `the ${field}`]))
    if ("price" in values) Object.assign(values, { price: 4.5 })
    const user = { sourceId: "braze-1", externalId: "cust-1", deviceId: "device-1", timezone: "UTC" }
    const { event_properties, ...others } = uploadOf(open(), event(type, values, user))
    const { beside = {}, made = {} } = row
    const expected = row.properties.split(" ").map((field) => [field, `the ${made[field] ?? field}`])
    assert.deepStrictEqual(event_properties, { ...Object.fromEntries(expected), timezone: "UTC" })
    assert.deepStrictEqual(others, {
      event_type: `[Appboy] ${EventNames.names.get(type)}`,
      time,
      insert_id: `id-${type}`,
      library: "Braze",
      user_id: "cust-1",
      device_id: "device-1",
      ...Object.fromEntries(Object.entries(beside).map(([member, field]) => [member, values[field]]))
    })
  })

  it("has its ids, its name and its time in milliseconds, whatever its type", () => {
    const sample = Sample.make({ seed: 20_261_122, users: 300 })
    const subject = open({ region: "us", identity: { anonymous: "send" } })
    let checked = 0
    for (const [index, type] of typeNames.entries()) {
      for (let round = 0; round < 8; round++) {
        const given = sample.event(type, index * 1000 + round, time + round)
        const before = JSON.stringify(given)
        if (subject.assign(given)._tag === "Skip") continue
        const upload = uploadOf(subject, given)
        assert.deepStrictEqual(
          [upload.insert_id, upload.time, upload.user_id, upload.device_id],
          [given.id, given.time, given.user.externalId, given.user.deviceId]
        )
        if (type !== "users.behaviors.CustomEvent") {
          assert.strictEqual(upload.event_type, `[Appboy] ${EventNames.names.get(type)}`)
        }
        assert.deepStrictEqual(uploadOf(subject, given), upload)
        assert.strictEqual(JSON.stringify(given), before)
        checked++
      }
    }
    assert.isAbove(checked, 800)
  })

  it("has a name that no other type has", () => {
    assert.strictEqual(new Set(EventNames.names.values()).size, typeNames.length)
    assert.strictEqual(EventNames.selected.size, 72)
    assert.strictEqual(EventNames.names.get("users.messages.line.Click"), "LINE Click")
    assert.strictEqual(EventNames.names.get("users.messages.rcs.Click"), "RCS Click")
  })

  it("of one's own has its own name, and its properties with Braze's prefixes", () => {
    const own = { stars: 5, cast: ["x"], gone: null, hidden: "[REDACTED]" }
    const film = uploadOf(
      open(),
      event("users.behaviors.CustomEvent", { name: "Saw film", app_id: "a1", custom_properties: own })
    )
    assert.strictEqual(film.event_type, "[Appboy] [Custom Event] Saw film")
    assert.deepStrictEqual(film.event_properties, {
      app_id: "a1",
      "[Custom event property] stars": 5,
      "[Custom event property] cast": ["x"]
    })
    const bought = uploadOf(
      open(),
      event("users.behaviors.Purchase", { price: 0, currency: "EUR", purchase_properties: own })
    )
    assert.deepStrictEqual(
      [bought.event_type, bought.price, bought.productId],
      ["[Appboy] Purchase", 0, undefined]
    )
    assert.deepStrictEqual(Object.keys(bought.event_properties), [
      "currency",
      "[Purchase property] stars",
      "[Purchase property] cast"
    ])
    for (const name of ["", "[REDACTED]", null])
      assert.strictEqual(
        uploadOf(open(), event("users.behaviors.CustomEvent", { name })).event_type,
        "[Appboy] Custom Event"
      )
    const broken = event("users.behaviors.CustomEvent", { custom_properties: "{" })
    assert.deepStrictEqual(uploadOf(open(), broken).event_properties, { custom_properties: "{" })
  })

  it("has the name and the prefix that the settings give it", () => {
    const names = {
      "users.messages.email.Send": "Mail out",
      "users.behaviors.CustomEvent": "Something",
      users_canvas_abort: "Journey stopped"
    }
    const named = open({ region: "us", names })
    const type = (subject: Subject, given: BrazeEvent) => uploadOf(subject, given).event_type
    assert.strictEqual(type(named, event("users.messages.email.Send")), "Mail out")
    assert.strictEqual(type(named, event("users.canvas.Abort")), "Journey stopped")
    assert.strictEqual(type(named, event("users.messages.email.Open")), "[Appboy] Email Open")
    const custom = uploadOf(named, event("users.behaviors.CustomEvent", { name: "Saw film" }))
    assert.strictEqual(custom.event_type, "Something")
    assert.deepStrictEqual(custom.event_properties, { name: "Saw film" })
    const email = event("users.messages.email.Open")
    assert.strictEqual(type(open({ region: "us", prefix: "" }), email), "Email Open")
    assert.strictEqual(type(open({ region: "us", prefix: "Braze:" }), email), "Braze: Email Open")
  })

  it("has its advertising id where its kind belongs, and not that of all who opted out", () => {
    const ids = (ad_id: string, ad_id_type: string) => {
      const { adid, idfa } = uploadOf(open(), event("users.behaviors.Location", { ad_id, ad_id_type }))
      return [idfa, adid]
    }
    assert.deepStrictEqual(ids("a", "ios_idfa"), ["a", undefined])
    assert.deepStrictEqual(ids("a", "google_ad_id"), [undefined, "a"])
    for (const kind of ["windows_ad_id", "roku_ad_id"])
      assert.deepStrictEqual(ids("a", kind), [undefined, undefined])
    assert.deepStrictEqual(ids("00000000-0000-0000-0000-000000000000", "ios_idfa"), [undefined, undefined])
    assert.deepStrictEqual(ids("[REDACTED]", "google_ad_id"), [undefined, undefined])
  })

  it("is treated as if a redacted value were absent", () => {
    const given = event(
      "users.messages.sms.Delivery",
      { campaign_name: "[REDACTED]", to_phone_number: "[REDACTED]", dispatch_id: "d" },
      { externalId: "cust-1", sourceId: "[REDACTED]", deviceId: "[REDACTED]", timezone: "[REDACTED]" }
    )
    const upload = uploadOf(open(), given)
    assert.notInclude(JSON.stringify(upload), "REDACTED")
    assert.deepStrictEqual(upload.event_properties, { dispatch_id: "d" })
    assert.notProperty(upload, "device_id")
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
      product_id: { toString: null },
      ad_id: 7,
      device_model: null
    })
    const upload = uploadOf(open(), event("users.behaviors.Purchase", properties))
    const names = Object.keys(upload.event_properties).sort()
    assert.deepStrictEqual(names, [
      "",
      "__proto__",
      "ad_id",
      "constructor",
      "dispatch_id",
      "lone",
      "product_id"
    ])
    assert.notProperty(upload, "price")
    assert.notProperty(upload, "productId")
  })

  it("is rejected when its time is in seconds, in microseconds or no number", () => {
    for (const at of [time / 1000, time * 1000, Number.NaN, -1, Infinity]) {
      const made = open().prepare([event("users.canvas.Entry", {}, undefined, at)], "main")
      assert.strictEqual(Result.isFailure(made) ? made.failure.reason : "prepared", "bad-time")
    }
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
    assert.deepStrictEqual<unknown>(uploadOf(subject(), order), {
      user_id: "cust-1",
      device_id: "device-1",
      event_type: "Order Placed",
      time,
      insert_id: "order-1",
      event_properties: { amount: 12.5, os_version: "17", platform: "web", sending_ip: "10.0.0.1" }
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
  const anonymous = { sourceId: "braze-1", deviceId: "device-1" }
  const skip = { _tag: "Skip", reason: "anonymous" } as const

  it("skips events without an external id, counted", () => {
    for (const user of [{}, anonymous, { externalId: "" }, { externalId: "[REDACTED]" }])
      assert.deepStrictEqual(open().assign(event("users.canvas.Entry", {}, user)), skip)
    assert.strictEqual(open().assign(event("users.canvas.Entry"))._tag, "To")
  })

  it("sends those with a device id when asked, as Braze does, and skips who has none", () => {
    const subject = open({ region: "us", identity: { anonymous: "send" } })
    const given = event("users.canvas.Entry", {}, anonymous)
    assert.strictEqual(subject.assign(given)._tag, "To")
    const { device_id, user_id } = uploadOf(subject, given)
    assert.deepStrictEqual([user_id, device_id], [undefined, "device-1"])
    assert.deepStrictEqual(subject.assign(event("users.canvas.Entry", {}, { sourceId: "braze-1" })), skip)
  })

  it("takes Braze's own id for user_id when asked", () => {
    const subject = open({ region: "us", identity: { user: "sourceId" } })
    const given = event("users.canvas.Entry", {}, { sourceId: "braze-1", externalId: "cust-1" })
    assert.strictEqual(uploadOf(subject, given).user_id, "braze-1")
    assert.deepStrictEqual(subject.assign(event("users.canvas.Entry", {}, { externalId: "cust-1" })), skip)
  })

  it("rejects ids that Amplitude would drop without a word, unless told that they are long enough", () => {
    const reason = (settings: Parameters<typeof open>[0], user: BrazeEvent["user"]) => {
      const made = open(settings).prepare([event("users.canvas.Entry", {}, user)], "main")
      return Result.isFailure(made) ? made.failure.reason : "prepared"
    }
    const short = { region: "us", minIdLength: 1 } as const
    assert.strictEqual(reason({ region: "us" }, { externalId: "1234", deviceId: "device-1" }), "short-id")
    assert.strictEqual(reason({ region: "us" }, { externalId: "12345", deviceId: "d" }), "prepared")
    assert.strictEqual(reason({ region: "us" }, { deviceId: "dev1" }), "short-id")
    assert.strictEqual(reason(short, { externalId: "1" }), "prepared")
    assert.strictEqual(reason({ region: "us", minIdLength: 7 }, { externalId: "123456" }), "short-id")
  })
})

describe("settings and credentials", () => {
  const problem = (settings: unknown, credentials: unknown = { apiKey: Redacted.make(apiKey) }) => {
    const made = amplitude.fromUnknown({ settings, credentials: Effect.succeed(credentials) })
    const error = Effect.runSync(Effect.flip(Effect.flatMap(Effect.fromResult(made), ({ open }) => open)))
    assert.notMatch(inspect(error, { depth: 9 }) + JSON.stringify(error), /hunter/)
    return error.message
  }

  it.each([
    [{}, "exactly one of region and baseUrl"],
    [{ region: "us", baseUrl: "http://127.0.0.1" }, "exactly one of region and baseUrl"],
    [{ region: "in" }, "settings.region"],
    [{ region: "us", batchSize: 1 }, "settings.batchSize"],
    [{ region: "us", endpoint: "identify" }, "settings.endpoint"],
    [{ baseUrl: "https://hunter:hunter@host" }, "settings.baseUrl"],
    [{ region: "us", identity: { user: "email" } }, "settings.identity.user"],
    [{ region: "us", identity: { anonymous: "hunter" } }, "settings.identity.anonymous"],
    [{ region: "us", minIdLength: 0 }, "settings.minIdLength"],
    [{ region: "us", minIdLength: 1.5 }, "settings.minIdLength"],
    [{ region: "us", prefix: 1 }, "settings.prefix"],
    [{ region: "us", names: { "users.canvas.Enty": "x" } }, "settings.names.users.canvas.Enty"],
    [{ region: "us", names: { "users.canvas.Entry": "" } }, "settings.names.users.canvas.Entry"]
  ])("%j fails and names what is wrong", (settings, message) => {
    assert.include(problem(settings), message)
  })

  it.each([
    [{}, "credentials.apiKey"],
    [{ apiKey: "hunter" }, "credentials.apiKey"],
    [{ apiKey: Redacted.make("") }, "credentials.apiKey: expected a key of letters and digits alone"],
    [{ apiKey: Redacted.make('hunter"') }, "credentials.apiKey"],
    [{ apiKey: Redacted.make("hunter\n") }, "credentials.apiKey"],
    [{ apiKey: Redacted.make("hunter"), secret: "hunter" }, "credentials.secret"]
  ])("credentials %# fail and name the path, never the value", (credentials, message) => {
    assert.include(problem({ region: "us" }, credentials), message)
  })

  it("say where each data center is", () => {
    const host = (settings: (typeof Settings.Settings)["Encoded"]) =>
      Settings.baseUrl(Schema.decodeSync(Settings.Settings)(settings)).href
    assert.strictEqual(host({ region: "us" }), "https://api2.amplitude.com/")
    assert.strictEqual(host({ region: "eu" }), "https://api.eu.amplitude.com/")
    assert.strictEqual(host({ baseUrl: "https://a.shop.example/a/" }), "https://a.shop.example/a/")
  })

  it("a lane's mark tells the same key at the same place, and not the key", () => {
    const mark = (settings: Parameters<typeof open>[0], key: string) => open(settings, key).lanes[0]!.mark
    assert.strictEqual(mark({ region: "us" }, "one"), mark({ region: "us", endpoint: "http" }, "one"))
    assert.notStrictEqual(mark({ region: "us" }, "one"), mark({ region: "eu" }, "one"))
    assert.notStrictEqual(mark({ region: "us" }, "one"), mark({ region: "us" }, "two"))
    assert.notInclude(mark({ region: "us" }, "hunter"), "hunter")
  })

  it("takes events of every catalogue, selects 72 types of Braze's, and keeps to the limits of either endpoint", () => {
    const made = destination()
    assert.isUndefined(made.accepts.types)
    assert.strictEqual(made.selection?.size, 72)
    const end = `,"api_key":"${apiKey}"}`.length
    const batch = open().limits
    assert.deepStrictEqual([batch.messages, batch.events, batch.bytes], [2000, 2000, 4_000_000 - end])
    const http = open({ region: "us", endpoint: "http" }).limits
    assert.deepStrictEqual([http.messages, http.bytes], [2000, 999_999 - end])
    assert.isBelow(http.messageBytes, http.bytes)
  })
})
