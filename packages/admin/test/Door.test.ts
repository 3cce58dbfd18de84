/** Who is let in: the endpoint at real sockets. */
import { createConnection, type Socket } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { OutboxMemory } from "@millrace/core"
import * as Effect from "effect/Effect"
import { ask, post, raw } from "./support/ask.ts"
import { event, shown, start, token, withToken } from "./support/exporter.ts"

const world = { lanes: ["web"], events: [event(1)] }
const memory = Effect.provide(OutboxMemory.layer, { local: true })
const guarded = [
  "/api/status",
  "/api/about",
  "/api/dead-letters",
  "/api/dead-letters/1",
  "/metrics",
  "/nowhere"
]

describe("the admin endpoint", () => {
  it.live("answers nothing but health and the page's own files without the token", () =>
    Effect.gen(function* () {
      const { url } = yield* start(world, withToken)
      for (const path of guarded) {
        for (const headers of [
          {},
          { authorization: "Bearer wrong-wrong-wrong-wrong" },
          { authorization: `Basic ${token}` },
          { authorization: `Bearer ${token}x` },
          { authorization: `Bearer ${token.slice(1)}` }
        ]) {
          const { body, status } = yield* ask(url, path, { headers })
          assert.strictEqual(status, 401, path)
          assert.notInclude(body, token)
        }
      }
      const refused = yield* post(url, "/api/lanes/pause", { route: "crm", lane: "web" })
      assert.strictEqual(refused.status, 401)
      for (const path of ["/healthz", "/readyz", "/", "/page.js", "/page.css"])
        assert.strictEqual((yield* ask(url, path)).status, 200, path)
      assert.strictEqual((yield* ask(url, "/api/status", { headers: shown })).status, 200)
    }).pipe(memory)
  )

  it.live("takes no question of a page of another site, nor of a name that is not its own", () =>
    Effect.gen(function* () {
      const { url } = yield* start(world, { names: ["millrace.internal"] })
      const { host, port } = new URL(url)
      const foreign: ReadonlyArray<Readonly<Record<string, string>>> = [
        { "sec-fetch-site": "cross-site" },
        { "sec-fetch-site": "same-site" },
        { origin: "https://evil.example" },
        { origin: "null" },
        { origin: `https://${host}.evil.example` },
        { origin: `http://127.0.0.1:${Number(port) + 1}` },
        { host: "evil.example" },
        { host: `evil.example:${port}` },
        { host: "127.0.0.1.evil.example" },
        { host: "localhost.evil.example" }
      ]
      for (const headers of foreign) {
        const read = yield* ask(url, "/api/status", { headers })
        assert.strictEqual(read.status, 403, JSON.stringify(headers))
        const written = yield* post(url, "/api/lanes/pause", { route: "crm", lane: "web" }, headers)
        assert.strictEqual(written.status, 403, JSON.stringify(headers))
      }
      assert.match(yield* raw(url, "GET /api/status HTTP/1.0\r\n\r\n"), /^HTTP\/1.1 403/)
      const own: ReadonlyArray<Readonly<Record<string, string>>> = [
        {},
        { "sec-fetch-site": "same-origin", origin: `http://${host}` },
        { "sec-fetch-site": "none" },
        { host: `localhost:${port}`, origin: `http://localhost:${port}` },
        { host: `[::1]:${port}` },
        { host: "10.1.2.3:9464" },
        { host: "Millrace.Internal" }
      ]
      for (const headers of own)
        assert.strictEqual((yield* ask(url, "/api/status", { headers })).status, 200, JSON.stringify(headers))
      const preflight = yield* ask(url, "/api/lanes/pause", { method: "OPTIONS", headers: foreign[0]! })
      assert.strictEqual(preflight.status, 403)
      assert.isUndefined(preflight.headers["access-control-allow-origin"])
    }).pipe(memory)
  )

  it.live("takes a change as JSON alone, which no form of another site can send", () =>
    Effect.gen(function* () {
      const { running, url } = yield* start(world)
      for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]) {
        const { status } = yield* post(
          url,
          "/api/lanes/pause",
          { route: "crm", lane: "web" },
          { "content-type": type }
        )
        assert.strictEqual(status, 415, type)
      }
      assert.strictEqual((yield* ask(url, "/api/lanes/pause")).status, 405)
      assert.isTrue((yield* running.lanes)[0]!.gate.open)
    }).pipe(memory)
  )

  it.live("knows each path by one spelling", () =>
    Effect.gen(function* () {
      const { url } = yield* start(world)
      const tricks = [
        "/api/../api/status",
        "//api/status",
        "/api//status",
        "/%61pi/status",
        "/api/status/",
        "/api/status%00",
        "/api/status;a",
        "/healthz/../api/status",
        "/../../etc/passwd",
        "/..%2f..%2fetc%2fpasswd",
        "/constructor",
        "/__proto__",
        "/api/dead-letters/1e3",
        "/api/dead-letters/-1",
        `/${"a".repeat(8000)}`,
        `http://${new URL(url).host}/api/status`
      ]
      for (const path of tricks) assert.strictEqual((yield* ask(url, path)).status, 404, path)
    }).pipe(memory)
  )

  it.live("refuses bodies, heads and methods that are too much", () =>
    Effect.gen(function* () {
      const { url } = yield* start(world)
      const long = yield* post(url, "/api/dead-letters/count", { type: "x".repeat(20_000) })
      assert.strictEqual(long.status, 413)
      assert.match(
        yield* raw(url, `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${"x".repeat(20_000)}\r\n\r\n`),
        /^HTTP\/1.1 431/
      )
      assert.strictEqual((yield* ask(url, "/api/status", { method: "DELETE" })).status, 405)
      for (const body of ["", "[]", "null", "{", '{"colour":"red"}', '{"route":7}', '{"ids":["x"]}']) {
        const { status } = yield* ask(url, "/api/dead-letters/count", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body
        })
        assert.strictEqual(status, 400, body)
      }
    }).pipe(memory)
  )

  it.live("a thousand connections that say nothing, or little, keep nobody out", () =>
    Effect.gen(function* () {
      const { url } = yield* start(world)
      const { hostname, port } = new URL(url)
      const sockets: Array<Socket> = []
      let closed = 0
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          for (const socket of sockets) socket.destroy()
        })
      )
      for (let index = 0; index < 1000; index++) {
        const socket = createConnection(Number(port), hostname)
        socket.on("error", () => {})
        socket.on("close", () => closed++)
        socket.write(index % 2 === 0 ? "GET /api/status HTT" : "")
        sockets.push(socket)
        if (index % 100 === 99) assert.strictEqual((yield* ask(url, "/api/status")).status, 200)
      }
      while (closed < 800) yield* Effect.sleep("10 millis")
      assert.strictEqual((yield* ask(url, "/healthz")).status, 200)
    }).pipe(memory)
  )

  it.live("refuses changes where it only reads, and goes on reading", () =>
    Effect.gen(function* () {
      const { running, url } = yield* start(world, { readOnly: true })
      const key = { route: "crm", lane: "web" }
      for (const [path, body] of [
        ["/api/lanes/pause", key],
        ["/api/lanes/resume", key],
        ["/api/dead-letters/replay", {}],
        ["/api/dead-letters/purge", { all: true }]
      ] as const)
        assert.strictEqual((yield* post(url, path, body)).status, 403, path)
      assert.isTrue((yield* running.lanes)[0]!.gate.open)
      assert.strictEqual((yield* post(url, "/api/dead-letters/count", {})).status, 200)
    }).pipe(memory)
  )

  it.live("does not listen where others reach it without a token, and names what is to be done", () =>
    Effect.gen(function* () {
      for (const host of ["0.0.0.0", "::", "192.0.2.1", "millrace.internal"]) {
        const { message } = yield* Effect.flip(start(world, { host }).pipe(memory))
        assert.match(message, /host is .*: give a token/)
      }
      const { url } = yield* start(world, { host: "0.0.0.0", ...withToken })
      const taken = yield* Effect.flip(start(world, { port: Number(new URL(url).port) }).pipe(memory))
      assert.match(taken.message, /EADDRINUSE.*give another port/)
    }).pipe(memory)
  )
})
