import { readFileSync } from "node:fs"
import { Agent } from "node:http"
import { createServer } from "node:net"
import { devNull } from "node:os"
import { type TLSSocket, connect as tlsConnect } from "node:tls"
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Exporter, Ledger, Outbox, OutboxMemory } from "@millrace/core"
import type { Intake } from "@millrace/core/Intake"
import { PluginError } from "@millrace/core/Plugin"
import { CurrentsHttpSource } from "@millrace/source-currents-http"
import { sourceConformance } from "@millrace/testing"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { TestClock } from "effect/testing"
import { freePort } from "../../../tools/freePort.ts"
import { collector } from "./support/collector.ts"
import * as Receiver from "./support/receiver.ts"

const { dial, events, head, post, start, until } = Receiver

const fixture = (name: string) => readFileSync(new URL(`./fixtures/${name}.pem`, import.meta.url), "utf8")
const mebibyte = 1024 * 1024

const ids = ({ chunks }: Receiver.Recorder) => chunks.flatMap((chunk) => chunk.events.map(({ id }) => id))
const bad = ({ chunks }: Receiver.Recorder) => chunks.flatMap(({ malformed }) => malformed)
const named = (count: number, name = "event") => Array.from({ length: count }, (_, at) => `${name}-${at}`)

describe("the health path", () => {
  it.live("is answered 200 to whoever looks, without a token and also while the outbox is full", () =>
    Effect.gen(function* () {
      const { port, recorded } = yield* start()
      const look = (method: string, path: string) =>
        Effect.map(post(port, "", { method, path, token: null }), ({ status }) => status)
      recorded.isFull = true
      assert.strictEqual(yield* look("GET", "/healthz"), 200)
      assert.strictEqual(yield* look("HEAD", "/healthz?from=balancer"), 200)
      assert.strictEqual(yield* look("POST", "/healthz"), 404)
      assert.strictEqual(yield* look("GET", "/health"), 404)
      assert.strictEqual(recorded.begun(), 0)
      const other = yield* start({ settings: { healthPath: "/alive" } })
      const alive = yield* post(other.port, "", { method: "GET", path: "/alive", token: null })
      assert.strictEqual(alive.status, 200)
    })
  )
})

describe("a body", () => {
  it.live("is answered 200 when its events are durable, and not before", () =>
    Effect.gen(function* () {
      const { port, recorded } = yield* start()
      recorded.door.closeUnsafe()
      const answer = yield* Effect.forkChild(post(port, { events: events(3) }), { startImmediately: true })
      yield* until(() => recorded.begun() === 1)
      // One that has nothing to store is answered meanwhile.
      assert.strictEqual((yield* post(port, "")).status, 200)
      assert.isUndefined(answer.pollUnsafe())
      assert.lengthOf(recorded.chunks, 0)
      recorded.door.openUnsafe()
      assert.strictEqual((yield* Fiber.join(answer)).status, 200)
      assert.deepStrictEqual(ids(recorded), named(3))
    })
  )

  it.live("may be an array, a single event, gzip, in pieces, or sent after a 100", () =>
    Effect.gen(function* () {
      const { port, recorded } = yield* start()
      const [only] = events(1, "single")
      const packed = gzipSync(JSON.stringify({ events: events(2, "gzip") }))
      const sent = [
        yield* post(port, events(2, "array")),
        yield* post(port, only),
        yield* post(port, packed, { headers: { "content-encoding": "gzip" } }),
        yield* post(port, packed, { headers: { "content-encoding": "x-gzip" }, isChunked: true }),
        yield* post(port, { events: events(2, "pieces") }, { isChunked: true }),
        yield* post(port, { events: events(1, "query") }, { path: "/currents?from=braze" })
      ]
      assert.deepStrictEqual(
        sent.map(({ status }) => status),
        [200, 200, 200, 200, 200, 200]
      )
      const body = Buffer.from(JSON.stringify({ events: events(1, "asked") }))
      const { hears, socket } = yield* dial(port)
      socket.write(head({ expect: "100-continue", "content-length": body.length + 2 }))
      assert.include(yield* hears("100 Continue"), "100 Continue")
      socket.write(`${body}  `)
      assert.include(yield* hears(" 200 "), "HTTP/1.1 200")
      assert.deepStrictEqual(ids(recorded), [
        ...named(2, "array"),
        "single-0",
        ...named(2, "gzip"),
        ...named(2, "gzip"),
        ...named(2, "pieces"),
        "query-0",
        "asked-0"
      ])
    })
  )

  it.live("without events is a probe: answered, and nothing stored, even while the outbox is full", () =>
    Effect.gen(function* () {
      const { port, recorded } = yield* start()
      const probes = ["", "\n", "{}", "[]", '{"events":[]}', gzipSync('{"events":[]}')]
      for (const probe of probes) {
        const headers = typeof probe === "string" ? {} : { "content-encoding": "gzip" }
        for (const isChunked of [false, true]) {
          const statuses = yield* Effect.forEach([Receiver.token, null], (token) =>
            Effect.map(post(port, probe, { headers, isChunked, token }), ({ status }) => status)
          )
          assert.deepStrictEqual(statuses, [200, 401], String(probe))
        }
      }
      recorded.isFull = true
      assert.strictEqual((yield* post(port, "")).status, 200)
      assert.strictEqual(recorded.begun(), 0)
    })
  )

  it.live(
    "that cannot be read becomes one dead letter with its bytes, and is answered when that is durable",
    () =>
      Effect.gen(function* () {
        const { port, recorded } = yield* start()
        const gzip = { "content-encoding": "gzip" }
        const cut = gzipSync(JSON.stringify({ events: events(50) })).subarray(0, -20)
        const bodies = [Buffer.from('{"events":[{"cut'), Buffer.from([0x22, 0xff, 0x22]), cut]
        for (const body of bodies) {
          assert.strictEqual((yield* post(port, body, { headers: body === cut ? gzip : {} })).status, 200)
        }
        assert.deepStrictEqual(
          bad(recorded).map(({ detail, raw, reason }) => [reason, detail, Buffer.from(raw)]),
          [
            ["malformed", "the body is not JSON", bodies[0]],
            ["malformed", "the body is not UTF-8", bodies[1]],
            ["malformed", "the body is not gzip, or cut off", bodies[2]]
          ]
        )
        // Larger than a dead letter keeps: Braze is to send smaller ones, which are kept whole.
        assert.strictEqual((yield* post(port, `[${"x".repeat(mebibyte)}`)).status, 413)
        assert.lengthOf(bad(recorded), 3)
      })
  )

  it.live("with bad events among good ones loses neither", () =>
    Effect.gen(function* () {
      const { port, recorded } = yield* start()
      const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`
      const [first, second] = events(2).map((event) => JSON.stringify(event))
      const body = `{"events":[${first},{"id":"no type"},7,{"properties":${deep}},${second}]}`
      assert.strictEqual((yield* post(port, body)).status, 200)
      assert.deepStrictEqual(ids(recorded), named(2))
      assert.deepStrictEqual(
        bad(recorded).map(({ position, reason }) => [position, reason]),
        [
          ["event 2 of a request", "not-an-event"],
          ["event 3 of a request", "not-an-event"],
          ["event 4 of a request", "malformed"]
        ]
      )
      assert.deepStrictEqual(Buffer.from(bad(recorded)[0]!.raw).toString(), '{"id":"no type"}')
      assert.strictEqual(Buffer.from(bad(recorded)[2]!.raw).toString(), `{"properties":${deep}}`)
    })
  )

  it.live("stores each event by its own bytes, and a number as it is written", () =>
    Effect.gen(function* () {
      const { port, recorded } = yield* start()
      const [event] = events(1)
      const spaced = JSON.stringify(event, undefined, 1).replace("{", '{ "n": 1.50,')
      const rounded = JSON.stringify(event).replace("{", '{"n":9007199254740993,')
      assert.strictEqual((yield* post(port, `{"events":[ ${spaced} , ${rounded} ]}`)).status, 200)
      const [chunk] = recorded.chunks
      assert.strictEqual(Buffer.from(chunk!.records!.bytes).toString(), spaced)
      assert.deepStrictEqual(
        bad(recorded).map(({ raw, reason }) => [reason, Buffer.from(raw).toString()]),
        [["malformed", rounded]]
      )
    })
  )

  it.live("of empty items is counted, item by item", () =>
    Effect.gen(function* () {
      const { port, recorded } = yield* start()
      for (const body of ["[{},{}]", '{"events":[{},[]]}', '{"events":{}}', "[[]]"]) {
        assert.strictEqual((yield* post(port, body)).status, 200, body)
      }
      assert.deepStrictEqual(
        bad(recorded).map(({ raw, reason }) => [reason, Buffer.from(raw).toString()]),
        ["{}", "{}", "{}", "[]", "{}", "[]"].map((raw) => ["not-an-event", raw])
      )
    })
  )

  it.live("that is cut off behind good events loses none of them", () =>
    Effect.gen(function* () {
      const { port, recorded } = yield* start()
      const [first, second] = events(2).map((event) => JSON.stringify(event))
      assert.strictEqual((yield* post(port, `{"events":[${first},${second},{"cut`)).status, 200)
      assert.deepStrictEqual(ids(recorded), named(2))
      assert.deepStrictEqual(
        bad(recorded).map(({ detail, position, raw }) => [detail, position, Buffer.from(raw).toString()]),
        [["cut off", "a request from event 3 on", '{"cut']]
      )
    })
  )

  it.live("of more events than one may hold is to come in smaller ones, and nothing of it is stored", () =>
    Effect.gen(function* () {
      const { port, recorded } = yield* start()
      const many = gzipSync(`{"events":[${"{},".repeat(2_500_000)}{}]}`)
      const { status } = yield* post(port, many, { headers: { "content-encoding": "gzip" } })
      assert.deepStrictEqual([status, recorded.begun()], [413, 0])
      // As many as there may be are stored in chunks that the outbox can take.
      assert.strictEqual((yield* post(port, `[${Array(20_000).fill("{}").join()}]`)).status, 200)
      assert.strictEqual(bad(recorded).length, 20_000)
      assert.isAbove(recorded.chunks.length, 5)
    })
  )

  it.live("is refused when it is too large, told or not, packed or not, and the connection goes on", () =>
    Effect.gen(function* () {
      const { port, recorded } = yield* start({ settings: { bodySize: "1 MiB" } })
      const { hears, socket } = yield* dial(port)
      socket.write(head({ "content-length": mebibyte + 1 }))
      assert.include(yield* hears("\r\n\r\n"), "HTTP/1.1 413")
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      yield* Effect.addFinalizer(() => Effect.sync(() => agent.destroy()))
      // Without events: whoever takes it answers 200.
      const large = `[]${" ".repeat(mebibyte)}`
      // 64 MiB of it in 64 KiB.
      const bomb = gzipSync(Buffer.alloc(64 * mebibyte, " "))
      const gzip = { headers: { "content-encoding": "gzip" } }
      const before = process.memoryUsage().rss
      const statuses = [
        yield* post(port, large, { agent }),
        yield* post(port, large, { agent, isChunked: true }),
        yield* post(port, bomb, { agent, ...gzip }),
        yield* post(port, { events: events(1) }, { agent })
      ].map(({ status }) => status)
      assert.deepStrictEqual(statuses, [413, 413, 413, 200])
      assert.isBelow(process.memoryUsage().rss - before, 40 * mebibyte)
      assert.deepStrictEqual(ids(recorded), named(1))
    })
  )

  it.live("in an encoding that is not known is asked for in another", () =>
    Effect.gen(function* () {
      const { port } = yield* start()
      const { headers, status } = yield* post(port, "x", { headers: { "content-encoding": "br" } })
      assert.deepStrictEqual([status, headers["accept-encoding"]], [415, "gzip"])
    })
  )
})

describe("what is no whole request stores nothing", () => {
  it.live("a body that comes too slowly is cut off with 408", () =>
    Effect.gen(function* () {
      const { port, recorded } = yield* start({ settings: { receiveTimeout: "200 millis" } })
      const { closed, socket } = yield* dial(port)
      const body = JSON.stringify({ events: events(1) })
      socket.write(head({ "content-length": Buffer.byteLength(body) }) + body.slice(0, 40))
      assert.include(yield* closed, "HTTP/1.1 408")
      const headless = yield* dial(port)
      headless.socket.write("POST /currents HTTP/1.1\r\nhost:")
      assert.include(yield* headless.closed, "HTTP/1.1 408")
      assert.strictEqual(recorded.begun(), 0)
      assert.strictEqual((yield* post(port, { events: events(1) })).status, 200)
    })
  )

  it.live("half a body, then a close; nor does it keep a place", () =>
    Effect.gen(function* () {
      const { port, recorded } = yield* start({ settings: { concurrency: 1 } })
      const body = Buffer.from(JSON.stringify(events(1)))
      for (const framing of [{ "content-length": body.length + 1 }, { "transfer-encoding": "chunked" }]) {
        const { socket } = yield* dial(port)
        const isChunked = "transfer-encoding" in framing
        const part = isChunked ? `${body.length.toString(16)}\r\n${body}\r\n` : String(body)
        socket.write(head(framing) + part)
        // The place is taken: the half of it has come.
        yield* until429(port)
        socket.destroy()
      }
      yield* Effect.repeat(post(port, events(1, "next")), { until: ({ status }) => status === 200 })
      assert.deepStrictEqual([...new Set(ids(recorded))], ["next-0"])
    })
  )

  it.live("what is not HTTP, or has too much of a head, is not answered 400", () =>
    Effect.gen(function* () {
      const { port, recorded } = yield* start()
      const garbage = yield* dial(port)
      garbage.socket.write("\x16\x03\x01 hello\r\n\r\n")
      assert.strictEqual(yield* garbage.closed, "")
      const large = yield* dial(port)
      large.socket.write(head({ "x-large": "x".repeat(20_000) }))
      assert.include(yield* large.closed, "HTTP/1.1 431")
      const body = Buffer.from(JSON.stringify(events(1)))
      const hostless = yield* dial(port)
      hostless.socket.write(head({ "content-length": body.length }).replace("host: localhost\r\n", "") + body)
      assert.include(yield* hostless.hears("\r\n\r\n"), "HTTP/1.1 200")
      assert.deepStrictEqual(ids(recorded), named(1))
    })
  )

  it.live("what is not posted to the path", () =>
    Effect.gen(function* () {
      const { port, recorded } = yield* start()
      const elsewhere = yield* post(port, events(1), { path: "/currents/" })
      const got = yield* post(port, events(1), { method: "PUT" })
      assert.deepStrictEqual([elsewhere.status, got.status, got.headers.allow], [404, 405, "POST"])
      assert.strictEqual(recorded.begun(), 0)
    })
  )
})

/** Until a request is told to come later: all places are taken. */
const until429 = (port: number) =>
  Effect.repeat(Effect.delay(post(port, "[1"), "5 millis"), { until: ({ status }) => status === 429 })

describe("tokens", () => {
  it.live("both hold, no other does, and none is shown", () =>
    Effect.gen(function* () {
      const { logs, port, recorded } = yield* start()
      const wrong = [null, "", "wrong-token", `${Receiver.token}x`, Receiver.token.toUpperCase(), "a b"]
      const refused = Effect.fnUntraced(function* (token: string | null) {
        const { headers, status } = yield* post(port, events(1), { token })
        assert.deepStrictEqual([status, headers["www-authenticate"]], [401, "Bearer"], String(token))
      })
      yield* Effect.forEach(wrong, refused, { concurrency: "unbounded", discard: true })
      const basic = Buffer.from(`x:${Receiver.token}`).toString("base64")
      assert.strictEqual(
        (yield* post(port, events(1), { token: null, headers: { authorization: `Basic ${basic}` } })).status,
        401
      )
      assert.strictEqual(recorded.begun(), 0)
      for (const token of [Receiver.token, Receiver.formerToken]) {
        assert.strictEqual((yield* post(port, events(1), { token })).status, 200)
      }
      const lower = { authorization: `bearer ${Receiver.token}` }
      assert.strictEqual((yield* post(port, events(1), { token: null, headers: lower })).status, 200)
      assert.deepStrictEqual(
        logs.filter((line) => line.includes("401")),
        ["a request was answered 401: the bearer token is missing or wrong"]
      )
      assert.notMatch(logs.join("\n"), /token-5c1f9a|token-9d3e77|wrong-token/)
    })
  )

  it.live(
    "are changed without a restart, and refused only after the secret was read anew, once a second",
    () =>
      Effect.gen(function* () {
        let given: { readonly token: Redacted.Redacted<string> } | undefined = Receiver.tokens
        let reads = 0
        const fault = new PluginError({ plugin: "x", reason: "Credentials", detail: "the file is gone" })
        const { logs, port } = yield* start({
          credentials: Effect.suspend(() => {
            reads++
            return given === undefined ? Effect.fail(fault) : Effect.succeed(given)
          })
        })
        const status = (token: string) => Effect.map(post(port, "", { token }), (reply) => reply.status)
        given = { token: Redacted.make("a-token-from-now-on") }
        assert.strictEqual(yield* status("a-token-from-now-on"), 200)
        assert.strictEqual(yield* status(Receiver.formerToken), 401)
        const before = reads
        const since = performance.now()
        const many = yield* Effect.forEach(Array.from({ length: 40 }), () => status("wrong"), {
          concurrency: "unbounded"
        })
        assert.deepStrictEqual([...new Set(many)], [401])
        assert.isAtMost(reads - before, 1 + Math.ceil((performance.now() - since) / 1000))
        given = undefined
        // Whether it is wrong cannot be told: Braze is to come again.
        assert.strictEqual(yield* status("wrong"), 503)
        assert.strictEqual(yield* status("a-token-from-now-on"), 200)
        assert.include(logs.join("\n"), "the bearer tokens have changed")
        assert.include(logs.join("\n"), "the credentials cannot be read any more")
        assert.notInclude(logs.join("\n"), "a-token-from-now-on")
      })
  )

  it.effect("that are taken away hold for half a minute at most", () =>
    Effect.gen(function* () {
      let given: { readonly token: Redacted.Redacted<string> } = Receiver.tokens
      const { logs, port } = yield* start({ credentials: Effect.sync(() => given) })
      given = { token: Redacted.make("a-token-from-now-on") }
      yield* TestClock.adjust("30 seconds")
      yield* until(() => logs.some((line) => line.includes("have changed")))
      const answer = yield* Effect.forkChild(post(port, "", { token: Receiver.token }))
      // A refusal waits for a second to be over.
      while (answer.pollUnsafe() === undefined) {
        yield* TestClock.adjust("1 second")
        yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 2)))
      }
      assert.strictEqual((yield* Fiber.join(answer)).status, 401)
    })
  )

  it("are of the letters that a bearer token has, and the error repeats none", () => {
    const token = "no bearer token!"
    const make = (given: unknown) =>
      CurrentsHttpSource.currentsHttp.fromUnknown({ settings: {}, credentials: Effect.succeed(given) })
    for (const given of [{ token: Redacted.make(token) }, { token }, { token: Redacted.make("") }]) {
      const source = Result.getOrThrow(make(given))
      const ended = Effect.runSync(Effect.flip(source.run(Receiver.recorder().intake, { follow: true })))
      assert.include(ended.detail, "credentials.token")
      assert.notInclude(ended.detail, token)
    }
  })
})

describe("pressure", () => {
  it.live("of a full outbox: 429 before the body, all that was answered 200 waits", () =>
    Effect.gen(function* () {
      const outbox = yield* OutboxMemory.makeWith({ bytes: 20_000 })
      const told = yield* Deferred.make<CurrentsHttpSource.Address>()
      const source = CurrentsHttpSource.plugin({
        onListening: (address) => void Deferred.doneUnsafe(told, Effect.succeed(address))
      })({ settings: { port: 0 }, credentials: Receiver.tokens })
      yield* Exporter.start(
        Exporter.from(source)
          .route("held")
          .when("users.messages.*")
          .to(collector({ settings: { path: devNull, isHeld: true } })),
        {
          follow: true
        }
      ).pipe(Effect.provideService(Outbox.Outbox, outbox))
      const { port } = yield* Deferred.await(told)
      let stored = 0
      const batch = Effect.suspend(() => post(port, events(10, `batch-${stored}`)))
      const refused = yield* Effect.repeat(
        Effect.tap(batch, ({ status }) =>
          Effect.sync(() => {
            if (status === 200) stored += 10
          })
        ),
        { while: ({ status }) => status === 200 }
      )
      assert.strictEqual(refused.status, 429)
      const { hears, socket } = yield* dial(port)
      socket.write(head({ "content-length": 1000 }))
      const answer = yield* hears("\r\n\r\n")
      assert.match(answer, /^HTTP\/1.1 429/)
      assert.match(answer, /retry-after: 10/i)
      const ledger = yield* outbox.ledger
      assert.isAbove(stored, 10)
      assert.deepStrictEqual([Ledger.total(ledger, "waiting"), ledger.routes["held"]?.read], [stored, stored])
    })
  )

  it.live("of many requests: 429 before the body beyond those that are under way", () =>
    Effect.gen(function* () {
      const { logs, port, recorded } = yield* start({ settings: { concurrency: 2, bodySize: "1 MiB" } })
      recorded.door.closeUnsafe()
      const first = yield* Effect.forkChild(post(port, events(1, "first")), { startImmediately: true })
      yield* until(() => recorded.begun() === 1)
      // One more may come, but not with all the bytes that there may be.
      const large = yield* dial(port)
      large.socket.write(head({ "content-length": mebibyte }))
      assert.match(yield* large.hears("\r\n\r\n"), /^HTTP\/1.1 429.*retry-after: 1\r/is)
      const creeping = yield* post(port, Buffer.alloc(mebibyte, " "), { isChunked: true })
      assert.strictEqual(creeping.status, 429)
      const body = JSON.stringify(events(1, "second"))
      const second = yield* dial(port)
      second.socket.write(head({ "content-length": body.length, expect: "100-continue" }))
      yield* second.hears("100 Continue")
      const third = yield* dial(port)
      third.socket.write(head({ "content-length": 10 }))
      assert.match(yield* third.hears("\r\n\r\n"), /^HTTP\/1.1 429.*retry-after: 1\r/is)
      second.socket.write(body)
      recorded.door.openUnsafe()
      assert.strictEqual((yield* Fiber.join(first)).status, 200)
      yield* second.hears("HTTP/1.1 200")
      assert.strictEqual((yield* post(port, events(1, "third"))).status, 200)
      assert.strictEqual(logs.filter((line) => line.includes("429")).length, 1)
    })
  )

  it.live("of an outbox that takes too long: 503, and the place is free again", () =>
    Effect.gen(function* () {
      const { port, recorded } = yield* start({ settings: { storeTimeout: "50 millis", concurrency: 1 } })
      recorded.door.closeUnsafe()
      const { headers, status } = yield* post(port, events(1))
      assert.deepStrictEqual([status, headers["retry-after"]], [503, "10"])
      recorded.door.openUnsafe()
      assert.strictEqual((yield* post(port, events(1, "next"))).status, 200)
      assert.deepStrictEqual(ids(recorded), ["next-0"])
    })
  )

  it.live(
    "of many small requests that wait for the same disk: they share chunks, and each has its own answer",
    () =>
      Effect.gen(function* () {
        const { port, recorded } = yield* start()
        recorded.door.closeUnsafe()
        const sent = (body: unknown) => Effect.forkChild(post(port, body), { startImmediately: true })
        const first = yield* sent(events(1, "first"))
        yield* until(() => recorded.begun() === 1)
        const others = yield* Effect.forEach(Array.from({ length: 40 }).keys(), (index) =>
          index === 7 ? sent("no JSON") : sent([...events(2, `small-${index}`), { name: "no event" }])
        )
        // One too large to share a chunk is stored beside them, by the size of what waits.
        const large = yield* sent(
          Array.from({ length: 700 }, (_, index) => ({
            ...events(1, `large-${index}`)[0],
            filling: "x".repeat(1000)
          }))
        )
        yield* until(() => recorded.begun() >= 2)
        recorded.door.openUnsafe()
        for (const each of [first, ...others, large])
          assert.strictEqual((yield* Fiber.join(each)).status, 200)
        assert.isAtMost(recorded.begun(), 8)
        assert.strictEqual(new Set(ids(recorded)).size, 1 + 39 * 2 + 700)
        assert.lengthOf(ids(recorded), 1 + 39 * 2 + 700)
        const malformed = recorded.chunks.flatMap((chunk) => chunk.malformed)
        assert.strictEqual(malformed.filter(({ position }) => position === "event 3 of a request").length, 39)
        assert.deepStrictEqual(
          malformed.filter(({ position }) => position === "request body").map(({ raw }) => String(raw)),
          ["no JSON"]
        )
        const bytes = recorded.chunks.reduce((sum, { consumed = 0 }) => sum + consumed, 0)
        assert.isAbove(bytes, 700_000)
      })
  )

  it.live(
    "of small requests that wait behind a slow append are stored when who waited longest has given up",
    () =>
      Effect.gen(function* () {
        const { port, recorded } = yield* start({ settings: { storeTimeout: "400 millis" } })
        recorded.door.closeUnsafe()
        const sent = (name: string) =>
          Effect.forkChild(post(port, events(1, name)), { startImmediately: true })
        const early = yield* sent("early")
        yield* until(() => recorded.begun() === 1)
        // Sleeps, since the time of the one behind is to run out later.
        yield* Effect.sleep("200 millis")
        const behind = yield* sent("behind")
        assert.strictEqual((yield* Fiber.join(early)).status, 503)
        yield* until(() => recorded.begun() === 2)
        recorded.door.openUnsafe()
        assert.strictEqual((yield* Fiber.join(behind)).status, 200)
        assert.deepStrictEqual(ids(recorded), ["behind-0"])
      })
  )

  it.live("of a large request whose chunks take long keeps no small one waiting, before it or behind", () =>
    Effect.gen(function* () {
      const recorded = Receiver.recorder()
      const append: Intake["append"] = (chunk) =>
        chunk.events.some(({ id }) => id.startsWith("large"))
          ? recorded.intake.append(chunk)
          : Effect.sync(() => void recorded.chunks.push(chunk))
      const { port } = yield* start({ intake: { ...recorded.intake, append } })
      recorded.door.closeUnsafe()
      const filled = events(700, "large").map((event) => ({ ...event, filling: "x".repeat(1000) }))
      const large = yield* Effect.forkChild(post(port, filled), { startImmediately: true })
      const beside = yield* Effect.forEach(["one", "two"], (name) => post(port, events(1, name)), {
        concurrency: 2
      })
      yield* until(() => recorded.begun() === 1)
      const behind = yield* post(port, events(1, "three"))
      assert.deepStrictEqual(
        [...beside, behind].map(({ status }) => status),
        [200, 200, 200]
      )
      assert.sameMembers(ids(recorded), ["one-0", "two-0", "three-0"])
      recorded.door.openUnsafe()
      assert.strictEqual((yield* Fiber.join(large)).status, 200)
      assert.lengthOf(ids(recorded), 703)
    })
  )

  it.live(
    "of small requests of which one breaks something: it is answered 500, and those that wait with it 200",
    () =>
      Effect.gen(function* () {
        const recorded = Receiver.recorder()
        const append: Intake["append"] = (chunk) =>
          chunk.events.some(({ id }) => id === "poison-0")
            ? Effect.die("it breaks")
            : recorded.intake.append(chunk)
        const { port } = yield* start({ intake: { ...recorded.intake, append } })
        recorded.door.closeUnsafe()
        const sent = (name: string) =>
          Effect.forkChild(post(port, events(1, name)), { startImmediately: true })
        const first = yield* sent("first")
        yield* until(() => recorded.begun() === 1)
        const others = yield* Effect.forEach(["one", "poison", "two", "three"], sent)
        // Sleeps, since nothing tells from outside that they wait.
        yield* Effect.sleep("100 millis")
        recorded.door.openUnsafe()
        assert.strictEqual((yield* Fiber.join(first)).status, 200)
        const statuses = yield* Effect.forEach(others, (each) =>
          Effect.map(Fiber.join(each), ({ status }) => status)
        )
        assert.deepStrictEqual(statuses, [200, 500, 200, 200])
        assert.sameMembers(ids(recorded), ["first-0", "one-0", "two-0", "three-0"])
      })
  )

  it.live("of small requests that all give up before their turn stores none of them", () =>
    Effect.gen(function* () {
      const { port, recorded } = yield* start({ settings: { storeTimeout: "100 millis" } })
      recorded.door.closeUnsafe()
      const names = ["first", "second", "third"]
      const sent = yield* Effect.forEach(names, (name) => post(port, events(1, name)), { concurrency: 3 })
      assert.deepStrictEqual(
        sent.map(({ status }) => status),
        [503, 503, 503]
      )
      recorded.door.openUnsafe()
      assert.strictEqual((yield* post(port, events(1, "next"))).status, 200)
      assert.deepStrictEqual(ids(recorded), ["next-0"])
    })
  )

  it.live("of many requests on one connection that wait for no answer ends with a close", () =>
    Effect.gen(function* () {
      const { port, recorded } = yield* start()
      recorded.door.closeUnsafe()
      const greedy = yield* dial(port)
      const body = Buffer.from(JSON.stringify(events(1)))
      greedy.socket.write((head({ "content-length": body.length }) + body).repeat(50))
      assert.strictEqual(yield* greedy.closed, "")
      assert.isAtMost(recorded.begun(), 1)
      recorded.door.openUnsafe()
    })
  )

  it.live("of connections that show no token keeps nobody out who has one, and is told in few lines", () =>
    Effect.gen(function* () {
      const { logs, port, recorded } = yield* start({ settings: { connections: 3 } })
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      yield* Effect.addFinalizer(() => Effect.sync(() => agent.destroy()))
      const sent = Effect.fnUntraced(function* (name: string) {
        assert.strictEqual((yield* post(port, events(1, name), { agent })).status, 200)
      })
      // Silent ones, slow ones and refused ones take all places, again and again.
      const silent = yield* dial(port)
      const slow = yield* dial(port)
      slow.socket.write("POST /currents HTTP/1.1\r\nhost:")
      const refused = yield* dial(port)
      refused.socket.write(head({ authorization: "none", "content-length": 0 }))
      assert.match(yield* refused.closed, /^HTTP\/1.1 401.*connection: close/is)
      const more = yield* Effect.forEach(Array.from({ length: 20 }), () => dial(port))
      yield* sent("first")
      assert.strictEqual(yield* silent.closed, "")
      assert.strictEqual(yield* slow.closed, "")
      // The connection that has shown a token stays, whoever comes.
      const local = Object.keys(agent.freeSockets)
      const others = yield* Effect.forEach(Array.from({ length: 20 }), () => dial(port))
      yield* sent("second")
      assert.deepStrictEqual(Object.keys(agent.freeSockets), local)
      yield* Effect.forEach([...more, ...others.slice(0, -3)], ({ closed }) => closed)
      assert.deepStrictEqual(ids(recorded), ["first-0", "second-0"])
      const told = logs.filter((line) => line.includes("closed to make room"))
      assert.lengthOf(told, 1)
      assert.match(told[0]!, /connections? (was|were) closed to make room.*3 are open at most/)
    })
  )

  it.live("of strangers behind one address closes theirs, and the last count is told at the end", () =>
    Effect.gen(function* () {
      const { logs, port, running } = yield* start({ settings: { connections: 2 } })
      const all = yield* Effect.forEach(Array.from({ length: 12 }), () => dial(port))
      yield* Effect.forEach(all.slice(0, 10), ({ closed }) => closed)
      yield* Fiber.interrupt(running)
      const counts = logs.flatMap(
        (line) => /^(\d+) connections? w.+ closed to make room/.exec(line)?.[1] ?? []
      )
      assert.strictEqual(
        counts.reduce((sum, count) => sum + Number(count), 0),
        10
      )
    })
  )

  it.live("of strangers leaves a connection that has shown its token within TLS", () =>
    Effect.gen(function* () {
      const authority = fixture("first.certificate")
      const tls = { certificate: Redacted.make(authority), key: Redacted.make(fixture("first.key")) }
      const { port, recorded } = yield* start({
        settings: { connections: 1 },
        credentials: { ...Receiver.tokens, tls }
      })
      const socket = tlsConnect({ port, host: "127.0.0.1", servername: "localhost", ca: authority })
      yield* Effect.addFinalizer(() => Effect.sync(() => socket.destroy()))
      let heard = ""
      socket.setEncoding("latin1").on("data", (text: string) => (heard += text))
      const body = Buffer.from(JSON.stringify(events(1)))
      const request = head({ "content-length": body.length }) + body
      socket.write(request)
      yield* until(() => heard.includes(" 200 "))
      assert.strictEqual(yield* (yield* dial(port)).closed, "")
      heard = ""
      socket.write(request)
      yield* until(() => heard.includes(" 200 ") || socket.destroyed)
      assert.deepStrictEqual([heard.includes(" 200 "), recorded.begun()], [true, 2])
    })
  )

  it.live("of a body for which nobody is let in is read past in bounds, so that the answer arrives", () =>
    Effect.gen(function* () {
      const { port } = yield* start({ settings: { bodySize: "4 MiB" } })
      const body = Buffer.alloc(3 * mebibyte, " ")
      assert.strictEqual((yield* post(port, body, { token: null })).status, 401)
      const endless = yield* dial(port)
      endless.socket.write(head({ "transfer-encoding": "chunked", authorization: "none" }))
      const part = `100000\r\n${"x".repeat(mebibyte)}\r\n`
      let written = 0
      while (!endless.socket.destroyed && written < 200) {
        endless.socket.write(part)
        written++
        yield* until(() => endless.socket.destroyed || endless.socket.writableLength === 0)
      }
      assert.isBelow(written, 200)
    })
  )
})

describe("TLS", () => {
  const pair = (name: string) => ({
    certificate: Redacted.make(fixture(`${name}.certificate`)),
    key: Redacted.make(fixture(`${name}.key`))
  })

  const shown = (port: number) =>
    Effect.callback<string>((resume) => {
      const socket: TLSSocket = tlsConnect(
        { port, host: "127.0.0.1", servername: "localhost", rejectUnauthorized: false },
        () => {
          resume(Effect.succeed(String(socket.getPeerCertificate().subject.CN)))
          socket.destroy()
        }
      )
    })

  it.effect("is spoken with the certificate, and with a new one when it has changed", () =>
    Effect.gen(function* () {
      let given = { ...Receiver.tokens, tls: pair("first") }
      const { address, logs, port, recorded } = yield* start({ credentials: Effect.sync(() => given) })
      assert.strictEqual(address.url, `https://127.0.0.1:${port}/currents`)
      const authority = fixture("first.certificate")
      assert.strictEqual((yield* post(port, events(2), { authority })).status, 200)
      assert.strictEqual((yield* post(port, events(2), { authority, token: null })).status, 401)
      assert.strictEqual((yield* post(port, events(2))).status, 0)
      assert.deepStrictEqual(ids(recorded), named(2))

      given = { ...given, tls: { ...pair("first"), key: pair("second").key } }
      yield* TestClock.adjust("30 seconds")
      yield* until(() => logs.some((line) => line.includes("the changed certificate and key cannot be used")))
      assert.strictEqual(yield* shown(port), "first.localhost")

      given = { ...given, tls: pair("second") }
      yield* TestClock.adjust("30 seconds")
      yield* until(() => logs.some((line) => line.includes("the certificate has changed")))
      assert.strictEqual(yield* shown(port), "second.localhost")
      assert.notInclude(logs.join("\n"), "PRIVATE")
    })
  )

  it.live("that cannot be spoken is an error that shows no key", () =>
    Effect.gen(function* () {
      const key = Redacted.make("-----BEGIN PRIVATE KEY-----\nplanted\n-----END PRIVATE KEY-----")
      const source = CurrentsHttpSource.currentsHttp({
        settings: { port: 0 },
        credentials: { ...Receiver.tokens, tls: { ...pair("first"), key } }
      })
      const { detail } = yield* Effect.flip(source.run(Receiver.recorder().intake, { follow: true }))
      assert.match(
        detail,
        /^credentials\.tls: certificate and key cannot be used \(ERR_\w+\); give both as PEM/
      )
      assert.notInclude(detail, "planted")
      const { message } = yield* Effect.flip(source.check!({ follow: true }))
      assert.strictEqual(message, detail)
      yield* CurrentsHttpSource.currentsHttp({
        settings: { port: 0 },
        credentials: { ...Receiver.tokens, tls: pair("first") }
      }).check!({ follow: true })
    })
  )
})

describe("a receiver", () => {
  it.live("says where it listens, and why it cannot", () =>
    Effect.gen(function* () {
      const { address, logs, port } = yield* start()
      assert.deepStrictEqual(address, { host: "127.0.0.1", port, url: `http://127.0.0.1:${port}/currents` })
      assert.include(logs[0], `listening for Braze Currents on http://127.0.0.1:${port}/currents`)
      const cases = [
        [{ port }, `cannot listen on 127.0.0.1, port ${port} (EADDRINUSE): another program`],
        [{ port: 0, host: "192.0.2.1" }, "(EADDRNOTAVAIL): this machine has no such address"]
      ] as const
      for (const [settings, expected] of cases) {
        const source = CurrentsHttpSource.currentsHttp({ settings, credentials: Receiver.tokens })
        const { detail } = yield* Effect.flip(source.run(Receiver.recorder().intake, { follow: true }))
        assert.include(detail, expected)
      }
    })
  )

  it("refuses settings that could not work, by name", () => {
    const faults = [
      { urlPath: "currents" },
      { urlPath: "/a?b" },
      { port: 70_000 },
      { bodySize: "1 KiB" },
      { concurrency: 0 },
      { drainTimeout: "0 seconds" },
      { token: "x" }
    ]
    for (const settings of faults) {
      const made = CurrentsHttpSource.currentsHttp.fromUnknown({ settings, credentials: Effect.succeed({}) })
      assert.isTrue(Result.isFailure(made))
      if (Result.isFailure(made)) assert.include(made.failure.detail, `settings.${Object.keys(settings)[0]}`)
    }
  })

  it.live("that is stopped lets what is under way end, and takes nothing new", () =>
    Effect.gen(function* () {
      const { port, recorded, running } = yield* start({ settings: { drainTimeout: "20 seconds" } })
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      yield* Effect.addFinalizer(() => Effect.sync(() => agent.destroy()))
      recorded.door.closeUnsafe()
      const answer = yield* Effect.forkChild(post(port, events(2), { agent }), { startImmediately: true })
      const slow = yield* dial(port)
      const body = Buffer.from(JSON.stringify(events(1, "slow")))
      slow.socket.write(head({ "content-length": body.length, expect: "100-continue" }))
      yield* slow.hears("100 Continue")
      yield* until(() => recorded.begun() === 1)
      running.interruptUnsafe()
      // The port is closed before what is under way has ended.
      yield* Effect.repeat(post(port, "probe"), { until: ({ status }) => status === 0 })
      assert.isUndefined(running.pollUnsafe())
      assert.isUndefined(answer.pollUnsafe())
      slow.socket.write(body)
      recorded.door.openUnsafe()
      const { headers, status } = yield* Fiber.join(answer)
      assert.deepStrictEqual([status, headers.connection], [200, "close"])
      assert.include(yield* slow.closed, "HTTP/1.1 200")
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(running)))
      assert.sameMembers(ids(recorded), [...named(2), "slow-0"])
    })
  )

  it.live("that is stopped breaks off what does not end in time, without an answer", () =>
    Effect.gen(function* () {
      const port = yield* Effect.promise(() => freePort())
      const { recorded, running } = yield* start({ settings: { port } })
      recorded.door.closeUnsafe()
      const answer = yield* Effect.forkChild(post(port, events(2)), { startImmediately: true })
      yield* until(() => recorded.begun() === 1)
      yield* Fiber.interrupt(running)
      assert.strictEqual((yield* Fiber.join(answer)).status, 0)
      const server = createServer()
      yield* Effect.callback<void>(
        (resume) => void server.listen(port, "127.0.0.1", () => resume(Effect.void))
      )
      server.close()
      assert.lengthOf(recorded.chunks, 0)
    })
  )
})

let conformancePort = 0
sourceConformance({
  plugin: CurrentsHttpSource.plugin({
    onListening: ({ port }) => {
      conformancePort = port
    }
  }),
  kind: "push",
  credentials: Receiver.tokens,
  supply: Effect.sync(() => {
    const batches = [
      events(3, "few"),
      { events: events(100, "usual") },
      { events: events(4500, "many") },
      events(4500, "small").map(({ user: _user, properties: _properties, ...event }) => ({
        ...event,
        properties: {}
      })),
      { events: [...events(2, "some"), { id: "no event" }] },
      "{ no JSON"
    ]
    return {
      settings: { port: 0, drainTimeout: "20 millis" },
      ids: [
        ...named(3, "few"),
        ...named(100, "usual"),
        ...named(4500, "many"),
        ...named(4500, "small"),
        ...named(2, "some")
      ],
      malformed: 2,
      requests: batches.map((batch) =>
        Effect.suspend(() => Effect.map(post(conformancePort, batch), ({ status }) => status === 200))
      )
    }
  }),
  limits: { records: 2000, bytes: 512 * 1024 },
  readme: new URL("../README.md", import.meta.url)
})
