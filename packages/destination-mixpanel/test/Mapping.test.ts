import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { mixpanel, Settings } from "@millrace/destination-mixpanel"
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
import { destination, open, recordOf, token } from "./support/subject.ts"

const typeNames = [...Braze.typeNames].filter(Braze.isTypeName)

const account = (name: string) => ({
  serviceAccount: { username: Redacted.make(`${name}-user`), secret: Redacted.make(`${name}-secret`) }
})

describe("an event", () => {
  it.each(Object.entries(documented))("%s is sent as Braze documents, with nothing else", (name, row) => {
    const type = typeNames.find((known) => known === name)!
    const values = Object.fromEntries(row.stored.split(" ").map((field) => [field, `the ${field}`]))
    const user = { sourceId: "braze-1", externalId: "cust-1", deviceId: "device-1", timezone: "UTC" }
    const record = recordOf(open(), { ...event(type, values, user), id: "id-1" })
    const expected = row.properties.split(" ").map((field) => [field, `the ${row.made?.[field] ?? field}`])
    assert.deepStrictEqual(record, {
      event: EventNames.names.get(type) ?? "",
      properties: {
        ...Object.fromEntries(expected),
        $partner_id: "braze",
        $insert_id: "id-1",
        distinct_id: "cust-1",
        device_id: "device-1",
        time
      }
    })
  })

  it("has its ids, its name and its time in milliseconds, whatever its type", () => {
    const sample = Sample.make({ seed: 20_261_122, users: 300 })
    const subject = open()
    let checked = 0
    for (const [index, type] of typeNames.entries()) {
      for (let round = 0; round < 8; round++) {
        const given = sample.event(type, index * 1000 + round, time + round)
        const before = JSON.stringify(given)
        if (subject.assign(given)._tag === "Skip") continue
        const { event, properties } = recordOf(subject, given)
        assert.deepStrictEqual(
          [properties["$insert_id"], properties["time"], properties["distinct_id"], properties["device_id"]],
          [given.id, given.time, given.user.externalId, given.user.deviceId]
        )
        if (type !== "users.behaviors.CustomEvent") assert.strictEqual(event, EventNames.names.get(type))
        // What Mixpanel takes: fewer than 255 properties, nested three deep at most.
        assert.isBelow(Object.keys(properties).length, 255)
        assert.deepStrictEqual(recordOf(subject, given), { event, properties })
        assert.strictEqual(JSON.stringify(given), before)
        checked++
      }
    }
    assert.isAbove(checked, 700)
  })

  it("has a name that no other type has", () => {
    assert.strictEqual(new Set(EventNames.names.values()).size, typeNames.length)
    assert.strictEqual(EventNames.selected.size, 72)
    assert.strictEqual(EventNames.names.get("users.messages.line.Click"), "LINE Click")
    assert.strictEqual(EventNames.names.get("users.messages.rcs.Click"), "RCS Click")
  })

  const sentOf = (given: BrazeEvent) => {
    const { $insert_id, $partner_id, distinct_id, time, ...properties } = recordOf(open(), given).properties
    return properties
  }

  it("of one's own has its own name, and its properties with Braze's prefixes", () => {
    const own = { stars: 5, cast: ["x"], gone: null, hidden: "[REDACTED]" }
    const film = event("users.behaviors.CustomEvent", {
      name: "Saw film",
      app_id: "a1",
      custom_properties: own
    })
    assert.strictEqual(recordOf(open(), film).event, "[Braze Custom Event] Saw film")
    assert.deepStrictEqual(sentOf(film), {
      app_id: "a1",
      "[Custom event property] stars": 5,
      "[Custom event property] cast": ["x"]
    })
    assert.deepStrictEqual(
      sentOf(event("users.behaviors.Purchase", { price: 0, purchase_properties: own })),
      {
        price: 0,
        "[Purchase property] stars": 5,
        "[Purchase property] cast": ["x"]
      }
    )
    for (const name of ["", "[REDACTED]", null])
      assert.strictEqual(
        recordOf(open(), event("users.behaviors.CustomEvent", { name })).event,
        "Custom Event"
      )
    const broken = event("users.behaviors.CustomEvent", { custom_properties: "{" })
    assert.deepStrictEqual(sentOf(broken), { custom_properties: "{" })
  })

  it("has the name that the settings give it", () => {
    const names = {
      "users.messages.email.Send": "Mail out",
      "users.behaviors.CustomEvent": "Something",
      users_canvas_abort: "Journey stopped"
    }
    const subject = open({ region: "us", names })
    assert.strictEqual(recordOf(subject, event("users.messages.email.Send")).event, "Mail out")
    assert.strictEqual(recordOf(subject, event("users.canvas.Abort")).event, "Journey stopped")
    assert.strictEqual(recordOf(subject, event("users.messages.email.Open")).event, "Email Open")
    const custom = recordOf(subject, event("users.behaviors.CustomEvent", { name: "Saw film" }))
    assert.deepStrictEqual([custom.event, custom.properties["name"]], ["Something", "Saw film"])
  })

  it("is treated as if a redacted value were absent", () => {
    const given = event(
      "users.messages.sms.Delivery",
      { campaign_name: "[REDACTED]", to_phone_number: "[REDACTED]", dispatch_id: "d" },
      { externalId: "cust-1", sourceId: "[REDACTED]", deviceId: "[REDACTED]", timezone: "[REDACTED]" }
    )
    assert.deepStrictEqual(sentOf(given), { dispatch_id: "d" })
  })

  it("cannot break the mapping with hostile values, nor take another's place", () => {
    const properties = JSON.parse(
      '{"__proto__": "proto", "constructor": {"toString": null}, "": "nameless", "lone": "\\ud800"}'
    )
    Object.assign(properties, {
      campaign_id: Symbol("s"),
      send_id: () => 0,
      dispatch_id: 10n,
      price: Number.NaN,
      device_model: null,
      distinct_id: "somebody",
      time: 0,
      $insert_id: "again",
      $partner_id: "nobody"
    })
    const given = { ...event("users.behaviors.Purchase", properties), id: "id-1" }
    const { event: _, properties: found } = recordOf(open(), given)
    assert.deepStrictEqual(
      [found["distinct_id"], found["time"], found["$insert_id"], found["$partner_id"]],
      ["cust-1", time, "id-1", "braze"]
    )
    assert.deepStrictEqual(Object.keys(sentOf(given)).sort(), [
      "",
      "__proto__",
      "constructor",
      "dispatch_id",
      "lone"
    ])
  })

  it("is rejected when its time is in seconds, in microseconds or no number", () => {
    for (const at of [time / 1000, time * 1000, Number.NaN, -1, Infinity]) {
      const made = open().prepare([event("users.canvas.Entry", {}, undefined, at)], "main")
      assert.strictEqual(Result.isFailure(made) ? made.failure.reason : "prepared", "bad-time")
    }
  })

  it("has an $insert_id that Mixpanel takes, whatever its own id", () => {
    const withId = (id: string) =>
      recordOf(open(), { ...event("users.canvas.Entry"), id }).properties["$insert_id"]
    assert.strictEqual(withId("a".repeat(36)), "a".repeat(36))
    const others = ["a".repeat(37), "a".repeat(38), "a:b", "ä", "a_b"].map(withId)
    for (const id of others) assert.match(String(id), /^[0-9a-f]{36}$/)
    assert.strictEqual(new Set(others).size, 5)
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
    assert.deepStrictEqual(recordOf(subject(), order), {
      event: "Order Placed",
      properties: {
        amount: 12.5,
        os_version: "17",
        platform: "web",
        sending_ip: "10.0.0.1",
        device_id: "device-1",
        time,
        distinct_id: "cust-1",
        $insert_id: "order-1"
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
  const skip = { _tag: "Skip", reason: "anonymous" } as const

  it("skips events without an external id, counted", () => {
    const anonymous = { sourceId: "braze-1", deviceId: "device-1" }
    for (const user of [{}, anonymous, { externalId: "" }, { externalId: "[REDACTED]" }])
      assert.deepStrictEqual(open().assign(event("users.canvas.Entry", {}, user)), skip)
    assert.strictEqual(open().assign(event("users.canvas.Entry"))._tag, "To")
  })

  it("takes Braze's own id for distinct_id when asked", () => {
    const subject = open({ region: "us", identity: { user: "sourceId" } })
    const given = event("users.canvas.Entry", {}, { sourceId: "braze-1", externalId: "cust-1" })
    assert.strictEqual(recordOf(subject, given).properties["distinct_id"], "braze-1")
    assert.deepStrictEqual(subject.assign(event("users.canvas.Entry", {}, { externalId: "cust-1" })), skip)
  })
})

describe("settings and credentials", () => {
  const problem = (settings: unknown, credentials: unknown = { token: Redacted.make(token) }) => {
    const made = mixpanel.fromUnknown({ settings, credentials: Effect.succeed(credentials) })
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
    [{ region: "us", projectId: "12" }, "settings.projectId"],
    [{ region: "us", projectId: 0 }, "settings.projectId"],
    [{ region: "us", identity: { user: "email" } }, "settings.identity.user"],
    [{ region: "us", names: { "users.canvas.Enty": "x" } }, "settings.names.users.canvas.Enty"],
    [{ region: "us", names: { "users.canvas.Entry": "" } }, "settings.names.users.canvas.Entry"]
  ])("%j fails and names what is wrong", (settings, message) => {
    assert.include(problem(settings), message)
  })

  it.each([
    [{}, "exactly one of serviceAccount and token"],
    [{ token: Redacted.make("hunter"), ...account("hunter") }, "exactly one of serviceAccount and token"],
    [{ token: "hunter" }, "credentials.token"],
    [{ token: Redacted.make("") }, "credentials.token"],
    [{ token: Redacted.make("hunter:2") }, "credentials.token: expected a text without colons or spaces"],
    [{ serviceAccount: { username: Redacted.make("hunter") } }, "credentials.serviceAccount.secret"],
    [
      { serviceAccount: { username: Redacted.make("hunter"), secret: "hunter" } },
      "credentials.serviceAccount.secret"
    ],
    [
      { serviceAccount: { username: Redacted.make("a b"), secret: Redacted.make("hunter") } },
      "credentials.serviceAccount.username"
    ],
    [
      { serviceAccount: { username: Redacted.make("hunter"), secret: Redacted.make("") } },
      "credentials.serviceAccount.secret"
    ],
    [account("hunter"), "settings.projectId"]
  ])("credentials %# fail and name the path, never the value", (credentials, message) => {
    assert.include(problem({ region: "us" }, credentials), message)
  })

  it("say where each residency is", () => {
    const host = (settings: (typeof Settings.Settings)["Encoded"]) =>
      Settings.baseUrl(Schema.decodeSync(Settings.Settings)(settings)).href
    assert.deepStrictEqual(
      (["us", "eu", "in"] as const).map((region) => host({ region })),
      ["api", "api-eu", "api-in"].map((name) => `https://${name}.mixpanel.com/`)
    )
    assert.strictEqual(host({ baseUrl: "https://m.shop.example/m/" }), "https://m.shop.example/m/")
  })

  it("a lane's mark tells the same project at the same place, and no secret", () => {
    const mark = (settings: Parameters<typeof open>[0], credentials: Parameters<typeof open>[1]) =>
      open(settings, credentials).lanes[0]!.mark
    const one = { token: Redacted.make("one") }
    assert.strictEqual(mark({ region: "us" }, one), mark({ region: "us", identity: {} }, one))
    assert.notStrictEqual(mark({ region: "us" }, one), mark({ region: "eu" }, one))
    assert.notStrictEqual(
      mark({ region: "us" }, one),
      mark({ region: "us" }, { token: Redacted.make("two") })
    )
    const project = (projectId: number, name: string) => mark({ region: "us", projectId }, account(name))
    assert.strictEqual(project(1, "one"), project(1, "two"))
    assert.notStrictEqual(project(1, "one"), project(2, "one"))
    assert.notInclude(mark({ region: "us" }, { token: Redacted.make("hunter") }), "hunter")
  })

  it("takes events of every catalogue, selects 72 types of Braze's, and keeps to Mixpanel's limits", () => {
    const made = destination()
    assert.isUndefined(made.accepts.types)
    assert.strictEqual(made.selection?.size, 72)
    const { bytes, events, messageBytes, messages } = open().limits
    assert.deepStrictEqual([messages, events, bytes, messageBytes], [2000, 2000, 2_000_000, 999_999])
  })
})
