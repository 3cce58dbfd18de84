import { createServer, type IncomingMessage } from "node:http"
import { connect, type Socket } from "node:net"
import { createServer as createTlsServer } from "node:tls"
import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { ProxySettings, Transport } from "@millrace/http"
import * as Effect from "effect/Effect"
import { pem, secure } from "./support/secure.ts"
import { failure, http, listen, post, sockets, until, withEnvironment } from "./support/servers.ts"

/** A proxy that `decide` says what to do with each CONNECT; without an answer of its own it lets it through. */
const tunnels = Effect.fnUntraced(function* (
  decide: (request: IncomingMessage, socket: Socket) => string | undefined = () => undefined
) {
  const asked: Array<string | undefined> = []
  const server = createServer()
  server.on("connect", (request, socket: Socket, head) => {
    asked.push(request.url)
    socket.on("error", () => {})
    const answer = decide(request, socket)
    if (answer !== undefined) return socket.end(answer)
    const [, port] = /:(\d+)$/.exec(request.url ?? "") ?? []
    const onward = connect(Number(port), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n")
      onward.write(head)
      onward.pipe(socket).pipe(onward)
    })
    onward.on("error", () => socket.destroy())
    socket.on("close", () => onward.destroy())
  })
  return { place: `127.0.0.1:${yield* listen(server)}`, asked }
})

/** A remote behind TLS that says which names it was asked for. */
const remote = (seen: Array<unknown> = []) =>
  Effect.map(
    secure({}, (socket) => {
      seen.push(socket.servername)
      socket.once("data", () => socket.end("HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\nok"))
    }),
    (port) => `https://localhost:${port}`
  )

const statusOf = (origin: string) =>
  Effect.scoped(
    Effect.map(
      Effect.flatMap(Transport.open(origin), (channel) => channel.send(post)),
      ({ status }) => status
    )
  )

describe("a proxy", () => {
  it.live("connects with what is secret, and sees nothing of it", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const origin = yield* remote(seen)
      const proxy = yield* tunnels()
      yield* withEnvironment({ HTTPS_PROXY: `http://${proxy.place}` })
      assert.strictEqual(yield* statusOf(origin), 202)
      assert.deepStrictEqual(proxy.asked, [origin.replace("https://", "")])
      assert.deepStrictEqual(seen, ["localhost"])
    })
  )

  it.live("may itself be behind TLS, and be named without http://", () =>
    Effect.gen(function* () {
      const origin = yield* remote()
      const proxy = yield* tunnels()
      yield* withEnvironment({ HTTPS_PROXY: proxy.place })
      assert.strictEqual(yield* statusOf(origin), 202)
      const [, port] = proxy.place.split(":")
      const outer = createTlsServer({ cert: pem("server.certificate"), key: pem("server.key") }, (socket) =>
        socket.pipe(connect(Number(port), "127.0.0.1")).pipe(socket)
      )
      const outerPort = yield* listen(outer)
      yield* withEnvironment({ HTTPS_PROXY: `https://localhost:${outerPort}` })
      assert.strictEqual(yield* statusOf(origin), 202)
    })
  )

  it.live("is told the credentials of its URL, with a tunnel and without", () =>
    Effect.gen(function* () {
      const shown: Array<unknown> = []
      const wanted = `Basic ${Buffer.from("user:p@ss").toString("base64")}`
      const origin = yield* remote()
      const proxy = yield* tunnels(({ headers }) => {
        shown.push(headers["proxy-authorization"])
        return undefined
      })
      const plain = yield* http((request, response) => {
        shown.push(request.headers["proxy-authorization"])
        request.resume()
        response.end()
      })
      const withUser = (place: string) => `http://user:p%40ss@${place.replace("http://", "")}`
      yield* withEnvironment({ HTTPS_PROXY: withUser(proxy.place), HTTP_PROXY: withUser(plain) })
      yield* statusOf(origin)
      yield* statusOf("http://s2s.example")
      assert.deepStrictEqual(shown, [wanted, wanted])
    })
  )

  it.live("that says no is named, with its answer and what to do, and without its credentials", () =>
    Effect.gen(function* () {
      for (const [status, says] of [
        [407, "asks for a user name and a password"],
        [403, "add it to NO_PROXY"],
        [502, "could not connect to it"],
        [503, "could not connect to it"],
        [500, "did not connect to it"]
      ] as const) {
        const proxy = yield* tunnels(() => `HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`)
        yield* withEnvironment({ HTTPS_PROXY: `http://user:hunter2@${proxy.place}` })
        const error = yield* failure("https://s2s.example")
        assert.deepStrictEqual(
          [error.reason, error.proxy, error.code],
          ["proxy", `http://${proxy.place}`, `HTTP ${status}`]
        )
        assert.include(
          error.message,
          `https://s2s.example cannot be reached: the proxy http://${proxy.place} `
        )
        assert.include(error.message, says)
        assert.notInclude(inspect(error, { depth: 9 }) + error.message, "hunter2")
      }
    })
  )

  it.live("that cannot be reached, hangs up or is no proxy is named", () =>
    Effect.gen(function* () {
      const { origin: gone } = yield* Effect.scoped(sockets(() => {}))
      const hangsUp = yield* sockets((socket) => socket.once("data", () => socket.destroy()))
      const babbles = yield* sockets((socket) => socket.once("data", () => socket.end("hello\r\n\r\n")))
      for (const [proxy, reason] of [
        [gone, "refused"],
        ["http://no-such-proxy.invalid:3128", "unresolved"],
        [hangsUp.origin, "reset"],
        [babbles.origin, "other"],
        [babbles.origin.replace("http", "https"), "tls"]
      ] as const) {
        yield* withEnvironment({ HTTPS_PROXY: proxy, HTTP_PROXY: proxy })
        const error = yield* failure("https://s2s.example")
        assert.deepStrictEqual([error.reason, error.proxy], [reason, proxy])
        assert.include(error.message, `the proxy ${proxy} `)
      }
      yield* withEnvironment({ HTTP_PROXY: gone })
      assert.deepStrictEqual((yield* failure("http://s2s.example")).proxy, gone)
    })
  )

  it.live("that takes a CONNECT and says nothing ends with the limit for a connection", () =>
    Effect.gen(function* () {
      const silent = yield* sockets((socket) => socket.resume())
      yield* withEnvironment({ HTTPS_PROXY: silent.origin })
      const error = yield* failure("https://s2s.example", { connect: "200 millis" })
      assert.deepStrictEqual([error.reason, error.proxy], ["timeout-connect", silent.origin])
      yield* until(() => silent.open.every((socket) => socket.destroyed))
    })
  )

  it.live("that connects with a remote which says nothing ends there too, at the remote's cost", () =>
    Effect.gen(function* () {
      const proxy = yield* sockets((socket) =>
        socket.once("data", () => socket.write("HTTP/1.1 200 Connection established\r\n\r\n"))
      )
      yield* withEnvironment({ HTTPS_PROXY: proxy.origin })
      const error = yield* failure("https://s2s.example", { connect: "200 millis" })
      assert.deepStrictEqual([error.reason, error.proxy], ["timeout-connect", undefined])
      yield* until(() => proxy.open.every((socket) => socket.destroyed))
    })
  )

  it.live("that answers in place of a remote which is asked through it is not taken for it", () =>
    Effect.gen(function* () {
      for (const [status, headers] of [
        [407, {}],
        [503, { "x-squid-error": "ERR_CONNECT_FAIL 111" }],
        [502, { "proxy-status": "proxy.example; error=connection_refused" }]
      ] as const) {
        const proxy = yield* http((request, response) => {
          request.resume()
          response.writeHead(status, headers).end()
        })
        yield* withEnvironment({ HTTP_PROXY: proxy })
        const error = yield* failure("http://s2s.example")
        assert.deepStrictEqual([error.reason, error.proxy], ["proxy", proxy])
      }
      const passing = yield* http((request, response) => {
        request.resume()
        response.writeHead(403, { "proxy-status": "proxy.example; received-status=403" }).end()
      })
      yield* withEnvironment({ HTTP_PROXY: passing })
      assert.strictEqual(yield* statusOf("http://s2s.example"), 403)
      // A 407 of a remote that was asked directly is its own.
      const direct = yield* http((request, response) => {
        request.resume()
        response.writeHead(407).end()
      })
      yield* withEnvironment({ HTTP_PROXY: "", http_proxy: "" })
      assert.strictEqual(yield* statusOf(direct), 407)
    })
  )

  it.live("that speaks neither http nor https is refused by name", () =>
    Effect.gen(function* () {
      yield* withEnvironment({ HTTPS_PROXY: "socks5://user:hunter2@127.0.0.1:1080" })
      const error = yield* failure("https://s2s.example")
      assert.include(error.message, "HTTPS_PROXY names a proxy that speaks socks5")
      assert.notInclude(inspect(error, { depth: 9 }) + error.message, "hunter2")
    })
  )
})

describe("variables", () => {
  it("are looked at before anything is asked: each fault by its name, nothing of a value that may be secret", () => {
    const of = (environment: Record<string, string>) => ProxySettings.problems(environment)
    const example = "write it as http://proxy.example:3128"
    assert.deepStrictEqual(of({}), [])
    assert.deepStrictEqual(of({ HTTPS_PROXY: "", NO_PROXY: "10.0.0.0/99" }), [])
    for (const good of [
      "http://user:sesame@proxy.example:3128",
      "https://proxy.example",
      "proxy.example:3128"
    ])
      assert.deepStrictEqual(
        of({ HTTPS_PROXY: good, HTTP_PROXY: good, NO_PROXY: "localhost, 10.0.0.0/8" }),
        []
      )
    assert.deepStrictEqual(of({ HTTPS_PROXY: "rubbish" }), [
      `HTTPS_PROXY has neither scheme nor port; ${example}`
    ])
    assert.deepStrictEqual(of({ https_proxy: "http://", HTTPS_PROXY: "proxy.example:3128" }), [
      `https_proxy is no URL; ${example}`
    ])
    assert.deepStrictEqual(
      of({ HTTP_PROXY: "socks5://user:sesame@proxy.example:1080", no_proxy: "user:sesame@host/x" }),
      [
        `HTTP_PROXY names a proxy that speaks socks5, not http or https; ${example}`,
        "no_proxy holds ***@host/x, which is neither a host nor a range of addresses such as 10.0.0.0/8"
      ]
    )
  })
})

describe("NO_PROXY", () => {
  const isDirect = Effect.fnUntraced(function* (origin: string, list: string) {
    // Nothing answers behind it: an error of the proxy tells that it was asked.
    yield* withEnvironment({ HTTP_PROXY: "http://127.0.0.1:9", NO_PROXY: list })
    const { proxy } = yield* failure(origin, { connect: "2 seconds" })
    return proxy === undefined
  }, Effect.scoped)

  it.live("excepts names with what is below them, addresses in any spelling, and ranges", () =>
    Effect.gen(function* () {
      for (const [origin, list, expected] of [
        ["http://127.0.0.1:8", "127.0.0.0/8", true],
        ["http://127.0.0.1:8", "10.0.0.0/8, 127.0.0.0/30", true],
        ["http://127.0.0.9:8", "127.0.0.0/30", false],
        ["http://127.0.0.1:8", "0.0.0.0/0", true],
        ["http://[::1]:8", "::/64", true],
        ["http://[::1]:8", "[::1]/128", true],
        ["http://[::1]:8", "fd00::/8", false],
        ["http://[::1]:8", "0:0:0:0:0:0:0:1", true],
        ["http://[::1]:8", "[::1]:8", true],
        ["http://[::1]:8", "[::1]:9", false],
        ["http://127.0.0.1:8", "127.0.0.1:8", true],
        ["http://127.0.0.1:8", "127.0.0.1:9", false],
        ["http://127.0.0.1:8", "127.0.0.2", false],
        // A name is not looked up.
        ["http://localhost:8", "127.0.0.0/8", false],
        ["http://localhost:8", "other localhost", true],
        ["http://localhost:8", "LocalHost.", true],
        ["http://a.localhost:8", "localhost", true],
        ["http://a.localhost:8", ".localhost", true],
        ["http://a.localhost:8", "*.localhost", true],
        ["http://localhost:8", "*.localhost", false],
        ["http://alocalhost:8", "localhost", false],
        ["http://localhost:8", "*", true],
        ["http://localhost:8", "*:8", true],
        ["http://localhost:8", "", false]
      ] as const) {
        assert.strictEqual(yield* isDirect(origin, list), expected, `${origin} with ${list}`)
      }
    })
  )

  it.live("is refused where it holds a range that is none", () =>
    Effect.gen(function* () {
      for (const entry of ["10.0.0.0/33", "10.0.0/8", "fd00::/129", "host/8", "10.0.0.0/8/8", "10.0.0.0/"]) {
        yield* withEnvironment({ HTTP_PROXY: "http://127.0.0.1:9", NO_PROXY: `localhost,${entry}` })
        const error = yield* failure("http://s2s.example")
        assert.strictEqual(error.reason, "proxy")
        assert.include(
          error.message,
          `NO_PROXY holds ${entry}, which is neither a host nor a range of addresses`
        )
      }
    })
  )
})
