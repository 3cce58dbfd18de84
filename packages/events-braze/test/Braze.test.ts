import { readFileSync } from "node:fs"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { assert, describe, expect, it } from "@effect/vitest"
import type { Catalogue } from "@millrace/core/Catalogue"
import type { Event, Of, UnknownEvent } from "@millrace/core/Event"
import * as Json from "@millrace/core/Json"
import avsc from "avsc"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { generate, read } from "../../../tools/generate-events-braze.ts"
import { AvroRecord, Braze, CustomHttp, MParticleFacts, Sample, Settings } from "../src/index.ts"

const facts = read()
const types = Object.keys(facts.events) as ReadonlyArray<Braze.TypeName>
const sample = Sample.make({ seed: 11, users: 200 })
const time = Date.UTC(2026, 5, 29, 10) + 123
const samples = types.flatMap((type, at) => [0, 1, 2].map((turn) => sample.event(type, at * 3 + turn, time)))
const source = (file: string) => readFileSync(new URL(`../src/generated/${file}`, import.meta.url), "utf8")
const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const json = CustomHttp.codec.decoder("")
const readJson = (value: unknown) => {
  const bytes = bytesOf(value)
  return json(bytes, 0, bytes.length)
}
const reasonOf = (result: Result.Result<unknown, { readonly reason: string }>) =>
  Result.isFailure(result) ? result.failure.reason : "read"
const writerOf = (schema: string) => avsc.Type.forSchema(JSON.parse(schema), { wrapUnions: false })
const encode = (event: Braze.BrazeEvent) =>
  writerOf(Sample.writerSchema(event.type)).toBuffer(Sample.toAvroRecord(event))
const without = (event: Event, tokens: string | undefined) => {
  const names = new Set((tokens ?? "").split(" ").map((token) => token.split(":")[0]))
  return Object.fromEntries(Object.entries(event.properties).filter(([name]) => !names.has(name)))
}

describe("the generated files", () => {
  it("are what the generator writes from the catalogue", () => {
    for (const [file, text] of Object.entries(generate(facts))) assert.strictEqual(source(file), text, file)
  })

  it("name the same fields with the same types in interfaces and table", () => {
    const found = new Map<
      string,
      { readonly parents: ReadonlyArray<string>; readonly rows: ReadonlyArray<string> }
    >()
    for (const chunk of source("types.ts").split("\nexport interface ").slice(1)) {
      const [, name, parents] = /^(\w+)(?: extends ([\w, ]+))? \{/.exec(chunk)!
      const rows = [...chunk.matchAll(/readonly (\w+)\?: (.+) \| null/g)].map(
        ([, field, type]) => `${field} ${type}`
      )
      found.set(name!, { parents: parents?.split(", ") ?? [], rows })
    }
    const letters: { readonly [letter: string]: string } = {
      "": "string",
      n: "number",
      b: "boolean",
      o: "{ readonly [name: string]: unknown }",
      a: "ReadonlyArray<string | null>",
      an: "ReadonlyArray<number | null>",
      ab: "ReadonlyArray<boolean | null>"
    }
    const tables = [...source("table.ts").matchAll(/^ {2}"([\w.]+)": "([^"]*)"/gm)]
    assert.strictEqual(tables.length, 106)
    for (const [, type, row] of tables) {
      const name = new RegExp(`readonly "${type}": (\\w+)`).exec(source("types.ts"))![1]!
      const { parents, rows } = found.get(name)!
      const ofInterface = [...parents.flatMap((parent) => found.get(parent)!.rows), ...rows].sort()
      const ofTable = row!.split(" ").filter((field) => field !== "")
      const wanted = ofTable.map((field) => {
        const [key, letter = ""] = field.replace("*", "").split(":")
        return `${key} ${letters[letter]}`
      })
      assert.deepStrictEqual(ofInterface, wanted.sort(), type)
    }
  })
})

describe("the catalogue", () => {
  it("has 106 types, of which 71 are selected by default and 69 have a documented payload", () => {
    assert.strictEqual(Braze.typeNames.size, 106)
    assert.isTrue(Braze.isTypeName("users.canvas.Entry"))
    assert.isFalse(Braze.isTypeName("users_canvas_Entry"))
    assert.strictEqual(MParticleFacts.facts.size, 106)
    assert.strictEqual(MParticleFacts.selected.size, 71)
    assert.strictEqual([...MParticleFacts.facts.values()].filter(({ documented }) => documented).length, 69)
    assert.isTrue(MParticleFacts.selected.has("users.campaigns.Abort"))
    assert.isTrue(MParticleFacts.selected.has("users.canvas.Abort"))
    assert.isFalse(MParticleFacts.selected.has("users.behaviors.CustomEvent"))
  })

  it("gives every type a name of its own in mParticle, and keeps the documented one", () => {
    const all = [...MParticleFacts.facts.values()]
    assert.strictEqual(new Set(all.map(({ qualifiedName }) => qualifiedName)).size, 106)
    const line = MParticleFacts.facts.get("users.messages.line.Abort")!
    assert.deepStrictEqual([line.eventName, line.qualifiedName], ["Aborts", "LINE Aborts"])
    assert.strictEqual(MParticleFacts.facts.get("users.behaviors.Uninstall")!.eventType, "uninstall")
    const click = MParticleFacts.facts.get("users.messages.rcs.Click")!
    assert.strictEqual(click.mobile, "user_phone_number")
    assert.include(MParticleFacts.facts.get("users.messages.email.Open")!.identities, "email")
  })

  it("knows which types belong to one app", () => {
    for (const type of [
      "users.messages.pushnotification.Open",
      "users.messages.contentcard.Send",
      "users.behaviors.Uninstall"
    ]) {
      assert.isTrue(Braze.isAppLevel(type), type)
      assert.isTrue(MParticleFacts.facts.get(type)!.appLevel, type)
    }
    for (const type of types) {
      if (
        !/\.(email|sms|whatsapp|line|rcs|webhook|campaigns|canvas|canvasstep|subscription|subscriptiongroup)\./.test(
          type
        )
      )
        continue
      assert.isFalse(Braze.isAppLevel(type), type)
    }
  })

  it("takes all spellings of the abort events and gives the dotted one", () => {
    const names = [
      "users_campaigns_abort",
      "users.campaigns.Abort",
      "users_canvas_abort",
      "users.canvas.Abort"
    ]
    assert.deepStrictEqual(names.map(Braze.typeName), [names[1], names[1], names[3], names[3]])
    const read = readJson({ event_type: "users_canvas_abort", id: "a", time: 1, user: {}, properties: {} })
    assert.strictEqual(Result.getOrThrow(read).type, "users.canvas.Abort")
  })

  it("passes a sample of every type, and null for every field", () => {
    for (const event of samples) {
      assert.isTrue(Braze.catalogue.valid(event), `${event.type}: ${Braze.catalogue.explain(event)}`)
      assert.isTrue(Braze.known.valid(event), event.type)
      assert.isUndefined(Braze.catalogue.explain(event))
      const nulls = Object.fromEntries(Object.keys(event.properties).map((name) => [name, null]))
      assert.isTrue(Braze.catalogue.valid({ ...event, properties: nulls }), event.type)
    }
  })

  it("refuses a field of the wrong type in every type, and names the field without its value", () => {
    for (const event of samples) {
      for (const [name, value] of Object.entries(event.properties)) {
        const wrong = typeof value === "string" ? 4711 : "4711"
        const broken = { ...event, properties: { ...event.properties, [name]: wrong } }
        assert.isFalse(Braze.catalogue.valid(broken), `${event.type} ${name}`)
        const reason = Braze.catalogue.explain(broken)!
        assert.isTrue(reason.startsWith(`${name}: expected a`), reason)
        assert.notInclude(reason, "4711")
      }
    }
  })

  it("says what it expected, for each kind of field", () => {
    const explain = (type: string, properties: object) =>
      Braze.catalogue.explain({ id: "a", type, time: 1, user: {}, properties })
    assert.strictEqual(
      explain("users.messages.email.Click", {
        email_address: 1,
        is_amp: "no",
        suspected_bot_click_reason: [null, 3]
      }),
      "email_address: expected a string; is_amp: expected a boolean; suspected_bot_click_reason: expected an array of strings"
    )
    assert.strictEqual(
      explain("users.behaviors.Purchase", { price: "1", purchase_properties: [] }),
      "price: expected a number; purchase_properties: expected an object"
    )
    assert.isUndefined(
      explain("users.messages.rcs.InboundReceive", { media_urls: ["https://a.example", null] })
    )
  })

  it("passes unknown fields and unknown types, but known types alone where a destination asks", () => {
    const event = { ...samples[0]!, properties: { brand_new: { deep: true } } }
    assert.isTrue(Braze.catalogue.valid(event))
    const stranger = {
      id: "a",
      type: "users.messages.hologram.Open",
      time: 1,
      user: {},
      properties: { url: 1 }
    }
    assert.isTrue(Braze.catalogue.valid(stranger))
    assert.isUndefined(Braze.catalogue.explain(stranger))
    assert.isFalse(Braze.known.valid(stranger))
    assert.include(Braze.known.explain(stranger)!, "users.messages.hologram.Open")
    for (const name of ["constructor", "toString", "__proto__"]) {
      assert.isTrue(Braze.catalogue.valid({ ...stranger, type: name }))
      assert.isTrue(Braze.catalogue.valid({ ...event, properties: { constructor: 1 } }))
    }
  })

  it("lists the fields that hold personal data", () => {
    assert.isTrue(Braze.catalogue.personal("users.messages.email.Click").has("email_address"))
    assert.isTrue(Braze.catalogue.personal("users.behaviors.Location").has("latitude"))
    assert.isFalse(Braze.catalogue.personal("users.messages.email.Click").has("url"))
    assert.strictEqual(Braze.catalogue.personal("users.messages.hologram.Open").size, 0)
  })

  it("types what it knows and narrows by the type's name", () => {
    const accepted: Catalogue<Braze.BrazeEvent> = Braze.known
    // @ts-expect-error a source yields unknown types too
    const narrow: Catalogue<Braze.BrazeEvent> = Braze.catalogue
    const read = (event: Braze.BrazeEvent | UnknownEvent) =>
      event.type === "users.canvas.Entry" ? event.properties.in_control_group : undefined
    const entry: Of<Braze.Types, "users.canvas.Entry"> = {
      id: "a",
      type: "users.canvas.Entry",
      time: 1,
      user: {},
      properties: { in_control_group: true, canvas_id: null }
    }
    assert.isTrue(read(entry))
    assert.notStrictEqual(accepted, narrow)
  })
})

describe("braze-json/1", () => {
  it("reads every sample back as it was, but for fields that Custom HTTP does not carry", () => {
    for (const event of samples) {
      const read = Result.getOrThrow(readJson(Sample.toCustomHttp(event)))
      assert.deepStrictEqual(read.properties, without(event, facts.events[event.type]!.notInCustomHttp))
      assert.deepStrictEqual({ ...read, properties: {} }, { ...event, properties: {} } as typeof read)
    }
  })

  it("leaves properties unchanged and takes time_ms before time", () => {
    const properties = { custom_properties: { a: [1, null] }, app_id: null, new_field: 1 }
    const event = {
      event_type: "users.behaviors.CustomEvent",
      id: "a",
      time: 12,
      user: { user_id: "u" },
      properties
    }
    const read = Result.getOrThrow(readJson(event))
    assert.deepStrictEqual(read.properties as object, properties)
    assert.deepStrictEqual([read.time, read.user], [12_000, { sourceId: "u" }])
    assert.strictEqual(
      Result.getOrThrow(readJson({ ...event, properties: { time_ms: 12_345 } })).time,
      12_345
    )
  })

  it("never takes a removed, empty or null value for an identity", () => {
    for (const value of ["[REDACTED]", "", null]) {
      const user = { user_id: value, external_user_id: value, device_id: value, timezone: null }
      const read = readJson({ event_type: "users.canvas.Entry", id: "a", time: 1, user, properties: {} })
      assert.deepStrictEqual(Result.getOrThrow(read).user, {})
    }
  })

  it("reads a flat record in JSON like the event it is", () => {
    for (const event of samples) {
      const record = Sample.toAvroRecord(event)
      const nested = Result.getOrThrow(readJson({ event_type: event.type, record }))
      const flat = Result.getOrThrow(readJson({ event_type: event.type, ...record }))
      const bytes = encode(event)
      const avro = AvroRecord.codec.decoder(Sample.writerSchema(event.type))(bytes, 0, bytes.length)
      assert.deepStrictEqual(nested, Result.getOrThrow(avro), event.type)
      assert.deepStrictEqual(flat, nested, event.type)
    }
  })

  it("says malformed for what is no UTF-8 JSON, and not-an-event for what lacks id, type or time", () => {
    const good = { event_type: "users.canvas.Entry", id: "a", time: 1, user: {}, properties: {} }
    const cut = bytesOf(good).subarray(0, 30)
    assert.strictEqual(reasonOf(json(cut, 0, cut.length)), "malformed")
    const latin = Uint8Array.from([...bytesOf({ ...good, id: "" }).subarray(0, 10), 0xff, 0xfe])
    assert.strictEqual(reasonOf(json(latin, 0, latin.length)), "malformed")
    for (const missing of ["event_type", "id", "time"]) {
      assert.strictEqual(reasonOf(readJson({ ...good, [missing]: undefined })), "not-an-event", missing)
      assert.strictEqual(reasonOf(readJson({ ...good, [missing]: {} })), "not-an-event", missing)
    }
    for (const value of [null, 7, "text", [], { ...good, user: "x" }, { ...good, properties: [] }]) {
      assert.strictEqual(reasonOf(readJson(value)), "not-an-event", JSON.stringify(value))
    }
  })

  const custom = (extra: object) => ({
    event_type: "users.behaviors.CustomEvent",
    id: "a",
    time: 1,
    user: {},
    properties: {},
    ...extra
  })

  it("takes a number for an id, and refuses what is neither text nor number", () => {
    for (const shape of [
      (value: unknown) => custom({ user: { user_id: value, external_user_id: value, device_id: value } }),
      (value: unknown) => ({
        event_type: "x.y",
        id: 7,
        time: 1,
        user_id: value,
        external_user_id: value,
        device_id: value
      })
    ]) {
      assert.deepStrictEqual(Result.getOrThrow(readJson(shape(4711))).user, {
        sourceId: "4711",
        externalId: "4711",
        deviceId: "4711"
      })
      for (const value of [true, {}, ["u"]])
        assert.strictEqual(reasonOf(readJson(shape(value))), "not-an-event")
    }
    assert.strictEqual(Result.getOrThrow(readJson(custom({ id: 7 }))).id, "7")
    for (const field of ["user_id", "external_user_id", "device_id", "timezone"]) {
      const read = readJson(custom({ user: { [field]: false } }))
      assert.strictEqual(
        Result.getOrThrow(Result.flip(read)).detail,
        `${field} is neither a string nor a number`
      )
    }
  })

  it("refuses a time of another kind, also beside one that can be read", () => {
    for (const time_ms of ["1700000000000", true, {}]) {
      for (const event of [custom({ time_ms }), custom({ properties: { time_ms } })])
        assert.strictEqual(reasonOf(readJson(event)), "not-an-event", JSON.stringify(event))
    }
    for (const time of ["1700000000", true, []])
      assert.strictEqual(reasonOf(readJson(custom({ time }))), "not-an-event")
    assert.strictEqual(Result.getOrThrow(readJson(custom({ time_ms: null }))).time, 1000)
  })

  it("keeps the digits of every number or is malformed, also inside the text of properties", () => {
    const wrap = [
      (number: string) =>
        `{"event_type":"x.y","id":"a","time":1,"user":{},"properties":{"deep":[{"n":${number}}]}}`,
      (number: string) =>
        `{"event_type":"users.behaviors.CustomEvent","id":"a","time":1,"properties":${JSON.stringify(`{"n":${number}}`)}}`
    ]
    for (const text of wrap) {
      const read = (number: string) => {
        const bytes = Buffer.from(text(number))
        return json(bytes, 0, bytes.length)
      }
      for (const number of ["9007199254740993", "-9007199254740993", "12345678901234567890", "1e400"])
        assert.strictEqual(reasonOf(read(number)), "malformed", number)
      for (const number of ["9007199254740991", "9007199254740992", "100000000000000000000"])
        assert.include(JSON.stringify(Result.getOrThrow(read(number)).properties), `:${number}}`)
    }
  })

  it("is malformed when nested deeper than the budget, and puts U+FFFD for half of a surrogate pair", () => {
    const deep = `${"[".repeat(6000)}${"]".repeat(6000)}`
    const bytes = Buffer.from(`{"event_type":"x.y","id":"a","time":1,"user":{},"properties":{"a":${deep}}}`)
    assert.strictEqual(reasonOf(json(bytes, 0, bytes.length)), "malformed")
    const half = Buffer.from(
      String.raw`{"event_type":"x.y","id":"\ud800","time":1,"user":{"user_id":"\udc00"},"properties":{"\ud800a":"\ud83d\ude00"}}`
    )
    const event = Result.getOrThrow(json(half, 0, half.length))
    assert.deepStrictEqual(
      [event.id, event.user.sourceId, event.properties],
      ["\ufffd", "\ufffd", { "\ufffda": "😀" }]
    )
  })

  it("keeps a property called __proto__ in every shape", () => {
    for (const text of [
      '{"event_type":"x.y","id":"a","time":1,"user":{},"properties":{"__proto__":{"b":1}}}',
      '{"event_type":"x.y","id":"a","time":1,"__proto__":{"b":1}}'
    ]) {
      const event = Result.getOrThrow(json(Buffer.from(text), 0, text.length))
      assert.deepStrictEqual(Object.entries(event.properties), [["__proto__", { b: 1 }]])
    }
  })

  it("reads only its own slice of the bytes", () => {
    const events = samples.slice(0, 3).map((event) => JSON.stringify(Sample.toCustomHttp(event)))
    const bytes = new TextEncoder().encode(events.join("\n"))
    const start = Buffer.byteLength(events[0]!) + 1
    const read = json(bytes, start, start + Buffer.byteLength(events[1]!))
    assert.strictEqual(Result.getOrThrow(read).id, samples[1]!.id)
  })
})

describe("the Custom HTTP envelope", () => {
  const wire = samples.slice(0, 3).map(Sample.toCustomHttp)

  it("gives each event a result of its own, in order", () => {
    const items = Result.getOrThrow(
      CustomHttp.decodeEnvelope(bytesOf({ events: [wire[0], { id: "x" }, wire[1]] }))
    )
    assert.deepStrictEqual(
      items.map(({ result }) => reasonOf(result)),
      ["read", "not-an-event", "read"]
    )
    assert.deepStrictEqual(items[2]!.value, wire[1])
    assert.strictEqual(Result.getOrThrow(items[2]!.result).id, samples[1]!.id)
  })

  it("takes text, a bare array and a single event too", () => {
    for (const [body, count] of [
      [{ events: wire }, 3],
      [wire, 3],
      [wire[0], 1]
    ] as const) {
      const items = Result.getOrThrow(CustomHttp.decodeEnvelope(JSON.stringify(body)))
      assert.deepStrictEqual(
        items.map(({ result }) => Result.getOrThrow(result).id),
        samples.slice(0, count).map(({ id }) => id)
      )
    }
  })

  it("tells where each event stands, so that its own bytes are its record", () => {
    const first = '{ "event_type":"x.y","id":"a","time":1.50,"user":{},"properties":{"n":1e2} }'
    const body = Buffer.from(`{"events": [${first} , {"id":9007199254740993}]}`)
    const [one, two] = [...CustomHttp.items(body)!]
    assert.strictEqual(body.toString("utf8", one!.start, one!.end), first)
    assert.strictEqual(Result.getOrThrow(json(body, one!.start, one!.end)).id, "a")
    assert.deepStrictEqual([reasonOf(two!.result), two!.rest], ["malformed", undefined])
    assert.isUndefined(CustomHttp.items(Buffer.from(first)))
  })

  it("takes a request's events, and keeps what is none each by itself, or all of them as one", () => {
    const good = JSON.stringify(wire[0])
    const taken = (bad: number) => {
      const body = Buffer.from(`  {"events":[${good},${"{},".repeat(bad)}${good}]}`)
      const added: Array<string> = []
      const buried: Array<readonly [number | undefined, string]> = []
      const isTaken = CustomHttp.takeRequest(body, 0, body.length, {
        add: (_, start, end) => added.push(body.toString("utf8", start, end)),
        bury: (_why, start, end, number) => buried.push([number, body.toString("utf8", start, end)])
      })
      assert.isTrue(isTaken)
      assert.deepStrictEqual(added, [good, good])
      return { body, buried }
    }
    assert.deepStrictEqual(taken(2).buried, [
      [2, "{}"],
      [3, "{}"]
    ])
    assert.lengthOf(taken(1000).buried, 1000)
    const { body, buried } = taken(1001)
    assert.deepStrictEqual(buried, [[undefined, body.toString()]])
    const list = Buffer.from(`[${good}]`)
    const none = { add: () => assert.fail(), bury: () => assert.fail() }
    assert.isFalse(CustomHttp.takeRequest(list, 0, list.length, none))
  })

  it("loses one event to each that is too deep, and those behind a damaged one, in one item", () => {
    const good = JSON.stringify(wire[0])
    const deep = `{"id":"d","properties":{"a":${"[".repeat(6000)}${"]".repeat(6000)}}}`
    const bodies = [`{"events":[${good},${deep},${good}]}`, `[${good},{"cut":[1,${good}]`, `[${good},${good}`]
    const found = bodies.map((body) =>
      Result.getOrThrow(CustomHttp.decodeEnvelope(body)).map(({ rest, result }) => rest ?? reasonOf(result))
    )
    assert.deepStrictEqual(found, [
      ["read", "malformed", "read"],
      ["read", "cut-off"],
      ["read", "read", "cut-off"]
    ])
    const many = Result.getOrThrow(CustomHttp.decodeEnvelope(`[${"{},".repeat(Json.budget.items + 9)}{}]`))
    assert.deepStrictEqual([many.length, many.at(-1)!.rest], [Json.budget.items + 1, "too-many"])
  })

  it("is empty for a probe and fails as a whole only when it is no JSON", () => {
    assert.deepStrictEqual(Result.getOrThrow(CustomHttp.decodeEnvelope("")), [])
    assert.deepStrictEqual(Result.getOrThrow(CustomHttp.decodeEnvelope('{"events":[]}')), [])
    assert.strictEqual(reasonOf(CustomHttp.decodeEnvelope('{"events":[')), "malformed")
    assert.strictEqual(reasonOf(CustomHttp.decodeEnvelope(Uint8Array.of(0x22, 0xff, 0x22))), "malformed")
  })
})

describe("braze-avro/1", () => {
  const readerOf = (type: Braze.TypeName) => Result.getOrThrow(AvroRecord.reader(Sample.writerSchema(type)))
  const record = (fields: ReadonlyArray<object>) =>
    JSON.stringify({ type: "record", name: "Entry", namespace: "dataexport.S3.inner.users.canvas", fields })
  const text = (name: string) => ({ name, type: "string" })

  it("reads what another Avro library wrote: every sample, but for fields that Avro does not carry", () => {
    for (const event of samples) {
      const only = facts.events[event.type]!.onlyInCustomHttp?.replace(/(custom|purchase)_properties\S*/, "")
      const bytes = encode(event)
      const read = readerOf(event.type).read(bytes, 0)
      const result = Result.getOrThrow(read.result)
      assert.strictEqual(read.end, bytes.length)
      assert.deepStrictEqual(result.properties, without(event, only), event.type)
      const { deviceId, ...user } = event.user
      const hasDevice = facts.events[event.type]!.fields.includes(" device_id:")
      const expected = hasDevice && deviceId !== undefined ? event.user : user
      assert.deepStrictEqual([result.id, result.time, result.user], [event.id, event.time, expected])
    }
  })

  it("finds each record of a block, and stops at the block's end", () => {
    const events = [0, 1, 2, 3].map((index) => sample.event("users.messages.email.Click", index, time))
    const bytes = Buffer.concat(events.map(encode))
    const reader = readerOf("users.messages.email.Click")
    let at = 0
    for (const event of events) {
      const read = reader.read(bytes, at)
      assert.strictEqual(Result.getOrThrow(read.result).id, event.id)
      at = read.end!
    }
    assert.strictEqual(at, bytes.length)
    const beyond = reader.read(bytes, at)
    assert.deepStrictEqual([reasonOf(beyond.result), beyond.end], ["malformed", undefined])
  })

  it("takes the event's name from namespace and record, however they are prefixed", () => {
    assert.strictEqual(
      AvroRecord.typeOf("dataexport.S3.inner.users.messages.email", "Click"),
      "users.messages.email.Click"
    )
    assert.strictEqual(
      AvroRecord.typeOf("dataexport.GCS.inner.agentconsole", "AgentExecuted"),
      "agentconsole.AgentExecuted"
    )
    assert.strictEqual(AvroRecord.typeOf("users.canvas", "Entry"), "users.canvas.Entry")
    assert.strictEqual(AvroRecord.typeOf("", "export.users.canvas.Entry"), "users.canvas.Entry")
    assert.strictEqual(AvroRecord.typeOf("dataexport.S3.inner", "users_canvas_abort"), "users.canvas.Abort")
    assert.isUndefined(AvroRecord.typeOf("com.example", "Order"))
    for (const type of types) assert.strictEqual(readerOf(type).type, type)
  })

  it("says so when a schema is not Currents, and keeps the text of one that is", () => {
    const other = JSON.stringify({ type: "record", name: "Order", namespace: "com.example", fields: [] })
    for (const schema of [
      other,
      '"string"',
      "{}",
      "no json",
      record([{ name: "id", type: "constructor" }])
    ]) {
      const result = AvroRecord.reader(schema)
      assert.isTrue(Result.isFailure(result) && result.failure instanceof AvroRecord.NotCurrents, schema)
      expect(() => AvroRecord.codec.decoder(schema)).toThrow(AvroRecord.NotCurrents)
    }
    const spaced = `  ${Sample.writerSchema("users.canvas.Entry")}\n`
    assert.strictEqual(Result.getOrThrow(AvroRecord.reader(spaced)).parameter, spaced)
  })

  it("keeps text that is no JSON object, and never takes a removed value for an identity", () => {
    const event = sample.event("users.behaviors.CustomEvent", 1, time)
    const flat = { ...Sample.toAvroRecord(event), properties: "{cut", external_user_id: "[REDACTED]" }
    const bytes = writerOf(Sample.writerSchema(event.type)).toBuffer(flat)
    const result = Result.getOrThrow(readerOf(event.type).read(bytes, 0).result)
    assert.strictEqual(result.type, "users.behaviors.CustomEvent")
    assert.strictEqual((result.properties as { properties?: unknown }).properties, "{cut")
    assert.isUndefined(result.user.externalId)
  })

  it("makes a number beyond 2^53 one unreadable record, and goes on with the next", () => {
    const schema = record([text("id"), { name: "time", type: "long" }])
    // Zigzag varint of 2^62, which a double cannot tell from its neighbours.
    const huge = Buffer.from([2, 0x61, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01])
    const next = writerOf(schema).toBuffer({ id: "b", time: -7 })
    const bytes = Buffer.concat([huge, next])
    const { read } = Result.getOrThrow(AvroRecord.reader(schema))
    const first = read(bytes, 0)
    assert.deepStrictEqual([reasonOf(first.result), first.end], ["malformed", huge.length])
    assert.strictEqual(Result.getOrThrow(read(bytes, huge.length).result).time, -7000)
    const largest = writerOf(schema).toBuffer({ id: "c", time: 9_007_199_254_740 })
    assert.strictEqual(Result.getOrThrow(read(largest, 0).result).time, 9_007_199_254_740_000)
  })

  it("makes a number that JSON has no word for one unreadable record", () => {
    const schema = record([text("id"), { name: "time", type: "int" }, { name: "share", type: "double" }])
    const write = (share: number) => writerOf(schema).toBuffer({ id: "a", time: 1, share })
    const { read } = Result.getOrThrow(AvroRecord.reader(schema))
    for (const share of [Number.POSITIVE_INFINITY, Number.NaN]) {
      const bytes = write(share)
      const { result, end } = read(bytes, 0)
      assert.deepStrictEqual([reasonOf(result), end], ["malformed", bytes.length])
    }
    assert.deepStrictEqual(Result.getOrThrow(read(write(1e300), 0).result).properties as object, {
      share: 1e300
    })
  })

  it("finds the next record behind fields that follow such a number", () => {
    const schema = record([
      text("id"),
      { name: "time", type: "int" },
      { name: "share", type: "double" },
      text("campaign_name")
    ])
    const write = (id: string, share: number) =>
      writerOf(schema).toBuffer({ id, time: 1, share, campaign_name: "spring" })
    const { read } = Result.getOrThrow(AvroRecord.reader(schema))
    const block = Buffer.concat([write("a", Number.NaN), write("b", 0.5)])
    const { end, result } = read(block, 0)
    assert.deepStrictEqual([reasonOf(result), end], ["malformed", block.length / 2])
    assert.strictEqual(Result.getOrThrow(read(block, block.length / 2).result).id, "b")
  })

  it("takes a time by the unit that its schema gives", () => {
    const at = 1_782_742_805_123
    const long = (logicalType: string) => ({ type: "long", logicalType })
    for (const [field, type, value] of [
      ["time", long("timestamp-millis"), at],
      ["time", long("timestamp-micros"), at * 1000],
      ["time", ["null", long("local-timestamp-micros")], at * 1000],
      ["time_ms", long("timestamp-micros"), at * 1000]
    ] as const) {
      const fields = [{ name: field, type }]
      const schema = record([text("id"), ...fields])
      const bytes = writerOf(schema).toBuffer({ id: "a", [field]: value })
      const read = Result.getOrThrow(Result.getOrThrow(AvroRecord.reader(schema)).read(bytes, 0).result)
      assert.strictEqual(read.time, at, JSON.stringify(type))
    }
    const nanos = record([text("id"), { name: "time", type: long("timestamp-nanos") }])
    const written = Buffer.alloc(12)
    let rest = BigInt(at) * 2_000_000n
    let size = 2
    for (written.set([2, 0x61]); rest > 127n; rest >>= 7n) written[size++] = Number(rest & 127n) | 128
    written[size++] = Number(rest)
    const { result } = Result.getOrThrow(AvroRecord.reader(nanos)).read(written.subarray(0, size), 0)
    assert.strictEqual(Result.getOrThrow(result).time, at)
    const day = record([text("id"), { name: "time", type: { type: "int", logicalType: "date" } }])
    const bytes = writerOf(day).toBuffer({ id: "a", time: 20_000 })
    const { read } = Result.getOrThrow(AvroRecord.reader(day))
    assert.strictEqual(Result.getOrThrow(read(bytes, 0).result).time, 20_000 * 86_400_000)
  })

  it("keeps a field called __proto__, at the top and inside", () => {
    const inner = { type: "record", name: "Inner", fields: [{ name: "__proto__", type: "string" }] }
    const schema = record([
      text("id"),
      { name: "time", type: "int" },
      text("__proto__"),
      { name: "proto_", type: inner }
    ])
    const bytes = Buffer.from([2, 0x61, 2, 2, 0x62, 2, 0x63])
    const { read } = Result.getOrThrow(AvroRecord.reader(schema))
    const event = Result.getOrThrow(read(bytes, 0).result)
    const { proto_ } = event.properties as { readonly proto_?: object }
    assert.deepStrictEqual(Object.getOwnPropertyDescriptor(event.properties, "__proto__")?.value, "b")
    assert.deepStrictEqual(Object.entries(proto_ ?? {}), [["__proto__", "c"]])
  })

  it("puts U+FFFD where text is not UTF-8, so that nothing but UTF-8 goes on", () => {
    const schema = record([text("id"), { name: "time", type: "int" }])
    const { read } = Result.getOrThrow(AvroRecord.reader(schema))
    // The bytes of half a surrogate pair, which UTF-8 does not have.
    const { id } = Result.getOrThrow(read(Buffer.from([8, 0x61, 0xed, 0xa0, 0x80, 2]), 0).result)
    assert.strictEqual(id.replace(/\ufffd+/, "?"), "a?")
    assert.isTrue(id.isWellFormed())
  })

  it("takes a number for an id, and refuses one that is neither", () => {
    const schema = record([
      text("id"),
      { name: "time", type: "int" },
      { name: "external_user_id", type: ["long", "boolean"] }
    ])
    const { read } = Result.getOrThrow(AvroRecord.reader(schema))
    assert.strictEqual(
      Result.getOrThrow(read(Buffer.from([2, 0x61, 2, 0, 14]), 0).result).user.externalId,
      "7"
    )
    assert.strictEqual(reasonOf(read(Buffer.from([2, 0x61, 2, 2, 1]), 0).result), "not-an-event")
  })

  it("holds the text of properties to the same rules, and loses that record alone", () => {
    const schema = Sample.writerSchema("users.behaviors.CustomEvent")
    const event = sample.event("users.behaviors.CustomEvent", 1, time)
    const { read } = Result.getOrThrow(AvroRecord.reader(schema))
    for (const properties of [
      '{"order_id":9007199254740993}',
      '{"a":1e400}',
      `{"a":${"[".repeat(200)}${"]".repeat(200)}}`
    ]) {
      const bytes = writerOf(schema).toBuffer({ ...Sample.toAvroRecord(event), properties })
      const { end, result } = read(bytes, 0)
      assert.deepStrictEqual([reasonOf(result), end], ["malformed", bytes.length])
    }
  })

  it("loses one record to values beyond the budget, whatever its schema, and goes on with the next", () => {
    const nothing = { type: "array", items: "null" }
    const schema = record([
      text("id"),
      { name: "time", type: "int" },
      { name: "x", type: { type: "array", items: nothing } }
    ])
    const { read } = Result.getOrThrow(AvroRecord.reader(schema))
    // 300 lists of 500 nulls, which hold no bytes.
    const list = [0xe8, 0x07, 0]
    const big = Buffer.from([2, 0x61, 2, 0xd8, 0x04, ...Array.from({ length: 300 }, () => list).flat(), 0])
    const next = Buffer.from([2, 0x62, 2, 0])
    const block = Buffer.concat([big, next, Buffer.alloc(200_000)])
    const first = read(block, 0)
    assert.deepStrictEqual([reasonOf(first.result), first.end], ["malformed", big.length])
    assert.strictEqual(Result.getOrThrow(read(block, big.length).result).id, "b")
  })

  it("stops at a schema that holds itself twice, again and again, before it takes time or memory", () => {
    const types = [{ type: "record", name: "R0", fields: [{ name: "a", type: "null" }] }]
    const fields: Array<object> = [{ name: "r0", type: types[0]! }]
    for (let level = 1; level <= 40; level++) {
      const own = `R${level - 1}`
      fields.push({
        name: `r${level}`,
        type: {
          type: "record",
          name: `R${level}`,
          fields: [
            { name: "a", type: own },
            { name: "b", type: own }
          ]
        }
      })
    }
    const schema = record([text("id"), { name: "time", type: "int" }, ...fields])
    const bytes = Buffer.from([2, 0x61, 2])
    const { result, end } = Result.getOrThrow(AvroRecord.reader(schema)).read(bytes, 0)
    assert.deepStrictEqual([reasonOf(result), end], ["malformed", undefined])
  })

  /** A reader, and a block whose records hold 9,000 nulls each, which take no bytes: any one of them could be read. */
  const crowded = () => {
    const list = { type: "array", items: "null" }
    const schema = record([text("id"), { name: "time", type: "int" }, { name: "x", type: list }])
    const one = Buffer.from([2, 0x61, 2, 0xd0, 0x8c, 0x01, 0])
    const block = Buffer.alloc(one.length * 6000, one)
    return { block, read: Result.getOrThrow(AvroRecord.reader(schema)).read }
  }

  it("stops in a block whose records all hold far more values than bytes", () => {
    const { block, read } = crowded()
    const readAll = () => {
      let records = 0
      for (let at: number | undefined = 0; at !== undefined && at < block.length; records++)
        at = read(block, at).end
      return records
    }
    assert.isBelow(readAll(), 200)
    // A second pass over the same bytes gets as far.
    const again = readAll()
    assert.isAbove(again, 50)
    assert.strictEqual(readAll(), again)
  })

  it("stops in such a block as early while blocks of other files are read in between", () => {
    const { block, read } = crowded()
    const other = Buffer.alloc(4 * 6000, Buffer.from([2, 0x62, 2, 0]))
    let records = 0
    for (let at: number | undefined = 0; at !== undefined && at < block.length; records++) {
      at = read(block, at).end
      assert.strictEqual(read(other, 4 * records).end, 4 * (records + 1))
    }
    assert.isBelow(records, 200)
  })

  it("keeps nothing of a block once it is read to its end, or to where it is damaged", async () => {
    setFlagsFromString("--expose-gc")
    const collect: () => void = runInNewContext("gc")
    const schema = record([text("id"), { name: "time", type: "int" }])
    const { read } = Result.getOrThrow(AvroRecord.reader(schema))
    const readOnce = (bytes: ReadonlyArray<number>) => {
      const block = Buffer.from(bytes)
      read(block, 0)
      return new WeakRef(block)
    }
    const blocks = [readOnce([2, 0x61, 2]), readOnce([200, 0x61, 2])]
    // What was made a reference of in a turn lives as long as the turn.
    await new Promise(setImmediate)
    collect()
    assert.deepStrictEqual(
      blocks.map((block) => block.deref()),
      [undefined, undefined]
    )
  })

  it("passes over a record that is longer than any that is read", () => {
    const schema = record([text("id"), { name: "time", type: "int" }, text("long")])
    const write = (id: string, long: string) => writerOf(schema).toBuffer({ id, time: 1, long })
    const first = write("a", "x".repeat(Json.budget.bytes))
    const block = Buffer.concat([first, write("b", "y")])
    const { read } = Result.getOrThrow(AvroRecord.reader(schema))
    const { end, result } = read(block, 0)
    assert.deepStrictEqual([reasonOf(result), end], ["malformed", first.length])
    assert.strictEqual(Result.getOrThrow(read(block, first.length).result).id, "b")
  })

  it("refuses a list that claims more items than there are bytes, before it takes memory for them", () => {
    for (const list of [
      { type: "array", items: "string" },
      { type: "map", values: "string" }
    ]) {
      const schema = record([text("id"), { name: "time", type: "int" }, { name: "list", type: list }])
      const { read } = Result.getOrThrow(AvroRecord.reader(schema))
      // 50,000,000 items, then with the sign that announces their size, then 2^62.
      for (const count of [
        [0x80, 0xc2, 0xd7, 0x2f],
        [0xff, 0xc1, 0xd7, 0x2f, 2],
        [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]
      ]) {
        const { result, end } = read(Buffer.from([2, 0x61, 2, ...count, 2, 0x78]), 0)
        assert.deepStrictEqual([reasonOf(result), end], ["malformed", undefined])
      }
    }
  })

  it("reads the kinds of schema that Currents does not use today", () => {
    const fields = [
      text("id"),
      { name: "time", type: ["null", "int", "double"] },
      { name: "kind", type: { type: "enum", name: "Kind", symbols: ["A", "B"] } },
      { name: "again", type: "Kind" },
      { name: "counts", type: { type: "map", values: "int" } },
      { name: "mark", type: { type: "fixed", name: "Mark", size: 2 } },
      { name: "raw", type: "bytes" },
      {
        name: "inner",
        type: { type: "record", name: "Inner", fields: [{ name: "x", type: ["null", "Inner"] }] }
      },
      { name: "share", type: "float" },
      { name: "lists", type: { type: "array", items: { type: "long", logicalType: "timestamp-millis" } } }
    ]
    const bytes = avsc.Type.forSchema(JSON.parse(record(fields))).toBuffer({
      id: "a",
      time: { double: 1.5 },
      kind: "B",
      again: "A",
      counts: { one: 1, two: -2 },
      mark: Buffer.from("ok"),
      raw: Buffer.from([0x41]),
      inner: { x: { x: null } },
      share: 0.5,
      lists: [3, 4]
    })
    const event = Result.getOrThrow(
      Result.getOrThrow(AvroRecord.reader(record(fields))).read(bytes, 0).result
    )
    const properties = {
      kind: "B",
      again: "A",
      counts: { one: 1, two: -2 },
      mark: "ok",
      raw: "A",
      inner: { x: { x: null } },
      share: 0.5,
      lists: [3, 4]
    }
    assert.deepStrictEqual([event.time, event.properties], [1500, properties])
  })

  it("answers not-an-event to a record without id or time", () => {
    const noTime = record([text("id"), { name: "time", type: ["null", "int"] }])
    assert.strictEqual(
      reasonOf(Result.getOrThrow(AvroRecord.reader(noTime)).read(Buffer.from([2, 0x61, 0]), 0).result),
      "not-an-event"
    )
    const noId = record([{ name: "time", type: "int" }])
    assert.strictEqual(
      reasonOf(Result.getOrThrow(AvroRecord.reader(noId)).read(Buffer.from([2]), 0).result),
      "not-an-event"
    )
  })

  it("never throws and never reads past the end, whatever the bytes", () => {
    let state = 12345
    const next = () => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0
      return state >>> 8
    }
    for (const event of samples) {
      const decode = AvroRecord.codec.decoder(Sample.writerSchema(event.type))
      const good = encode(event)
      for (let turn = 0; turn < 40; turn++) {
        const bytes = Buffer.from(good)
        for (let flips = 0; flips <= turn % 4; flips++) bytes[next() % bytes.length] = next() & 255
        const start = turn % 8 === 7 ? next() % bytes.length : 0
        const end = turn % 8 === 6 ? next() % bytes.length : bytes.length
        const result = decode(bytes, start, end)
        if (Result.isFailure(result)) assert.include(["malformed", "not-an-event"], result.failure.reason)
      }
      assert.strictEqual(reasonOf(decode(good, 0, good.length - 1)), "malformed", event.type)
      assert.strictEqual(
        reasonOf(decode(Buffer.concat([good, good]), 0, good.length * 2)),
        "malformed",
        event.type
      )
    }
  })
})

describe("settings of destinations", () => {
  const read = Schema.decodeUnknownResult(
    Schema.Struct({
      user: Settings.user("Whose id."),
      anonymous: Settings.anonymous("Of nobody."),
      names: Settings.byType("Names.", Schema.NonEmptyString)
    })
  )

  it("have defaults, and take types as either page writes them", () => {
    const names = { "users.canvas.Entry": "Begun", users_campaigns_abort: "Stopped" }
    assert.deepStrictEqual(read({ names }), Result.succeed({ user: "externalId", anonymous: "skip", names }))
  })

  it.each([
    [
      { names: { "users.nothing": "x" } },
      /expected the name of a Braze event type.*\s+at \["names"\]\["users.nothing"\]/
    ],
    [{ names: { "users.canvas.Enrty": "x" } }, /did you mean users\.canvas\.Entry\?/],
    [{ names: { "users.canvas.Entry": "" } }, /at \["names"\]\["users.canvas.Entry"\]/],
    [{ names: {}, user: "email" }, /at \["user"\]/],
    [{ names: {}, anonymous: "drop" }, /at \["anonymous"\]/]
  ])("%j is refused", (given, says) => {
    assert.match(String(Result.getOrThrow(Result.flip(read(given)))), says)
  })
})
