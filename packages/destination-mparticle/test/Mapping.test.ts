import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Limits, mparticle, Settings } from "@millrace/destination-mparticle"
import type { BrazeEvent } from "@millrace/events-braze"
import * as Braze from "@millrace/events-braze/Braze"
import * as MParticleFacts from "@millrace/events-braze/MParticleFacts"
import * as Sample from "@millrace/events-braze/Sample"
import { bare as event, time } from "@millrace/events-braze/Sample"
import * as BatchSchema from "@millrace/mparticle-emulator/BatchSchema"
import { goldenPairs } from "@millrace/testing"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import {
  type Batch,
  batchOf,
  eventOf,
  everyFeed,
  goldenOf,
  open,
  pair,
  typeNames
} from "./support/subject.ts"

const uuid = "8F2A0C77-51B7-4D2E-9E0B-0E3C5B7A9D10"
const other = "1C9B7A52-0D3E-4F60-8A71-92B3C4D5E6F7"

const opened = (properties: object, user?: BrazeEvent["user"]) =>
  event("users.messages.pushnotification.Open", { ...properties }, user)

const attributesOf = (batch: Batch) => batch.events[0]!.data.custom_attributes

const events = goldenPairs({ folder: new URL("golden/", import.meta.url), out: goldenOf })

// These do not trust the pairs: they state what must become of the events, from Braze's own lists.
describe("what became of the golden events", () => {
  const documented = events.map((event) => ({
    ...goldenOf(event),
    in: event,
    facts: MParticleFacts.facts.get(event.type)!
  }))

  it("is there for each type that is sent by default, and valid", () => {
    assert.deepStrictEqual(events.map(({ type }) => type).sort(), [...MParticleFacts.selected].sort())
    for (const { extended, in: given, parity } of documented)
      assert.deepStrictEqual([parity, extended].flatMap(BatchSchema.validateBatch), [], given.type)
  })

  it("parity sends what Braze documents, and nothing else", () => {
    for (const { facts, in: given, parity } of documented.filter(({ facts }) => facts.documented)) {
      const { data, event_type } = parity.events[0]!
      const source = (name: string): unknown =>
        name === "source_request_id"
          ? given.id
          : name === "device_id"
            ? given.user.deviceId
            : name === "card_id"
              ? (Reflect.get(given.properties, "content_card_id") ?? Reflect.get(given.properties, "card_id"))
              : Reflect.get(given.properties, name)
      const expected = facts.attributes.flatMap((name) =>
        source(name) === undefined ? [] : [[name, String(source(name))]]
      )
      assert.deepStrictEqual(data.custom_attributes, Object.fromEntries(expected), given.type)
      assert.strictEqual(event_type, facts.eventType)
      assert.strictEqual(data.event_name, event_type === "uninstall" ? undefined : facts.eventName)
      assert.strictEqual(data.custom_event_type, event_type === "uninstall" ? undefined : "other")
      assert.strictEqual(data.timestamp_unixtime_ms, given.time)
      assert.strictEqual(data.source_message_id, given.id)
      assert.strictEqual(parity.source_request_id, given.id)
      const email = facts.identities.includes("email")
        ? Reflect.get(given.properties, "email_address")
        : undefined
      assert.deepStrictEqual(parity.user_identities, {
        ...(email === undefined ? {} : { email }),
        customer_id: given.user.externalId ?? ""
      })
      const mobile = facts.mobile === undefined ? undefined : Reflect.get(given.properties, facts.mobile)
      assert.deepStrictEqual(parity.user_attributes, mobile === undefined ? undefined : { $mobile: mobile })
      for (const member of Object.keys(parity.device_info ?? {})) assert.include(facts.deviceInfo, member)
      // mParticle takes it of iOS and tvOS only; of all others the attribute has it.
      const platform = Reflect.get(given.properties, "platform")
      assert.strictEqual(
        parity.device_info?.["ios_idfv"],
        facts.deviceInfo.includes("ios_idfv") && (platform === "ios" || platform === "tvos")
          ? given.user.deviceId
          : undefined
      )
      const allowed = Reflect.get(given.properties, "ad_tracking_enabled")
      if (facts.deviceInfo.includes("limit_ad_tracking")) {
        assert.strictEqual(
          parity.device_info?.["limit_ad_tracking"],
          allowed === undefined ? undefined : !allowed
        )
      }
    }
  })

  it("extended loses no value", () => {
    for (const { extended, in: given } of documented) {
      const text = JSON.stringify(extended)
      const values = [given.type, given.id, ...Object.values(given.user), ...Object.values(given.properties)]
      for (const value of values) {
        if (
          typeof value === "string" &&
          value !== "ios" &&
          value !== "android" &&
          !/_ad_id|_idfa/.test(value)
        ) {
          assert.include(text, JSON.stringify(value).slice(1, -1), given.type)
        }
        if (Array.isArray(value)) assert.include(text, JSON.stringify(JSON.stringify(value)))
      }
    }
  })
})

describe("any event", () => {
  it("becomes a valid mParticle batch in both profiles, whatever its type", () => {
    const sample = Sample.make({ seed: 20_261_122, users: 300 })
    const subjects = (["parity", "extended"] as const).map((profile) =>
      open({ profile, identity: { anonymous: "send", sourceId: "other" } })
    )
    let checked = 0
    for (const [index, type] of typeNames.entries()) {
      for (let round = 0; round < 8; round++) {
        const given = sample.event(type, index * 1000 + round, time + round)
        const before = JSON.stringify(given)
        for (const subject of subjects) {
          const assignment = subject.assign(given)
          if (assignment._tag === "Skip") continue
          const batch = batchOf(subject, assignment.lane, given)
          assert.deepStrictEqual(BatchSchema.validateBatch(batch), [], type)
          assert.isTrue(batch.user_identities !== undefined || batch.device_info !== undefined)
          assert.deepStrictEqual(batchOf(subject, assignment.lane, given), batch)
          checked++
        }
        assert.strictEqual(JSON.stringify(given), before)
      }
    }
    assert.isAbove(checked, 1500)
  })

  it("is sent with all properties where Braze documents no payload, but for what Braze never sends in parity", () => {
    const given = event(
      "users.behaviors.CustomEvent",
      {
        name: "Saw film",
        custom_properties: { stars: 5 },
        os_version: "19.1",
        tags: ["a"],
        ad_tracking_enabled: true
      },
      { externalId: "c", sourceId: "braze-1", deviceId: uuid, timezone: "Asia/Tokyo" }
    )
    const both = {
      source_request_id: given.id,
      device_id: uuid,
      name: "Saw film",
      custom_properties: '{"stars":5}'
    }
    const parity = batchOf(open(), "unbound", given)
    assert.deepStrictEqual(attributesOf(parity), both)
    assert.deepStrictEqual(parity.device_info, { limit_ad_tracking: false })
    const extended = batchOf(open({ profile: "extended", nativeEvents: false }), "unbound", given)
    assert.deepStrictEqual(attributesOf(extended), {
      ...both,
      braze_event_type: given.type,
      user_id: "braze-1",
      timezone: "Asia/Tokyo",
      tags: '["a"]'
    })
    assert.deepStrictEqual(extended.device_info, { os_version: "19.1", limit_ad_tracking: false })
  })

  it("tells LINE, RCS and SMS apart in extended, as Braze names them in parity", () => {
    const name = (profile: "parity" | "extended", type: Braze.TypeName) =>
      batchOf(open({ profile }), "unbound", event(type)).events[0]!.data.event_name
    assert.strictEqual(name("parity", "users.messages.line.Click"), "Clicks")
    assert.strictEqual(name("parity", "users.messages.rcs.Click"), "Clicks")
    assert.strictEqual(name("extended", "users.messages.line.Click"), "LINE Clicks")
    assert.strictEqual(name("extended", "users.messages.rcs.Click"), "RCS Clicks")
  })

  it("spells platforms as mParticle does and keeps in extended what has no spelling", () => {
    const device = (profile: "parity" | "extended", platform: unknown) => {
      const batch = batchOf(open({ profile }), "unbound", opened({ platform }))
      return [batch.device_info?.["platform"], attributesOf(batch)["platform"]]
    }
    const table = {
      ios: "iOS",
      android: "Android",
      web: "web",
      tvos: "tvOS",
      roku: "roku",
      kindle: "Android"
    }
    for (const [platform, spelled] of Object.entries(table)) {
      assert.deepStrictEqual(device("parity", platform), [spelled, undefined])
      assert.deepStrictEqual(device("extended", platform), [
        spelled,
        platform === "kindle" ? "kindle" : undefined
      ])
    }
    for (const odd of ["visionos", "iOS", "constructor", "__proto__"]) {
      assert.deepStrictEqual(device("parity", odd), [undefined, undefined])
      assert.deepStrictEqual(device("extended", odd), [undefined, odd])
    }
    assert.deepStrictEqual(device("parity", 7), [undefined, undefined])
  })

  it.each(["parity", "extended"] as const)(
    "takes a device id for ios_idfv only of Apple's devices and where it is a UUID, in %s",
    (profile) => {
      const apps = [
        { appId: "iphone", feed: "ios" as const },
        { appId: "robot", feed: "android" as const }
      ]
      // Every feed is one: the lane does not tell whose device it was.
      const one = pair("one")
      const credentials = { ios: one, android: one, web: one, unbound: one, apps }
      const told = (properties: object, deviceId = uuid) => {
        const batch = batchOf(
          open({ profile }, credentials),
          "ios",
          opened(properties, { externalId: "c", deviceId })
        )
        assert.strictEqual(attributesOf(batch)["device_id"], deviceId)
        return batch.device_info?.["ios_idfv"]
      }
      assert.strictEqual(told({ platform: "ios" }), uuid)
      assert.strictEqual(told({ platform: "tvos" }), uuid)
      assert.strictEqual(told({ platform: "tvos", app_id: "robot" }), uuid)
      assert.strictEqual(told({ app_id: "iphone" }), uuid)
      assert.strictEqual(told({ app_id: "iphone", platform: null }), uuid)
      for (const others of [
        { platform: "android" },
        { platform: "web" },
        { platform: "roku" },
        { platform: "kindle" },
        { platform: "android", app_id: "iphone" },
        { app_id: "robot" },
        { app_id: "another" },
        {}
      ]) {
        assert.isUndefined(told(others), JSON.stringify(others))
      }
      const bad = [
        "ios_idfv",
        uuid.replaceAll("-", ""),
        `${uuid}0`,
        uuid.replace("8", "g"),
        uuid.replace("-", "8"),
        "00000000-0000-0000-0000-000000000000"
      ]
      for (const deviceId of bad) assert.isUndefined(told({ platform: "ios" }, deviceId), deviceId)
    }
  )

  it.each(["parity", "extended"] as const)(
    "puts an advertising id where its kind belongs, and says that tracking is limited where it is not allowed, in %s",
    (profile) => {
      const kinds = {
        ios_idfa: "ios_advertising_id",
        google_ad_id: "android_advertising_id",
        windows_ad_id: "microsoft_advertising_id",
        roku_ad_id: "roku_advertising_id"
      }
      for (const [ad_id_type, member] of Object.entries(kinds)) {
        for (const ad_tracking_enabled of [true, false]) {
          const given = opened({ ad_id: other, ad_id_type, ad_tracking_enabled })
          const batch = batchOf(open({ profile }), "ios", given)
          assert.deepStrictEqual(batch.device_info, {
            [member]: other,
            limit_ad_tracking: !ad_tracking_enabled
          })
          for (const field of ["ad_id", "ad_tracking_enabled"]) assert.notProperty(attributesOf(batch), field)
        }
      }
      const unsaid = batchOf(open({ profile }), "ios", opened({ ad_id: other, ad_id_type: "ios_idfa" }))
      assert.notProperty(unsaid.device_info, "limit_ad_tracking")
      // The nil id of those who opted out would merge them all.
      const nil = opened({ ad_id: "00000000-0000-0000-0000-000000000000", ad_id_type: "ios_idfa" })
      const batch = batchOf(open({ profile }), "ios", nil)
      assert.isUndefined(batch.device_info)
      assert.strictEqual(attributesOf(batch)["ad_id_type"], profile === "extended" ? "ios_idfa" : undefined)
    }
  )

  it("is treated as if a redacted value were absent", () => {
    const given = event(
      "users.messages.sms.Delivery",
      { campaign_name: "[REDACTED]", to_phone_number: "[REDACTED]", dispatch_id: "d" },
      { externalId: "c", sourceId: "[REDACTED]", deviceId: "[REDACTED]", timezone: "[REDACTED]" }
    )
    for (const profile of ["parity", "extended"] as const) {
      const batch = batchOf(open({ profile, identity: { sourceId: "other" } }), "unbound", given)
      assert.notInclude(JSON.stringify(batch), "REDACTED")
      assert.deepStrictEqual(batch.user_identities, { customer_id: "c" })
    }
  })

  it("cannot break the mapping with hostile values", () => {
    const loop: { [name: string]: unknown } = {}
    loop["loop"] = loop
    const properties = JSON.parse(
      '{"__proto__": "proto", "constructor": {"toString": null}, "": "nameless", "ok": "ok"}'
    )
    Object.assign(properties, {
      campaign_name: loop,
      campaign_id: Symbol("s"),
      send_id: () => 0,
      dispatch_id: 10n,
      platform: { toString: null },
      app_id: ["x"],
      ad_tracking_enabled: "yes",
      os_version: 19,
      device_model: null,
      lone: "\ud800"
    })
    for (const profile of ["parity", "extended"] as const) {
      const subject = open({ profile })
      const given = opened(properties)
      assert.strictEqual(subject.assign(given)._tag, "To")
      const batch = batchOf(subject, "ios", given)
      assert.deepStrictEqual(BatchSchema.validateBatch(batch), [])
      assert.strictEqual(attributesOf(batch)["dispatch_id"], "10")
      assert.notProperty(attributesOf(batch), "campaign_name")
      if (profile === "extended") {
        assert.strictEqual(Object.getOwnPropertyDescriptor(attributesOf(batch), "__proto__")?.value, "proto")
        assert.strictEqual(attributesOf(batch)["millrace_truncated"], "")
      }
    }
  })

  it("is cut to mParticle's limits, and extended tells where", () => {
    const long = "x".repeat(5000)
    const given = opened({ campaign_name: `${"x".repeat(4095)}😀`, send_id: long, ["n".repeat(300)]: "v" })
    const parity = attributesOf(batchOf(open(), "ios", given))
    assert.strictEqual(parity["campaign_name"], "x".repeat(4095))
    assert.strictEqual(parity["send_id"], long.slice(0, 4096))
    assert.notProperty(parity, "millrace_truncated")
    const extended = batchOf(open({ profile: "extended" }), "ios", given)
    assert.strictEqual(attributesOf(extended)["n".repeat(256)], "v")
    assert.strictEqual(
      attributesOf(extended)["millrace_truncated"],
      `campaign_name,send_id,${"n".repeat(300)}`
    )
    const many = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`field_${index}`, "v"]))
    const crowded = batchOf(open({ profile: "extended" }), "ios", opened(many))
    assert.lengthOf(Object.keys(attributesOf(crowded)), 100)
    const left = attributesOf(crowded)["millrace_truncated"]!.split(",")
    assert.lengthOf(left, 150 + 2 - 99)
    assert.deepStrictEqual(BatchSchema.validateBatch(crowded), [])
    const sms = event("users.messages.sms.Delivery", { to_phone_number: long })
    assert.strictEqual(batchOf(open(), "unbound", sms).user_attributes?.["$mobile"]?.length, 4096)
  })

  it("keeps apart in extended what would have one name", () => {
    const subject = open({
      profile: "extended",
      attributes: { "users.messages.pushnotification.Open": { left: "send_id" } }
    })
    const long = "n".repeat(256)
    const given = opened({
      [`${long}-one`]: "1",
      [`${long}-two`]: "2",
      [`${long}-three`]: "3",
      send_id: "s",
      left: "l",
      timezone: "a field",
      millrace_truncated: "a field too"
    })
    const attributes = attributesOf(
      batchOf(subject, "ios", { ...given, user: { externalId: "c", timezone: "Asia/Tokyo" } })
    )
    const start = long.slice(0, 254)
    assert.deepStrictEqual(
      [attributes[long], attributes[`${start}~2`], attributes[`${start}~3`]],
      ["1", "2", "3"]
    )
    assert.deepStrictEqual([attributes["send_id"], attributes["send_id~2"]], ["s", "l"])
    assert.deepStrictEqual([attributes["timezone"], attributes["timezone~2"]], ["Asia/Tokyo", "a field"])
    assert.strictEqual(attributes["millrace_truncated~2"], "a field too")
    assert.strictEqual(
      attributes["millrace_truncated"],
      [`${long}-one`, `${long}-two`, `${long}-three`, "left", "timezone", "millrace_truncated"].join(",")
    )
    const endless = attributesOf(
      batchOf(subject, "ios", opened({ ["x".repeat(9000)]: "v", ["y".repeat(300)]: "v" }))
    )
    assert.include(endless["millrace_truncated"], `,${"y".repeat(300)}`)
  })

  it("is rejected when its time is in seconds, in microseconds or no number, alone or in a group", () => {
    const subject = open({ grouping: "user" })
    for (const at of [time / 1000, time * 1000, Number.NaN, -1, Infinity]) {
      const given = event("users.canvas.Entry", {}, undefined, at)
      for (const events of [[given], [event("users.canvas.Entry"), given]] as const) {
        const result = subject.prepare(events, "unbound")
        assert.isTrue(Result.isFailure(result) && result.failure.reason === "bad-time")
      }
    }
    const fraction = batchOf(subject, "unbound", event("users.canvas.Entry", {}, undefined, time + 0.4))
    assert.strictEqual(fraction.events[0]!.data.timestamp_unixtime_ms, time)
  })
})

describe("feeds", () => {
  const laneOf = (subject: ReturnType<typeof open>, given: BrazeEvent) => {
    const assignment = subject.assign(given)
    return assignment._tag === "To" ? assignment.lane : `skip ${assignment.reason}`
  }

  it.each([
    ["ios", "ios"],
    ["tvos", "ios"],
    ["android", "android"],
    ["kindle", "android"],
    ["web", "web"],
    ["roku", "unbound"],
    ["visionos", "unbound"],
    [undefined, "unbound"],
    [null, "unbound"],
    ["toString", "unbound"]
  ])("platform %s of an app's event goes to %s", (platform, lane) => {
    assert.strictEqual(laneOf(open(), opened({ platform })), lane)
  })

  it("events of no app are unbound whatever fields they carry", () => {
    const subject = open({}, { ...everyFeed, apps: [{ appId: "a1", feed: "ios", ...pair("a1") }] })
    for (const type of typeNames.filter((type) => !Braze.isAppLevel(type))) {
      const given = event(type, { platform: "ios", app_id: "a1" })
      assert.strictEqual(laneOf(subject, given), "unbound", type)
    }
  })

  it("an app's own feed goes before that of its platform", () => {
    const subject = open({}, { ...everyFeed, apps: [{ appId: "a1", feed: "ios", ...pair("a1") }] })
    assert.strictEqual(laneOf(subject, opened({ platform: "android", app_id: "a1" })), "app:a1")
    assert.strictEqual(laneOf(subject, opened({ platform: "android", app_id: "a2" })), "android")
    assert.strictEqual(laneOf(subject, opened({ platform: "android" })), "android")
    assert.deepStrictEqual(
      subject.lanes.map(({ name }) => name),
      ["ios", "android", "web", "unbound", "app:a1"]
    )
  })

  it("an app without a pair of its own takes that of its platform, with events that tell none", () => {
    const apps = [
      { appId: "a1", feed: "ios" as const },
      { appId: "a2", feed: "web" as const },
      { appId: "a3", feed: "android" as const, ...pair("a3") }
    ]
    const { web: _, ...noWeb } = everyFeed
    const subject = open({}, { ...noWeb, apps })
    assert.deepStrictEqual(
      subject.lanes.map(({ name }) => name),
      ["ios", "android", "unbound", "app:a3"]
    )
    const uninstall = (app_id: string, given = subject) =>
      laneOf(given, event("users.behaviors.Uninstall", { app_id }))
    assert.strictEqual(uninstall("a1"), "ios")
    assert.strictEqual(uninstall("a2"), "skip missing-feed")
    assert.strictEqual(uninstall("a3"), "app:a3")
    assert.strictEqual(uninstall("a4"), "unbound")
    assert.strictEqual(laneOf(subject, opened({ platform: null, app_id: "a1" })), "ios")
    assert.strictEqual(uninstall("a2", open({ missingFeed: "hold" }, { ...noWeb, apps })), "web")
    assert.strictEqual(uninstall("a2", open({ missingFeed: "unbound" }, { ...noWeb, apps })), "unbound")
    assert.strictEqual(laneOf(subject, event("users.canvas.Conversion", { app_id: "a1" })), "unbound")
  })

  const warned = (
    credentials: Parameters<typeof open>[1],
    types: Iterable<string> = MParticleFacts.selected,
    settings: Parameters<typeof open>[0] = {}
  ) => open(settings, credentials).warnings?.(new Set(types)) ?? []
  const isOfFeeds = (warning: string) => /^there is no pair for feed|are the same pair/.test(warning)

  it("warns of a feed that events are for and that has no pair, and of two that have the same", () => {
    const told = (...given: Parameters<typeof warned>) => warned(...given).filter(isOfFeeds)
    const skipped = (feed: string) =>
      `there is no pair for feed ${feed}: its events are skipped, and counted so; add credentials.${feed} if they are wanted`
    assert.deepStrictEqual(told(everyFeed), [])
    const { unbound, web, ...mobile } = everyFeed
    assert.deepStrictEqual(told(mobile), [skipped("web"), skipped("unbound")])
    assert.deepStrictEqual(told({ ...mobile, unbound }, ["users.canvas.Entry"]), [])
    assert.deepStrictEqual(told({ ...mobile, web }, ["users.messages.pushnotification.Open"]), [])
    for (const missingFeed of ["hold", "unbound"] as const) {
      assert.deepStrictEqual(told({ ...mobile, unbound }, undefined, { missingFeed }), [])
    }
    const app = { appId: "a1", feed: "web" as const }
    assert.deepStrictEqual(told({ ...mobile, unbound, apps: [{ ...app, ...pair("app") }] }), [])
    assert.deepStrictEqual(told({ ...mobile, unbound, apps: [app] }), [skipped("web")])
    assert.deepStrictEqual(told({ ...everyFeed, web: mobile.ios }), [
      "credentials.web and credentials.ios are the same pair: the events of both go by lane ios, into one feed"
    ])
  })

  it("warns of fields of parity that share one name, since one of them alone is sent", () => {
    const type = "users.messages.email.Open"
    const attributes = { [type]: { campaign_name: "name", canvas_name: "name", user_agent: null } }
    const told = (settings: Parameters<typeof open>[0]) => warned(everyFeed, [type], settings)
    assert.deepStrictEqual(told({ attributes }), [
      `attributes.${type}: campaign_name, canvas_name have the one name name: of an event with several of them only the last is sent; give each a name of its own`
    ])
    // There the second gets another name.
    assert.deepStrictEqual(told({ attributes, profile: "extended" }), [])
  })

  it("warns of selected types that can only go to unbound, which no output of a platform sees", () => {
    const told = (...given: Parameters<typeof warned>) => warned(...given).filter((text) => !isOfFeeds(text))
    const [ofApps, ofNone, ...more] = told(everyFeed)
    assert.deepStrictEqual(more, [])
    assert.strictEqual(
      ofApps,
      "users.behaviors.Uninstall, users.messages.liveactivity.Outcome, users.messages.liveactivity.Send tell their app and no platform: they can only go to the unbound feed, which outputs of a platform never see; name your apps under credentials.apps, a pair of their own is not needed"
    )
    assert.strictEqual(
      ofNone,
      "users.messages.contentcard.Abort, users.messages.contentcard.Send tell neither app nor platform: they can only go to the unbound feed, which outputs of a platform never see; leave them out with `except` if that is no use"
    )
    const apps = [{ appId: "a1", feed: "ios" as const }]
    assert.deepStrictEqual(told({ ...everyFeed, apps }), [ofNone ?? ""])
    assert.deepStrictEqual(told(everyFeed, ["users.behaviors.Uninstall", "users.canvas.Entry"]).length, 1)
    assert.deepStrictEqual(told(everyFeed, ["users.messages.pushnotification.Open"]), [])
    const { unbound: _, ...platforms } = everyFeed
    assert.include(told(platforms)[0], "they are skipped, since there is no unbound feed")
    // One feed for all, or none that acts as a platform: nothing is out of anyone's sight that was meant to be in it.
    const one = pair("one")
    assert.deepStrictEqual(told({ ios: one, unbound: one }), [])
    assert.deepStrictEqual(told({ unbound: one }), [])
    assert.deepStrictEqual(told({ ios: one, apps: [{ appId: "a2", feed: "web" }] }, []), [
      "credentials.apps.0: the app a2 has no pair of its own and feed web has none either, so its events are skipped; add one of the two"
    ])
    assert.deepStrictEqual(
      told({ ios: one, apps: [{ appId: "a2", feed: "web" }] }, [], { missingFeed: "hold" }),
      []
    )
    // What it warns of is so: none of these reaches a platform's feed, whatever the event tells.
    for (const type of typeNames) {
      const isWarned = told(everyFeed, [type]).length > 0
      const placed = laneOf(open(), event(type, { platform: "ios" }))
      const fields = MParticleFacts.facts.get(type)!.fields
      assert.strictEqual(isWarned, Braze.isAppLevel(type) && !fields.has("platform"), type)
      if (!Braze.isAppLevel(type)) assert.strictEqual(placed, "unbound")
    }
  })

  it("a pair given again shares the lane where it stands first", () => {
    const subject = open(
      {},
      {
        ios: pair("one"),
        web: pair("one"),
        unbound: pair("two"),
        apps: [{ appId: "a1", feed: "android", ...pair("two") }]
      }
    )
    assert.deepStrictEqual(
      subject.lanes.map(({ name }) => name),
      ["ios", "unbound"]
    )
    assert.strictEqual(laneOf(subject, opened({ platform: "web" })), "ios")
    assert.strictEqual(laneOf(subject, opened({ platform: "ios" })), "ios")
    assert.strictEqual(laneOf(subject, opened({ platform: "web", app_id: "a1" })), "unbound")
    assert.strictEqual(laneOf(subject, opened({ platform: "android" })), "skip missing-feed")
  })

  it("a feed without credentials is skipped, held, or sent to unbound, as set", () => {
    const given = { ios: pair("ios"), unbound: pair("unbound") }
    assert.strictEqual(laneOf(open({}, given), opened({ platform: "web" })), "skip missing-feed")
    assert.strictEqual(
      laneOf(open({}, { ios: pair("ios") }), event("users.canvas.Entry")),
      "skip missing-feed"
    )
    const hold = open({ missingFeed: "hold" }, given)
    assert.strictEqual(laneOf(hold, opened({ platform: "web" })), "web")
    assert.deepStrictEqual(
      hold.lanes.map(({ held, name }) => [name, held]),
      [
        ["ios", undefined],
        ["unbound", undefined],
        ["android", "no-credentials"],
        ["web", "no-credentials"]
      ]
    )
    assert.strictEqual(
      laneOf(open({ missingFeed: "unbound" }, given), opened({ platform: "web" })),
      "unbound"
    )
  })

  it("a lane's mark tells the same key at the same place, and not the key", () => {
    const mark = (settings: Parameters<typeof open>[0], name: string) =>
      open(settings, { ios: pair(name) }).lanes[0]!.mark
    assert.strictEqual(mark({ pod: "us1" }, "one"), mark({ pod: "us1", profile: "extended" }, "one"))
    assert.notStrictEqual(mark({ pod: "us1" }, "one"), mark({ pod: "eu1" }, "one"))
    assert.notStrictEqual(mark({ pod: "us1" }, "one"), mark({ pod: "us1" }, "two"))
    assert.notInclude(mark({ pod: "us1" }, "one"), "one")
  })

  it("events before the date have lanes of their own", () => {
    const subject = open({ historicalBefore: "2026-06-01" }, { ios: pair("ios"), unbound: pair("unbound") })
    assert.deepStrictEqual(
      subject.lanes.map(({ name }) => name),
      ["ios", "unbound", "ios:historical", "unbound:historical"]
    )
    const before = Date.parse("2026-06-01T00:00:00Z")
    assert.strictEqual(laneOf(subject, event("users.canvas.Entry", {}, undefined, before)), "unbound")
    assert.strictEqual(
      laneOf(subject, event("users.canvas.Entry", {}, undefined, before - 1)),
      "unbound:historical"
    )
    assert.notStrictEqual(subject.lanes[0]!.mark, subject.lanes[2]!.mark)
  })
})

describe("identity", () => {
  const anonymous = { sourceId: "braze-1", deviceId: uuid }

  it("skips events without an external id, counted, before it asks for a feed", () => {
    const subject = open({}, { ios: pair("ios") })
    for (const user of [{}, anonymous, { externalId: "" }, { externalId: "[REDACTED]" }]) {
      assert.deepStrictEqual(subject.assign(event("users.canvas.Entry", {}, user)), {
        _tag: "Skip",
        reason: "anonymous"
      })
    }
  })

  it("sends them with what else identifies them when asked, and skips who is nobody", () => {
    const subject = open({ identity: { anonymous: "send" } })
    const assign = (user: BrazeEvent["user"], properties = {}) =>
      subject.assign(event("users.messages.email.Send", properties, user))
    assert.strictEqual(assign(anonymous)._tag, "To")
    assert.strictEqual(assign({}, { email_address: "a@shop.example" })._tag, "To")
    assert.strictEqual(assign({ deviceId: "no uuid" })._tag, "To")
    for (const nobody of [{ sourceId: "braze-1" }, { deviceId: "[REDACTED]" }, {}]) {
      assert.deepStrictEqual(assign(nobody), { _tag: "Skip", reason: "anonymous" })
    }
    const named = open({ identity: { anonymous: "send", sourceId: "other_id_2" } })
    const given = event("users.canvas.Entry", {}, { sourceId: "braze-1" })
    assert.strictEqual(named.assign(given)._tag, "To")
    assert.deepStrictEqual(batchOf(named, "unbound", given).user_identities, { other_id_2: "braze-1" })
    const device = batchOf(subject, "unbound", event("users.messages.email.Send", {}, anonymous))
    assert.deepStrictEqual(device.user_identities, { other: uuid })
    assert.isUndefined(device.device_info)
    const apple = batchOf(subject, "ios", opened({ platform: "ios" }, anonymous))
    assert.isUndefined(apple.user_identities)
    assert.deepStrictEqual(apple.device_info, { platform: "iOS", ios_idfv: uuid })
  })

  it("sends whoever has a device id, of any platform and in either profile, by an identity that is free", () => {
    for (const profile of ["parity", "extended"] as const) {
      for (const platform of ["android", "web", "roku", undefined]) {
        const given = opened(platform === undefined ? {} : { platform }, anonymous)
        const by = (identity: (typeof Settings.Settings.Encoded)["identity"]) => {
          const subject = open({ profile, identity: { ...identity, anonymous: "send" } })
          assert.strictEqual(subject.assign(given)._tag, "To")
          return batchOf(subject, "unbound", given).user_identities
        }
        assert.deepStrictEqual(by({}), { other: uuid })
        assert.deepStrictEqual(by({ externalId: "other" }), { other_id_2: uuid })
        assert.deepStrictEqual(by({ deviceId: "other_id_9" }), { other_id_9: uuid })
        assert.deepStrictEqual(by({ sourceId: "other" }), { other: "braze-1" })
      }
    }
    const known = opened({ platform: "android" }, { externalId: "c", deviceId: uuid })
    assert.deepStrictEqual(batchOf(open(), "android", known).user_identities, { customer_id: "c" })
  })

  it.each([
    "users.messages.sms.InboundReceive",
    "users.messages.rcs.InboundReceive",
    "users.messages.whatsapp.InboundReceive"
  ] as const)("knows who wrote %s by the number", (type) => {
    const number = "+12025550110"
    const subject = open({ identity: { anonymous: "send" } })
    const from = (user: BrazeEvent["user"]) => event(type, { user_phone_number: number }, user)
    assert.strictEqual(subject.assign(from({}))._tag, "To")
    const unknown = batchOf(subject, "unbound", from({}))
    assert.deepStrictEqual(unknown.user_identities, { mobile_number: number })
    assert.deepStrictEqual(unknown.user_attributes, { $mobile: number })
    assert.deepStrictEqual(BatchSchema.validateBatch(unknown), [])
    assert.deepStrictEqual(batchOf(subject, "unbound", from({ externalId: "c" })).user_identities, {
      customer_id: "c"
    })
    assert.strictEqual(open().assign(from({}))._tag, "Skip")
    // A number that we wrote to says nothing of who answers.
    const sent = event("users.messages.sms.Send", { to_phone_number: number }, {})
    assert.strictEqual(subject.assign(sent)._tag, "Skip")
  })

  it("uses the identity types that are set; the external id wins over the e-mail address", () => {
    const given = event(
      "users.messages.email.Send",
      { email_address: "a@shop.example" },
      { externalId: "cust-1", sourceId: "braze-1" }
    )
    const identities = (identity: (typeof Settings.Settings.Encoded)["identity"]) =>
      batchOf(open({ identity: identity ?? {} }), "unbound", given).user_identities
    assert.deepStrictEqual(identities({}), { email: "a@shop.example", customer_id: "cust-1" })
    assert.deepStrictEqual(identities({ externalId: "email" }), { email: "cust-1" })
    assert.deepStrictEqual(identities({ externalId: "other", sourceId: "alias" }), {
      email: "a@shop.example",
      alias: "braze-1",
      other: "cust-1"
    })
    const extended = batchOf(
      open({ identity: { externalId: "email" }, profile: "extended" }),
      "unbound",
      given
    )
    assert.strictEqual(attributesOf(extended)["email_address"], "a@shop.example")
  })
})

describe("names and attributes of one's own", () => {
  it("rename events and attributes and leave attributes out, in both profiles", () => {
    for (const profile of ["parity", "extended"] as const) {
      const subject = open({
        profile,
        names: { "users.messages.contentcard.Click": "Card tapped", users_canvas_abort: "Journey stopped" },
        attributes: {
          "users.messages.contentcard.Click": { campaign_id: "campaign", send_id: null, card_id: "card" }
        }
      })
      const given = event("users.messages.contentcard.Click", {
        campaign_id: "c",
        send_id: "s",
        content_card_id: "k",
        dispatch_id: "d"
      })
      const batch = batchOf(subject, "ios", given)
      const { campaign, card, campaign_id, send_id, dispatch_id } = attributesOf(batch)
      assert.deepStrictEqual(
        [campaign, card, campaign_id, send_id, dispatch_id],
        ["c", "k", undefined, undefined, "d"]
      )
      assert.strictEqual(batch.events[0]!.data.event_name, "Card tapped")
      const abort = batchOf(subject, "unbound", event("users.canvas.Abort"))
      assert.strictEqual(abort.events[0]!.data.event_name, "Journey stopped")
    }
  })

  it("of two fields with one name the later one that Braze lists is sent, however the record is ordered", () => {
    const type = "users.canvas.Entry"
    const subject = open({
      attributes: { [type]: { canvas_name: "about", canvas_id: "about", canvas_step_id: "device_id" } }
    })
    const sent = (properties: { readonly [field: string]: unknown }) => {
      const { about, device_id } = attributesOf(batchOf(subject, "unbound", event(type, properties)))
      return [about, device_id]
    }
    const whole = { canvas_id: "c", canvas_name: "n", canvas_step_id: "s" }
    assert.deepStrictEqual(sent(whole), ["n", "s"])
    assert.deepStrictEqual(sent(Object.fromEntries(Object.entries(whole).reverse())), ["n", "s"])
    assert.strictEqual(sent({ canvas_id: "c" })[0], "c")
  })

  it("a data plan goes along with every mParticle batch", () => {
    const given = event("users.canvas.Entry")
    const context = (dataPlan: { readonly id: string; readonly version?: number }) => {
      const batch = batchOf(open({ dataPlan }), "unbound", given)
      assert.deepStrictEqual(BatchSchema.validateBatch(batch), [])
      return Reflect.get(batch, "context")
    }
    assert.deepStrictEqual(context({ id: "braze", version: 3 }), {
      data_plan: { plan_id: "braze", plan_version: 3 }
    })
    assert.deepStrictEqual(context({ id: "braze" }), { data_plan: { plan_id: "braze" } })
    assert.notProperty(batchOf(open(), "unbound", given), "context")
  })

  it("a name turns an uninstall into a custom event", () => {
    const names = { "users.behaviors.Uninstall": "Application Uninstalled" }
    const { data, event_type } = batchOf(open({ names }), "ios", event("users.behaviors.Uninstall"))
      .events[0]!
    assert.deepStrictEqual(
      [event_type, data.event_name, data.custom_event_type],
      ["custom_event", "Application Uninstalled", "other"]
    )
  })

  it("custom events go under their own names in extended, and their own properties become attributes", () => {
    const given = event("users.behaviors.CustomEvent", {
      name: "Saw film",
      custom_properties: { stars: 5, cast: ["a"], name: "Alien", app_id: "own", gone: null, secret: "x" },
      app_id: "app"
    })
    const { custom_attributes, ...data } = batchOf(
      open({
        profile: "extended",
        attributes: { "users.behaviors.CustomEvent": { secret: null, stars: "rating" } }
      }),
      "ios",
      given
    ).events[0]!.data
    assert.deepStrictEqual([data.event_name, data.custom_event_type], ["Saw film", "other"])
    assert.deepStrictEqual(custom_attributes, {
      source_request_id: given.id,
      braze_event_type: given.type,
      app_id: "app",
      rating: "5",
      cast: '["a"]',
      name: "Alien",
      "app_id~2": "own",
      millrace_truncated: "app_id"
    })
    const named = (settings: Parameters<typeof open>[0], properties: object = given.properties) =>
      batchOf(open(settings), "ios", event(given.type, { ...properties })).events[0]!.data
    assert.strictEqual(named({}).event_name, "Custom Events")
    assert.strictEqual(named({ nativeEvents: true }).event_name, "Saw film")
    assert.strictEqual(named({ profile: "extended", nativeEvents: false }).event_name, "Custom Events")
    const names = { [given.type]: "App" }
    assert.strictEqual(named({ profile: "extended", names }).event_name, "App")
    assert.strictEqual(named({ profile: "extended", names }).custom_attributes["name"], "Saw film")
    const attributes = { [given.type]: { name: null, custom_properties: "all" } }
    const hidden = named({ profile: "extended", attributes })
    assert.strictEqual(hidden.event_name, "Custom Events")
    assert.notProperty(hidden.custom_attributes, "name")
    assert.include(hidden.custom_attributes["all"], '"stars":5')
    for (const name of [undefined, null, "", "[REDACTED]", 7]) {
      assert.strictEqual(named({ profile: "extended" }, { name }).event_name, "Custom Events")
    }
    const long = named({ profile: "extended" }, { name: "n".repeat(300) })
    assert.strictEqual(long.event_name, "n".repeat(256))
    assert.strictEqual(long.custom_attributes["name"], "n".repeat(300))
  })

  it("purchases are commerce events in extended", () => {
    const given = event("users.behaviors.Purchase", {
      product_id: "sku-1",
      price: 12.5,
      currency: "EUR",
      purchase_properties: { colour: "red" }
    })
    const sent = (settings: Parameters<typeof open>[0], properties: object = {}) => {
      const batch = batchOf(open(settings), "ios", event(given.type, { ...given.properties, ...properties }))
      assert.deepStrictEqual(BatchSchema.validateBatch(batch), [])
      return batch.events[0]!
    }
    const { data, event_type } = sent({ profile: "extended" })
    assert.strictEqual(event_type, "commerce_event")
    assert.deepStrictEqual(JSON.parse(JSON.stringify(data)), {
      product_action: {
        action: "purchase",
        transaction_id: given.id,
        total_amount: 12.5,
        products: [{ id: "sku-1", name: "sku-1", price: 12.5, quantity: 1, total_product_amount: 12.5 }]
      },
      currency_code: "EUR",
      timestamp_unixtime_ms: given.time,
      source_message_id: given.id,
      custom_attributes: { source_request_id: given.id, braze_event_type: given.type, colour: "red" }
    })
    assert.strictEqual(sent({ nativeEvents: true }).event_type, "commerce_event")
    const odd = sent({ profile: "extended" }, { currency: "euros" })
    assert.notProperty(odd.data, "currency_code")
    assert.strictEqual(odd.data.custom_attributes["currency"], "euros")
    const names = { [given.type]: "Bought" }
    const attributes = { [given.type]: { price: null } }
    for (const plain of [
      sent({}),
      sent({ profile: "extended", nativeEvents: false }),
      sent({ profile: "extended", names }),
      sent({ profile: "extended", attributes }),
      sent({ profile: "extended" }, { price: "12" }),
      sent({ profile: "extended" }, { price: Number.NaN }),
      sent({ profile: "extended" }, { product_id: "[REDACTED]" })
    ]) {
      assert.strictEqual(plain.event_type, "custom_event")
    }
    assert.notInclude(JSON.stringify(sent({ profile: "extended", attributes })), "12.5")
  })

  it("card_id stands for content_card_id without being asked", () => {
    const given = event("users.messages.contentcard.Click", { content_card_id: "k" })
    assert.strictEqual(attributesOf(batchOf(open({ profile: "extended" }), "ios", given))["card_id"], "k")
  })
})

describe("grouping by user", () => {
  const subject = open({ grouping: "user" })
  const groupOf = (given: BrazeEvent) => {
    const assignment = subject.assign(given)
    return assignment._tag === "To" ? assignment.group : undefined
  }

  it("groups by the person, or by the device where nobody is named", () => {
    const base = event("users.canvas.Entry", {}, { externalId: "c" })
    const same = [
      event("users.campaigns.EnrollInControl", {}, { externalId: "c" }),
      event("users.messages.email.Send", { email_address: "a@shop.example" }, { externalId: "c" }),
      event("users.messages.sms.Send", { to_phone_number: "+12025550110" }, { externalId: "c" })
    ]
    for (const other of same) assert.strictEqual(groupOf(other), groupOf(base))
    assert.notStrictEqual(groupOf(event("users.canvas.Entry", {}, { externalId: "d" })), groupOf(base))
    assert.isUndefined(Reflect.get(open().assign(base), "group"))
    assert.strictEqual(subject.limits.messageEvents, 100)
    assert.strictEqual(open().limits.messageEvents, 1)
  })

  it("keeps apart events of another device, or of none", () => {
    const tell = (properties: object, deviceId?: string) =>
      opened(properties, { externalId: "c", ...(deviceId === undefined ? {} : { deviceId }) })
    const iphone = { platform: "ios", device_model: "iPhone17,1" }
    const base = groupOf(tell(iphone))
    assert.strictEqual(groupOf(tell({ ...iphone, app_id: "a" })), base)
    for (const others of [tell({ platform: "ios" }), tell({}), tell(iphone, uuid), tell({}, uuid)]) {
      assert.notStrictEqual(groupOf(others), base)
    }
    const android = { platform: "android" }
    assert.strictEqual(
      groupOf(tell({ ...android, device_model: "Pixel 9" }, uuid)),
      groupOf(tell(android, uuid))
    )
    // Of a device of which nothing is told nothing can be lent.
    assert.strictEqual(groupOf(tell({}, uuid)), groupOf(tell({})))
    assert.strictEqual(groupOf(tell({}, uuid)), groupOf(tell({}, other)))
    assert.notStrictEqual(groupOf(tell(iphone, uuid)), groupOf(tell(iphone, other)))
    const names = (events: readonly [BrazeEvent, ...ReadonlyArray<BrazeEvent>]) => {
      const result = subject.prepare(events, "ios")
      return Result.isFailure(result) ? result.failure.reason : batchOf(subject, "ios", ...events).device_info
    }
    const named = { platform: "iOS", device_model: "iPhone17,1", ios_idfv: uuid }
    const [full, bare] = [tell(iphone, uuid), tell({}, uuid)]
    assert.deepStrictEqual(names([bare, full, bare]), named)
    for (const apart of [
      [full, tell({})],
      [tell({}), full],
      [full, tell({}, other)],
      [full, tell({ platform: "android" }, uuid)],
      [bare, tell({}), full]
    ] as const) {
      assert.strictEqual(names(apart), "mixed-heads")
    }
  })

  it.each(["parity", "extended"] as const)("says of each event in %s what it says of it alone", (profile) => {
    const subject = open({ profile, grouping: "user", identity: { anonymous: "send" } })
    const sample = Sample.make({ seed: 11, users: 3 })
    const groups = new Map<string, Array<BrazeEvent>>()
    for (const [index, type] of typeNames.entries()) {
      for (let round = 0; round < 6; round++) {
        const given = sample.event(type, index * 10 + round, time + round)
        // What mParticle has no word for must not hide behind what another event says.
        const odd = {
          ...given,
          properties: { ...given.properties, ad_id_type: "another", platform: "another" }
        }
        for (const one of round % 2 === 0
          ? [given]
          : [given, { ...odd, id: `${given.id}-odd` } as BrazeEvent]) {
          const assignment = subject.assign(one)
          if (assignment._tag === "Skip") continue
          const key = `${assignment.lane} ${assignment.group}`
          groups.set(key, [...(groups.get(key) ?? []), one])
        }
      }
    }
    /** What the core makes of a group: halves of what is rejected, until the parts agree. */
    const sent = (events: ReadonlyArray<BrazeEvent>): ReadonlyArray<ReadonlyArray<BrazeEvent>> => {
      const [first, ...others] = events
      if (first === undefined) return []
      if (Result.isSuccess(subject.prepare([first, ...others], "unbound"))) return [events]
      const half = Math.ceil(events.length / 2)
      return [...sent(events.slice(0, half)), ...sent(events.slice(half))]
    }
    let together = 0
    for (const [first, ...others] of [...groups.values()].flatMap(sent)) {
      if (first === undefined || others.length === 0) continue
      const batch = batchOf(subject, "unbound", first, ...others)
      assert.deepStrictEqual(BatchSchema.validateBatch(batch), [])
      for (const [index, one] of [first, ...others].entries()) {
        const alone = batchOf(subject, "unbound", one)
        assert.deepStrictEqual(batch.events[index], alone.events[0])
        // Of its own device an event may say less than another, and nothing else.
        for (const [member, value] of Object.entries(alone.device_info ?? {}))
          assert.strictEqual(batch.device_info?.[member], value)
        if (one.user.deviceId === undefined || one.user.deviceId !== first.user.deviceId)
          assert.deepStrictEqual(batch.device_info, alone.device_info)
        for (const [type, identity] of Object.entries(alone.user_identities ?? {})) {
          assert.strictEqual(batch.user_identities?.[type], identity)
        }
        together++
      }
    }
    assert.isAbove(together, 200)
  })

  it("tells in one batch what its events tell together of the user, and rejects events that contradict each other", () => {
    const of = (id: string, deviceModel: string | undefined) => ({
      ...event(
        "users.messages.pushnotification.Open",
        { platform: "ios", ...(deviceModel === undefined ? {} : { device_model: deviceModel }) },
        { externalId: "c" }
      ),
      id
    })
    const mail = {
      ...event("users.messages.email.Send", { email_address: "a@shop.example" }, { externalId: "c" }),
      id: "m"
    }
    const sms = {
      ...event("users.messages.sms.Send", { to_phone_number: "+12025550110" }, { externalId: "c" }),
      id: "s"
    }
    const entry = { ...event("users.canvas.Entry", {}, { externalId: "c" }), id: "e" }
    const batch = batchOf(subject, "unbound", entry, mail, sms)
    assert.deepStrictEqual(batch.user_identities, { email: "a@shop.example", customer_id: "c" })
    assert.deepStrictEqual(batch.user_attributes, { $mobile: "+12025550110" })
    assert.isUndefined(batch.device_info)
    assert.lengthOf(batch.events, 3)
    for (const apart of [
      [of("a", "iPhone17,1"), of("b", "Pixel 9")],
      [of("a", undefined), of("b", "iPhone17,1")],
      [mail, of("b", undefined)],
      [of("b", undefined), mail]
    ] as const) {
      const mixed = subject.prepare(apart, "unbound")
      assert.strictEqual(Result.isFailure(mixed) && mixed.failure.reason, "mixed-heads")
    }
  })

  it("makes one batch of a group with an id of its events in their order, the same in every feed", () => {
    const events = [1, 2, 3].map((index) => ({ ...eventOf("users.canvas.Entry"), id: `e${index}` })) as [
      BrazeEvent,
      BrazeEvent,
      BrazeEvent
    ]
    const batch = batchOf(subject, "unbound", ...events)
    assert.deepStrictEqual(
      batch.events.map(({ data }) => data.source_message_id),
      ["e1", "e2", "e3"]
    )
    assert.deepStrictEqual(BatchSchema.validateBatch(batch), [])
    assert.strictEqual(batchOf(subject, "ios", ...events).source_request_id, batch.source_request_id)
    const [first, second, third] = events
    const ids = [
      batch,
      batchOf(subject, "unbound", second, first, third),
      batchOf(subject, "unbound", first, second),
      batchOf(subject, "unbound", first)
    ].map(({ source_request_id }) => source_request_id)
    assert.lengthOf(new Set(ids), 4)
    assert.strictEqual(ids[3], "e1")
  })
})

describe("settings and credentials", () => {
  const problem = (settings: unknown, credentials: unknown = everyFeed) => {
    const made = mparticle.fromUnknown({ settings, credentials: Effect.succeed(credentials) })
    const error = Effect.runSync(Effect.flip(Effect.flatMap(Effect.fromResult(made), ({ open }) => open)))
    assert.notMatch(inspect(error, { depth: 9 }) + JSON.stringify(error), /hunter|s3cret/)
    return error.message
  }

  it.each([
    [{}, "exactly one of pod and baseUrl"],
    [{ pod: "us1", baseUrl: "http://127.0.0.1" }, "exactly one of pod and baseUrl"],
    [{ pod: "us3" }, "settings.pod"],
    [{ pod: "us1", batchSize: 1 }, "settings.batchSize"],
    [{ baseUrl: "https://hunter:hunter@host" }, "settings.baseUrl"],
    [{ pod: "us1", identity: { externalId: "customerid" } }, "settings.identity.externalId"],
    [{ pod: "us1", identity: { sourceId: "customer_id" } }, "settings.identity.sourceId"],
    [{ pod: "us1", identity: { deviceId: "customer_id" } }, "settings.identity.deviceId"],
    [{ pod: "us1", identity: { deviceId: "other", sourceId: "other" } }, "settings.identity.deviceId"],
    [{ pod: "us1", nativeEvents: "yes" }, "settings.nativeEvents"],
    [{ pod: "us1", dataPlan: { id: "" } }, "settings.dataPlan.id"],
    [{ pod: "us1", dataPlan: { id: "p", version: 0 } }, "settings.dataPlan.version"],
    [{ pod: "us1", dataPlan: { id: "p", version: 1.5 } }, "settings.dataPlan.version"],
    [{ pod: "us1", dataPlan: { version: 1 } }, "settings.dataPlan.id"],
    [{ pod: "us1", identity: { anonymous: "hunter" } }, "settings.identity.anonymous"],
    [{ pod: "us1", missingFeed: "drop" }, "settings.missingFeed"],
    [{ pod: "us1", window: "a while" }, "settings.window"],
    [{ pod: "us1", window: "2 hours" }, "settings.window"],
    [{ pod: "us1", historicalBefore: "last May" }, "settings.historicalBefore"],
    [{ pod: "us1", historicalBefore: "2026-13-01" }, "settings.historicalBefore"],
    [{ pod: "us1", names: { "users.nothing": "x" } }, "settings.names.users.nothing"],
    [{ pod: "us1", names: { "users.canvas.Entry": "" } }, "settings.names.users.canvas.Entry"],
    [{ pod: "us1", names: { "users.canvas.Entry": "x".repeat(257) } }, "settings.names.users.canvas.Entry"],
    [
      { pod: "us1", attributes: { "users.canvas.Entry": { canvas_id: 1 } } },
      "settings.attributes.users.canvas.Entry.canvas_id"
    ]
  ])("%j fails and names what is wrong", (settings, message) => {
    assert.include(problem(settings), message)
  })

  it.each([
    [{}, "at least one mParticle feed"],
    [{ ios: { key: "hunter", secret: Redacted.make("s3cret") } }, "credentials.ios.key"],
    [{ web: { key: Redacted.make("hunter"), secret: "s3cret" } }, "credentials.web.secret"],
    [
      { web: { key: Redacted.make("hunter:2"), secret: Redacted.make("s3cret") } },
      "credentials.web.key: expected a key without a colon"
    ],
    [{ web: { key: Redacted.make("hunter"), secret: Redacted.make("") } }, "credentials.web.secret"],
    [{ web: { key: Redacted.make("hunter") } }, "credentials.web.secret"],
    [{ roku: pair("hunter") }, "credentials.roku"],
    [{ apps: [{ appId: "a", feed: "tv", ...pair("hunter") }] }, "credentials.apps.0.feed"],
    [{ apps: [{ appId: "a", feed: "ios" }] }, "at least one mParticle feed"],
    [
      { apps: [{ appId: "a", feed: "ios", key: Redacted.make("hunter") }] },
      "credentials.apps.0.secret: expected key and secret of the app's own feed, or neither"
    ],
    [{ apps: [{ appId: "a", feed: "ios", secret: Redacted.make("s3cret") }] }, "credentials.apps.0.key"],
    [
      {
        ios: pair("hunter"),
        apps: [
          { appId: "a", feed: "ios" },
          { appId: "a", feed: "web" }
        ]
      },
      "credentials.apps.0 and credentials.apps.1 have the same appId"
    ],
    [
      {
        ios: pair("hunter"),
        apps: [{ appId: "a", feed: "ios", key: Redacted.make("hunter-key"), secret: Redacted.make("s3cret") }]
      },
      "credentials.ios and credentials.apps.0 have the same key and different secrets"
    ],
    [
      {
        apps: [
          { appId: "a", feed: "ios", ...pair("hunter") },
          { appId: "a", feed: "web", ...pair("other") }
        ]
      },
      "credentials.apps.0 and credentials.apps.1 have the same appId"
    ]
  ])("credentials %# fail and name the path, never the value", (credentials, message) => {
    assert.include(problem({ pod: "us1" }, credentials), message)
  })

  it("missing feeds cannot go to an unbound feed that is missing too", () => {
    assert.include(
      problem({ pod: "us1", missingFeed: "unbound" }, { ios: pair("ios") }),
      "credentials.unbound"
    )
  })

  it("says where each pod is", () => {
    const host = (settings: (typeof Settings.Settings)["Encoded"]) =>
      Settings.baseUrl(Schema.decodeSync(Settings.Settings)(settings)).href
    assert.deepStrictEqual(
      (["us1", "us2", "eu1", "au1"] as const).map((pod) => host({ pod })),
      ["", "us2.", "eu1.", "au1."].map((pod) => `https://s2s.${pod}mparticle.com/`)
    )
    assert.strictEqual(
      host({ baseUrl: "https://inbound.mparticle.com/s2s/" }),
      "https://inbound.mparticle.com/s2s/"
    )
  })

  it("shows no secret of a destination, opened or not", () => {
    const destination = mparticle({ settings: { pod: "us1" }, credentials: { ios: pair("hunter") } })
    const opened = Effect.runSync(destination.open)
    for (const value of [destination, opened]) {
      assert.notInclude(inspect(value, { depth: 20, showHidden: true }) + JSON.stringify(value), "hunter")
    }
  })

  it("describes every setting and credential to editors", () => {
    const undescribed = (schema: Schema.Top) =>
      Object.entries(Schema.toJsonSchemaDocument(schema).schema["properties"] ?? {}).flatMap(
        ([name, property]) => ("description" in property ? [] : [name])
      )
    assert.deepStrictEqual(undescribed(mparticle.settingsSchema), [])
  })

  it("accepts the known Braze types, selects 71, and reads what waits when its source is gone", () => {
    const destination = mparticle({ settings: { pod: "us1" }, credentials: everyFeed })
    assert.strictEqual(destination.accepts.types?.size, 106)
    assert.strictEqual(destination.selection?.size, 71)
    const given = eventOf("users.messages.email.Send")
    const bytes = new TextEncoder().encode(JSON.stringify(Sample.toCustomHttp(given)))
    const codec = destination.accepts.codecs.find(({ name }) => name === "braze-json/1")!
    assert.strictEqual(Result.getOrThrow(codec.decoder("")(bytes, 0, bytes.length)).id, given.id)
    assert.include(
      destination.accepts.codecs.map(({ name }) => name),
      "braze-avro/1"
    )
  })

  it("keeps to mParticle's documented limits", () => {
    const { bytes, events, messageBytes, messages } = open().limits
    assert.deepStrictEqual([messages, events, bytes, messageBytes], [100, 100, 255_999, 127_999])
    assert.strictEqual(Limits.historicalAge, 259_200_000)
  })
})
