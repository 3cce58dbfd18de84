import { appendFileSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { Agent, request as httpRequest } from "node:http"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { Capture, Emulator, EmulatorError } from "../src/index.ts"
import { basic, batch, bulk, event, feeds, ios, send, temporaryFolder, web } from "./support/remote.ts"

const now = 1_800_000_000_000
const start = (options: Partial<Emulator.Options> = {}) => Emulator.start({ feeds, seed: 1, ...options })
const many = (count: number) => Array.from({ length: count }, (_, index) => `b${index}`)
const sized = (bytes: number) => {
  const text = JSON.stringify(batch("sized"))
  return text.replace("u1", "u1".padEnd(2 + bytes - text.length, "x"))
}
const padded = (id: string, characters: number) =>
  batch(id, { user_identities: { customer_id: "x".repeat(characters) } })

describe("credentials", () => {
  it.live.each([
    ["none", null, 401],
    ["of another scheme", "Bearer abc", 403],
    ["with a wrong secret", basic("ios-key", "guess"), 403],
    ["with an unknown key", basic("nobody", "ios-secret"), 403],
    ["of a feed", ios, 202]
  ] as const)("%s are answered as mParticle answers them", ([, authorization, status]) =>
    Effect.gen(function* () {
      const emulator = yield* start()
      const answer = yield* send(emulator.url, bulk("a"), { authorization })
      expect(answer.status).toBe(status)
      expect(emulator.state().totals.accepted).toBe(status === 202 ? 1 : 0)
      expect(emulator.requests()[0]?.feed).toBe(status === 202 ? "ios" : null)
      expect(emulator.state().unknown.requests).toBe(status === 202 ? 0 : 1)
    })
  )

  it.live("a refusal holds mParticle's error body, or none at all", () =>
    Effect.gen(function* () {
      const { url } = yield* start()
      expect((yield* send(url, bulk("a"), { authorization: null })).text).toBe("")
      const refused = yield* send(url, "{", {})
      expect(JSON.parse(refused.text)).toEqual({
        errors: [{ code: "BAD_REQUEST", message: "the body is not valid JSON" }]
      })
    })
  )

  it.live("changed credentials are taken at once, and the previous pair as long as it stands", () =>
    Effect.gen(function* () {
      const { url } = yield* start()
      const changed = basic("ios-key-2", "ios-secret-2")
      const statuses = Effect.forEach([ios, changed], (authorization) =>
        Effect.map(send(url, bulk("a"), { authorization }), ({ status }) => status)
      )
      const rotate = (value: object) =>
        send(url, JSON.stringify({ feeds: value }), { path: "/_emulator/feeds" })
      expect(yield* statuses).toEqual([202, 403])
      const pair = { key: "ios-key-2", secret: "ios-secret-2" }
      yield* rotate({ ios: { ...pair, previous: feeds.ios } })
      expect(yield* statuses).toEqual([202, 202])
      const rotated = yield* rotate({ ios: pair })
      expect(yield* statuses).toEqual([403, 202])
      expect(rotated.text).not.toContain("secret-2")
      const bad = yield* rotate({ ios: { key: "with:colon", secret: "hush" } })
      expect(bad.status).toBe(400)
      expect(bad.text).toContain("feeds.ios.key: Expected a key without a colon")
      expect(bad.text).not.toContain("hush")
      expect(yield* statuses).toEqual([403, 202])
    })
  )
})

describe("refusals", () => {
  const timeInSeconds = batch("s", { events: [event("s", { timestamp_unixtime_ms: 1_790_000_000 })] })
  const single = "/v2/events"
  it.live.each([
    ["malformed JSON", "/v2/bulkevents", "[{]", 400, "not valid JSON"],
    ["bytes that are not UTF-8", "/v2/bulkevents", new Uint8Array([0x22, 0xff, 0x22]), 400, "not UTF-8"],
    ["an empty array", "/v2/bulkevents", "[]", 400, "not an array of batches"],
    ["one batch where many are due", "/v2/bulkevents", JSON.stringify(batch("a")), 400, "not an array"],
    ["an array where one batch is due", single, bulk("a"), 400, "must be object"],
    ["an unknown key", single, JSON.stringify(batch("a", { wrong: 1 })), 400, "properties 'wrong'"],
    ["an environment of another name", single, JSON.stringify({ environment: "test" }), 400, "environment"],
    ["seconds for milliseconds", single, JSON.stringify(timeInSeconds), 400, "timestamp_unixtime_ms"],
    [
      "one bad batch among good ones",
      "/v2/bulkevents",
      JSON.stringify([batch("a"), timeInSeconds]),
      400,
      "/1/events"
    ],
    ["101 batches", "/v2/bulkevents", bulk(...many(101)), 400, "101 batches"],
    [
      "101 events",
      single,
      JSON.stringify(batch("a", { events: many(101).map((id) => event(id)) })),
      400,
      "101 events"
    ],
    ["a batch of 128,000 bytes", single, sized(128_000), 400, "batch 0 has 128000 bytes"],
    [
      "such a batch among others",
      "/v2/bulkevents",
      `[${bulk("a").slice(1, -1)} , ${sized(128_000)}]`,
      400,
      "batch 1 has"
    ],
    ["a body of 256,000 bytes", "/v2/bulkevents", bulk("a").padEnd(256_000), 413, "256000 bytes"],
    ["a path that is not there", "/v2/bulkevent", bulk("a"), 404, "no such path"]
  ] as const)("%s", ([, path, body, status, reason]) =>
    Effect.gen(function* () {
      const emulator = yield* start()
      const answer = yield* send(emulator.url, body, { path })
      expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(reason)])
      const { accepted, duplicates, refused, requests } = emulator.state().feeds["ios"]!
      expect({ requests, accepted, duplicates, refused }).toEqual({
        requests: 1,
        accepted: 0,
        duplicates: 0,
        refused: { [status]: 1 }
      })
      expect(emulator.requests()[0]).toMatchObject({ status, path, reason: expect.stringContaining(reason) })
    })
  )

  it.live("nothing just inside the limits", () =>
    Effect.gen(function* () {
      const { state, url } = yield* start()
      const statuses = yield* Effect.forEach(
        [
          send(url, sized(127_999), { path: single }),
          send(url, bulk(...many(100))),
          send(url, bulk("a").padEnd(255_999)),
          send(url, JSON.stringify([padded("x", 100_000), padded("y", 100_000)]))
        ],
        Effect.map(({ status }) => status)
      )
      expect(statuses).toEqual([202, 202, 202, 202])
      expect(state().totals).toMatchObject({ requests: 4, accepted: 104, events: 104, refused: {} })
    })
  )

  it.live("only POST is taken", () =>
    Effect.gen(function* () {
      const { url } = yield* start()
      expect((yield* send(url, "", { method: "GET" })).status).toBe(405)
    })
  )

  it.live.each([false, true])("nothing that mParticle's own SDKs send, faithful or not (%s)", (faithful) =>
    Effect.gen(function* () {
      const { requests, state, url } = yield* start({ faithful })
      const { environment: _, ...undeclared } = batch("undeclared")
      const long = (id: string, name: string) =>
        batch(id, {
          events: [event(id, { event_name: name, custom_attributes: { [`${name}2`]: "v", short: "v" } })]
        })
      const body = JSON.stringify([
        undeclared,
        batch("versioned", { schema_version: 2 }),
        batch("sdk", { user_identities: { customerid: "c1", email: "a@shop.example" } }),
        batch("both", { user_identities: { customerid: "c1", customer_id: "c1" } }),
        long("long", "n".repeat(300)),
        long("inside", "n".repeat(255))
      ])
      const answer = yield* send(url, body)
      expect([answer.status, answer.text]).toEqual([202, ""])
      expect(state().totals).toMatchObject({ accepted: 6, dropped: 0, refused: {} })
      expect(requests()[0]).toMatchObject({ body, cut: [4] })
      expect(requests()[0]).not.toHaveProperty("dropped")
      // A wrong value is wrong in either spelling.
      const wrong = batch("wrong", { user_identities: { customerid: 1 } })
      const refused = yield* send(url, JSON.stringify(wrong), { path: single })
      expect([refused.status, refused.text]).toEqual([400, expect.stringContaining("customer_id")])
    })
  )

  it.live.each([false, true])("nothing that is only beyond advice, where faithful (%s)", (faithful) =>
    Effect.gen(function* () {
      const { state, url } = yield* start({ faithful })
      const beyond = [
        event("value", { custom_attributes: { a: "v".repeat(5000) } }),
        event("many", { custom_attributes: Object.fromEntries(many(101).map((name) => [name, "v"])) }),
        event("unknown", { nothing: 1 }),
        event("seconds", { timestamp_unixtime_ms: 1_790_000_000 })
      ]
      for (const one of beyond) {
        const given = batch("b", { events: [one] })
        expect((yield* send(url, JSON.stringify([given]))).status).toBe(faithful ? 202 : 400)
        expect((yield* send(url, JSON.stringify(given), { path: single })).status).toBe(faithful ? 202 : 400)
      }
      expect(state().totals).toMatchObject({ accepted: faithful ? 1 : 0, dropped: 0 })
    })
  )

  it.live("bad batches vanish behind a 202 where it is faithful", () =>
    Effect.gen(function* () {
      const { requests, state, url } = yield* start({ faithful: true })
      const large = padded("large", 130_000)
      const eventless = batch("e", { events: [{ data: {} }] })
      const body = JSON.stringify([batch("a"), eventless, batch("b"), large])
      expect((yield* send(url, body)).status).toBe(202)
      expect(state().feeds["ios"]).toMatchObject({ accepted: 2, distinctBatches: 2, dropped: 2, refused: {} })
      expect(requests()[0]?.dropped).toEqual([1, 3])
      expect((yield* send(url, JSON.stringify(eventless), { path: single })).status).toBe(400)
      for (const refused of ["[]", "{", bulk(...many(101))])
        expect((yield* send(url, refused)).status).toBe(400)
    })
  )

  it.effect("the historical endpoint keeps only batches whose events are all old", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const { requests, state, url } = yield* start()
      const age = (id: string, hours: number) => event(id, { timestamp_unixtime_ms: now - hours * 3_600_000 })
      const undated = event("u", { timestamp_unixtime_ms: undefined })
      const body = JSON.stringify([
        batch("old", { events: [age("o1", 72), age("o2", 1000)] }),
        batch("mixed", { events: [age("m1", 73), age("m2", 71)] }),
        batch("empty", { events: [] }),
        batch("none", { events: undefined }),
        batch("undated", { events: [undated] })
      ])
      expect((yield* send(url, body, { path: "/v2/bulkevents/historical" })).status).toBe(202)
      expect(state().totals).toMatchObject({ accepted: 1, events: 2, distinctBatches: 1, dropped: 4 })
      expect(requests()[0]?.dropped).toEqual([1, 2, 3, 4])
      yield* send(url, body)
      expect(state().totals).toMatchObject({ accepted: 5, duplicates: 1, dropped: 4 })
    })
  )
})

describe("duplicates", () => {
  it.live("are taken and not kept, for each key on its own", () =>
    Effect.gen(function* () {
      const { state, url } = yield* start()
      yield* send(url, bulk("a", "b", "a"))
      yield* send(url, JSON.stringify(batch("b")), { path: "/v2/events" })
      yield* send(url, bulk("a"), { authorization: web })
      expect(state().feeds).toMatchObject({
        ios: { accepted: 2, duplicates: 2, conflicting: 0, distinctBatches: 2, distinctEvents: 2, events: 2 },
        web: { accepted: 1, duplicates: 0, distinctEvents: 1 }
      })
      expect(state().totals).toMatchObject({ requests: 3, accepted: 3, duplicates: 2, distinctEvents: 3 })
    })
  )

  it.live("that differ from the first of their id are counted as conflicting", () =>
    Effect.gen(function* () {
      const { state, url } = yield* start()
      yield* send(
        url,
        JSON.stringify([batch("a"), batch("a", { user_identities: { customer_id: "other" } })])
      )
      expect(state().totals).toMatchObject({ accepted: 1, duplicates: 1, conflicting: 1 })
    })
  )

  it.live("an event sent again in another batch is not a new event", () =>
    Effect.gen(function* () {
      const { state, url } = yield* start()
      yield* send(url, JSON.stringify([batch("a"), batch("b", { events: [event("a"), event("c")] })]))
      yield* send(url, JSON.stringify(batch("no id", { source_request_id: undefined })), {
        path: "/v2/events"
      })
      expect(state().totals).toMatchObject({ accepted: 3, distinctBatches: 2, events: 4, distinctEvents: 3 })
    })
  )
})

describe("rate limit", () => {
  it.effect("is kept for each feed in batches, and told in headers", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const { state, url } = yield* start({ rate: 20 })
      const first = yield* send(url, bulk(...many(75)))
      expect([first.status, first.headers.get("x-mp-rate-limit-percentage-used")]).toEqual([202, "75"])
      const second = yield* send(url, bulk(...many(75)))
      expect(second.status).toBe(429)
      expect(second.headers.get("retry-after")).toBe("3")
      expect(second.headers.get("x-mp-rate-limit-exceeded")).toBe("feed")
      expect(second.headers.get("x-mp-rate-limit-percentage-used")).toBeNull()
      expect((yield* send(url, bulk("a"), { authorization: web })).status).toBe(202)
      yield* TestClock.adjust("3 seconds")
      expect((yield* send(url, bulk(...many(75)))).status).toBe(202)
      expect(state().feeds["ios"]).toMatchObject({ accepted: 75, duplicates: 75, refused: { 429: 1 } })
    })
  )

  it.live("is told by every endpoint that has one to whoever is taken, also when none of it is used", () =>
    Effect.gen(function* () {
      const { url } = yield* start()
      const used = (answer: { readonly headers: Headers }) =>
        answer.headers.get("x-mp-rate-limit-percentage-used")
      const body = JSON.stringify(batch("a"))
      expect(used(yield* send(url, bulk("a")))).toBe("0")
      expect(used(yield* send(url, bulk("a"), { path: "/v2/bulkevents/historical" }))).toBe("0")
      expect(used(yield* send(url, body, { path: "/v2/events" }))).toBe("0")
      expect(used(yield* send(url, "[]"))).toBeNull()
      expect(used(yield* send(url, bulk("a"), { authorization: null }))).toBeNull()
      expect(used(yield* send(url, "", { method: "GET", path: "/_emulator/state" }))).toBeNull()
    })
  )
})

describe("capture", () => {
  it.live("holds every request by the time it is answered, without secrets", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "capture.ndjson")
      const emulator = yield* start({ capture: file })
      const body = bulk("żółw", "b\n")
      const before = Date.now()
      yield* send(emulator.url, body)
      expect(readFileSync(file, "utf8").split("\n")).toHaveLength(2)
      yield* send(emulator.url, body, { authorization: basic("nobody", "hush") })
      const [first, second] = yield* Capture.readFile(file)
      expect(first).toMatchObject({ method: "POST", path: "/v2/bulkevents", body, status: 202, feed: "ios" })
      expect(first?.at).toBeGreaterThanOrEqual(before)
      expect(first?.headers["content-type"]).toBe("application/json")
      expect(first?.headers["authorization"]).toBe(basic("ios-key", "***"))
      expect(second).toMatchObject({ status: 403, feed: null })
      expect(emulator.requests()).toEqual([first, second])

      const page = yield* send(emulator.url, "", { method: "GET", path: "/_emulator" })
      const everything = readFileSync(file, "utf8") + JSON.stringify(emulator.state()) + page.text
      for (const secret of ["ios-secret", "hush", ios, basic("nobody", "hush")]) {
        expect(everything).not.toContain(secret)
      }
    })
  )

  it.live("brings counts and known ids through a restart, and a torn last line is cut off", () =>
    Effect.gen(function* () {
      const capture = join(yield* temporaryFolder, "capture.ndjson")
      const before = yield* Effect.scoped(
        Effect.gen(function* () {
          const { fail, state, url } = yield* start({ capture, faithful: true })
          yield* send(
            url,
            JSON.stringify([batch("a"), { bad: 1 }, batch("b", { events: [event("b"), event("c")] })])
          )
          yield* send(url, bulk("a"))
          yield* send(url, JSON.stringify(batch("single")), { path: "/v2/events", authorization: web })
          yield* send(url, "{")
          fail([{ kind: "reset-after", count: 1 }])
          yield* Effect.flip(send(url, bulk("kept")))
          fail([{ kind: "status", status: 503, count: 1 }])
          yield* send(url, bulk("refused"))
          return state()
        })
      )
      expect(before.feeds["ios"]).toMatchObject({
        requests: 5,
        accepted: 3,
        duplicates: 1,
        dropped: 1,
        unanswered: 1,
        refused: { 400: 1, 503: 1 }
      })
      const size = statSync(capture).size
      appendFileSync(capture, readFileSync(capture, "utf8").slice(0, 100))
      const { state, url } = yield* start({ capture })
      expect(statSync(capture).size).toBe(size)
      expect(state()).toEqual(before)
      yield* send(url, JSON.stringify([batch("kept"), batch("refused"), batch("b")]))
      expect(state().feeds["ios"]).toMatchObject({ accepted: 4, duplicates: 3, conflicting: 1 })
      expect(yield* Capture.readFile(capture)).toHaveLength(7)
    })
  )

  it.live("a file of something else is left alone", () =>
    Effect.gen(function* () {
      const capture = join(yield* temporaryFolder, "notes.txt")
      writeFileSync(capture, "dear diary\n")
      expect(yield* Effect.flip(start({ capture }))).toBeInstanceOf(EmulatorError)
      writeFileSync(capture, "dear diary")
      const error = yield* Effect.flip(start({ capture }))
      expect(error.message).toBe(
        `capture file ${capture}: line 1 is not a captured request: move the file away`
      )
      expect(readFileSync(capture, "utf8")).toBe("dear diary")
    })
  )

  it.live("without a file the latest requests are kept in memory, bounded", () =>
    Effect.gen(function* () {
      const { requests, state, url } = yield* start()
      const body = bulk("a").padEnd(255_000)
      yield* Effect.forEach(many(280), () => send(url, body), { concurrency: 8 })
      expect(state().totals.requests).toBe(280)
      expect(requests()).toHaveLength(Math.floor((64 * 1024 * 1024) / 255_000))
    })
  )
})

describe("looking at it", () => {
  it.live("clearing forgets counts, ids and the capture", () =>
    Effect.gen(function* () {
      const capture = join(yield* temporaryFolder, "capture.ndjson")
      const { requests, state, url } = yield* start({ capture })
      yield* send(url, bulk("a"))
      yield* send(url, "", { method: "DELETE", path: "/_emulator/state" })
      expect(state().totals).toMatchObject({ requests: 0, accepted: 0, distinctEvents: 0 })
      expect(requests()).toEqual([])
      yield* send(url, bulk("a"))
      expect(state().totals).toMatchObject({ accepted: 1, duplicates: 0 })
      expect(requests()).toHaveLength(1)
    })
  )

  it.live("its address is a page in a browser, which asks for the state alone and is not captured", () =>
    Effect.gen(function* () {
      const { requests, state, url } = yield* start()
      yield* send(url, bulk("a", "b", "c"))
      const json = yield* send(url, "", { method: "GET", path: "/_emulator/state" })
      expect(JSON.parse(json.text)).toEqual(state())
      expect(state().feeds["ios"]?.types).toEqual({ "Email Sends": 3 })
      for (const path of ["/", "/_emulator", "/page.js", "/page.css"]) {
        const page = yield* send(url, "", { method: "GET", path })
        expect(page.status).toBe(200)
        expect(page.headers.get("content-security-policy")).toContain("default-src 'none'")
      }
      expect(requests()).toHaveLength(1)
      expect((yield* send(url, "", { path: "/_emulator/nothing" })).status).toBe(404)
      expect((yield* send(url, "", { path: "/" })).status).toBe(404)
    })
  )

  it.live("counts very many types of events, and no more than it has room for", () =>
    Effect.gen(function* () {
      const { state, url } = yield* start()
      for (let part = 0; part < 6; part++) {
        const batches = Array.from({ length: 100 }, (_, index) => {
          const id = `${part * 100 + index}`
          return batch(id, { events: [event(id, { event_name: `type ${id}` })] })
        })
        yield* send(url, JSON.stringify(batches))
      }
      const { types } = state().totals
      expect(Object.keys(types)).toHaveLength(501)
      expect(types["(others)"]).toBe(100)
    })
  )

  it.live("a connection is used again", () =>
    Effect.gen(function* () {
      const { url } = yield* start()
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      const once = Effect.callback<boolean>((resume) => {
        const request = httpRequest(`${url}/v2/bulkevents`, {
          agent,
          method: "POST",
          headers: { authorization: ios }
        })
        request.on("response", (response) => {
          response.resume()
          response.on("end", () => resume(Effect.succeed(request.reusedSocket)))
        })
        request.end(bulk("a"))
      })
      const first = yield* once
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      expect([first, yield* once]).toEqual([false, true])
      agent.destroy()
    })
  )

  it.live("a port that is taken is an error that names it", () =>
    Effect.gen(function* () {
      const { url } = yield* start()
      const port = Number(new URL(url).port)
      const error = yield* Effect.flip(start({ port }))
      expect(error).toMatchObject({ _tag: "EmulatorError", reason: "address" })
      expect(error.message).toContain(`port ${port} on 127.0.0.1 is in use`)
    })
  )

  it.live("it stops with its scope", () =>
    Effect.gen(function* () {
      const url = yield* Effect.scoped(Effect.map(start(), (emulator) => emulator.url))
      expect(yield* Effect.flip(send(url, bulk("a")))).toBe("ECONNREFUSED")
    })
  )
})
