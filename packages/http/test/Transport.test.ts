import { createServer as createTlsServer } from "node:tls"
import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Destination from "@millrace/core/Destination"
import { DeliveryError, retry } from "@millrace/core/Outcome"
import * as Policy from "@millrace/core/Policy"
import { Address, excerpt, RetryAfter, Status, Transport, TransportError } from "@millrace/http"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { failure, http, listen, post, sockets, until, withEnvironment } from "./support/servers.ts"

describe("Transport", () => {
  it.live("sends a request as given and reads status, headers and body", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const origin = yield* http((request, response) => {
        let body = ""
        request.on("data", (chunk) => (body += chunk))
        request.on("end", () => {
          seen.push([
            request.method,
            request.url,
            request.headers["authorization"],
            body,
            request.headers["traceparent"]
          ])
          response.writeHead(202, { "X-Thing": ["a", "b"], "Retry-After": "3" }).end("täxt")
        })
      })
      const channel = yield* Transport.open(origin)
      const { body, headers, status } = yield* channel.send(post)
      assert.deepStrictEqual(
        [status, headers["x-thing"], headers["retry-after"], body],
        [202, "a, b", "3", "täxt"]
      )
      assert.deepStrictEqual(seen, [
        ["POST", "/v1?a=b", post.headers["authorization"], "secret-body", undefined]
      ])
    })
  )

  it.live("keeps a connection for the next request and opens no more than allowed", () =>
    Effect.gen(function* () {
      const ports = new Set<number | undefined>()
      let most = 0
      let now = 0
      const origin = yield* http((request, response) => {
        ports.add(request.socket.remotePort)
        most = Math.max(most, ++now)
        request.resume().on("end", () =>
          setTimeout(() => {
            now--
            response.end()
          }, 5)
        )
      })
      const channel = yield* Transport.open(origin, { connections: 2 })
      yield* Effect.all(
        Array.from({ length: 12 }, () => channel.send(post)),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(ports.size, 2)
      assert.strictEqual(most, 2)
    })
  )

  it.live("answers any status as an answer, redirects unfollowed", () =>
    Effect.gen(function* () {
      const origin = yield* http((request, response) => {
        request.resume()
        response.writeHead(307, { location: "/elsewhere" }).end()
      })
      const channel = yield* Transport.open(origin)
      assert.strictEqual((yield* channel.send(post)).status, 307)
    })
  )

  it.live("reads as much of an answer as it is told, and says whether there is more", () =>
    Effect.gen(function* () {
      const text = JSON.stringify("x".repeat(298))
      const origin = yield* http((request, response) => {
        request.resume()
        if (request.url === "/chunked") response.write("")
        else response.setHeader("content-length", text.length)
        response.end(text)
      })
      for (const path of ["/length", "/chunked"]) {
        for (const [answerBytes, truncated] of [
          [299, true],
          [300, false],
          [1e9, false]
        ] as const) {
          const channel = yield* Transport.open(origin, { answerBytes })
          const answer = yield* channel.send({ ...post, path })
          assert.deepStrictEqual([answer.truncated, answer.body.length], [truncated, truncated ? 299 : 300])
          const read = Transport.json(answer)
          assert.strictEqual(
            Result.isFailure(read) ? read.failure.reason : "read",
            truncated ? "truncated" : "read"
          )
        }
      }
      const { message, reason } = Result.getOrThrow(
        Result.flip(Transport.json({ status: 200, headers: {}, body: "secret", truncated: false }))
      )
      assert.deepStrictEqual([reason, message], ["not-json", "the answer is no JSON (6 bytes)"])
    })
  )

  it.live("reads what the limits of a lane's destination need, by default", () =>
    Effect.gen(function* () {
      const origin = yield* http((request, response) => {
        request.resume()
        response.end("x".repeat(3 * 1024 * 1024))
      })
      const read = Effect.gen(function* () {
        const channel = yield* Transport.open(origin)
        return (yield* channel.send(post)).body.length
      })
      const bytes = (events: number) =>
        Effect.provideService(read, Policy.AnswerBytes, Policy.answerBytes(events))
      assert.deepStrictEqual(
        [yield* bytes(1), yield* bytes(2048), yield* bytes(1e9)],
        [1024 * 1024, 2048 * 1024, 3 * 1024 * 1024]
      )
    })
  )

  it.live("reads 16 MiB at the most, whatever it is told", () =>
    Effect.gen(function* () {
      const origin = yield* http((request, response) => {
        request.resume()
        response.end(Buffer.alloc(20 * 1024 * 1024, "x"))
      })
      const channel = yield* Transport.open(origin, { answerBytes: Infinity })
      const { body, truncated } = yield* channel.send(post)
      assert.deepStrictEqual([body.length, truncated], [Policy.mostAnswerBytes, true])
    })
  )

  it.live("reads at most a part of an answer and leaves the rest", () =>
    Effect.gen(function* () {
      let written = 0
      const origin = yield* http((request, response) => {
        request.resume()
        const chunk = Buffer.alloc(64 * 1024, "x")
        const write = () => {
          while (!response.destroyed && written < 1e9) {
            written += chunk.length
            if (!response.write(chunk)) return void response.once("drain", write)
          }
        }
        write()
      })
      const channel = yield* Transport.open(origin, { answerBytes: 64 * 1024 })
      const answer = yield* channel.send(post)
      assert.strictEqual(answer.body.length, 64 * 1024)
      assert.isBelow(written, 50e6)
      assert.strictEqual((yield* channel.send(post)).status, 200)
    })
  )

  it.live("tells refused, unresolved, tls, reset, and an answer that is not HTTP apart", () =>
    Effect.gen(function* () {
      const { origin: gone } = yield* Effect.scoped(sockets(() => {}))
      assert.strictEqual((yield* failure(gone)).reason, "refused")
      assert.strictEqual((yield* failure("http://no-such-host.invalid")).reason, "unresolved")
      const resets = yield* sockets((socket) => socket.once("data", () => socket.resetAndDestroy()))
      assert.strictEqual((yield* failure(resets.origin)).reason, "reset")
      const ends = yield* sockets((socket) => socket.once("data", () => socket.end()))
      assert.strictEqual((yield* failure(ends.origin)).reason, "reset")
      const babbles = yield* sockets((socket) => socket.once("data", () => socket.end("hello\n\n")))
      assert.strictEqual((yield* failure(babbles.origin)).reason, "other")
      // A handshake that fails, and plain text where a handshake was expected.
      const tls = createTlsServer({})
      tls.on("tlsClientError", () => {})
      const port = yield* listen(tls)
      assert.strictEqual((yield* failure(`https://127.0.0.1:${port}`)).reason, "tls")
      assert.strictEqual((yield* failure(babbles.origin.replace("http", "https"))).reason, "tls")
    })
  )

  it.live("ends a wait for a connection, for the head and for the body at its own limit", () =>
    Effect.gen(function* () {
      // A handshake that never comes to an end, behind a port that accepts.
      const silent = yield* sockets(() => {})
      const connect = yield* failure(silent.origin.replace("http", "https"), { connect: "100 millis" })
      assert.strictEqual(connect.reason, "timeout-connect")
      const headers = yield* failure(silent.origin, { headers: "100 millis" })
      assert.strictEqual(headers.reason, "timeout-headers")
      const head = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n"
      const halts = yield* sockets((socket) => socket.once("data", () => socket.write(head)))
      assert.strictEqual((yield* failure(halts.origin, { body: "100 millis" })).reason, "timeout-body")
      // A remote that takes the connection and reads nothing of what is sent.
      const deaf = yield* sockets((socket) => socket.pause())
      const sent = Effect.flatMap(Transport.open(deaf.origin, { headers: "100 millis" }), (channel) =>
        Effect.flip(channel.send({ ...post, body: new Uint8Array(32_000_000) }))
      )
      assert.strictEqual((yield* sent).reason, "timeout-headers")
      // Drop by drop: every gap is short, the whole is not.
      const drips = yield* sockets((socket) => {
        socket.once("data", () => {
          socket.write(head)
          const timer = setInterval(() => socket.write("x"), 20)
          socket.on("close", () => clearInterval(timer))
        })
      })
      assert.strictEqual((yield* failure(drips.origin, { body: "150 millis" })).reason, "timeout-body")
      yield* until(() => drips.open.every((socket) => socket.destroyed))
    })
  )

  it.live(
    "ends each wait at the limit of the policy in force when it was opened, where it was given none",
    () =>
      Effect.gen(function* () {
        const brief = 100
        const given = (changes: Partial<Policy.Timeouts>) =>
          Effect.provideService(Policy.Timeouts, {
            connect: 60_000,
            headers: 60_000,
            body: 60_000,
            ...changes
          })
        const silent = yield* sockets(() => {})
        const secure = silent.origin.replace("http", "https")
        const connect = yield* failure(secure).pipe(given({ connect: brief }))
        assert.strictEqual(connect.reason, "timeout-connect")
        const headers = yield* failure(silent.origin).pipe(given({ headers: brief }))
        assert.strictEqual(headers.reason, "timeout-headers")
        const head = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n"
        const halts = yield* sockets((socket) => socket.once("data", () => socket.write(head)))
        const body = yield* failure(halts.origin).pipe(given({ body: brief }))
        assert.strictEqual(body.reason, "timeout-body")

        // What the channel itself was given goes first; and later policies are no concern of its.
        const slow = yield* http((request, response) => {
          request.resume()
          setTimeout(() => {
            response.writeHead(200, { "content-length": 2 }).write("o")
            setTimeout(() => response.end("k"), 2 * brief)
          }, 2 * brief)
        })
        const own = { headers: "10 seconds", body: "10 seconds" } as const
        const channel = yield* Transport.open(slow, own).pipe(given({ headers: brief, body: brief }))
        assert.strictEqual((yield* channel.send(post)).body, "ok")
        const patient = yield* Transport.open(slow)
        const later = patient.send(post).pipe(given({ headers: brief, body: brief }))
        assert.strictEqual((yield* later).body, "ok")
      })
  )

  it.live("takes limits of any length: none is shorter than a millisecond or longer than Node's timers", () =>
    Effect.gen(function* () {
      const silent = yield* sockets(() => {})
      const short = ["0 millis", "0.5 millis", "30.3 millis"] as const
      const errors = yield* Effect.forEach(short, (headers) => failure(silent.origin, { headers }), {
        concurrency: "unbounded"
      })
      for (const { reason } of errors) assert.strictEqual(reason, "timeout-headers")
      const origin = yield* http(
        (request, response) => void request.resume().on("end", () => response.end("ok"))
      )
      const endless = { connect: Duration.infinity, headers: Duration.infinity, body: Duration.infinity }
      const channel = yield* Transport.open(origin, endless)
      assert.strictEqual((yield* channel.send(post)).body, "ok")
    })
  )

  it.live("closes the connection of a request that is interrupted, in its head and in its body", () =>
    Effect.gen(function* () {
      for (const head of ["", "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nx"]) {
        let isAnswered = false
        const server = yield* sockets((socket) =>
          socket.once("data", () => {
            socket.write(head, () => {
              isAnswered = true
            })
          })
        )
        const channel = yield* Transport.open(server.origin)
        const fiber = yield* Effect.forkChild(channel.send(post))
        yield* until(() => isAnswered)
        yield* Fiber.interrupt(fiber)
        yield* until(() => server.open.every((socket) => socket.destroyed))
      }
    })
  )

  it.live("closes its connections with its scope", () =>
    Effect.gen(function* () {
      const server = yield* sockets((socket) =>
        socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"))
      )
      yield* Effect.scoped(Effect.flatMap(Transport.open(server.origin), (channel) => channel.send(post)))
      yield* until(() => server.open.length === 1 && server.open[0]!.destroyed)
    })
  )

  it.live("goes through the proxy of the environment, but not for hosts of NO_PROXY", () =>
    Effect.gen(function* () {
      const proxied: Array<string | undefined> = []
      const proxy = yield* http((request, response) => {
        proxied.push(request.url)
        request.resume()
        response.end("by proxy")
      })
      const origin = yield* http((request, response) => {
        request.resume()
        response.end("direct")
      })
      const ask = Effect.scoped(
        Effect.flatMap(Transport.open(origin), (channel) =>
          Effect.map(channel.send(post), ({ body }) => body)
        )
      )
      yield* withEnvironment({ HTTP_PROXY: proxy, http_proxy: proxy })
      assert.strictEqual(yield* ask, "by proxy")
      assert.deepStrictEqual(proxied, [`${origin}/v1?a=b`])
      yield* withEnvironment({ NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1" })
      assert.strictEqual(yield* ask, "direct")
    })
  )

  it.live("names a proxy setting that is no URL, without its value", () =>
    Effect.gen(function* () {
      yield* withEnvironment({ http_proxy: "http://user:hunter2@:bad:" })
      const error = yield* failure("http://127.0.0.1:9")
      assert.include(error.message, "http_proxy")
      assert.notInclude(inspect(error, { depth: 9 }), "hunter2")
    })
  )

  it.live("names the origin and what to do in an error, never headers, body or credentials", () =>
    Effect.gen(function* () {
      const { origin } = yield* Effect.scoped(sockets(() => {}))
      const error = yield* failure(origin.replace("//", "//user:hunter2@"))
      assert.instanceOf(error, TransportError)
      assert.include(error.message, `${origin} refused the connection; check the address`)
      assert.notMatch(inspect(error, { depth: 9 }) + JSON.stringify(error), /hunter2|secret|c2Vj/)
    })
  )

  it.live("can be replaced, and asks for no layer", () =>
    Effect.gen(function* () {
      const fake: Transport.Transport = {
        open: (origin) =>
          Effect.succeed({
            send: ({ path }) =>
              Effect.succeed({ status: 299, headers: {}, body: origin + path, truncated: false })
          })
      }
      const ask = Effect.flatMap(Transport.open("http://fake"), (channel) => channel.send(post))
      const answer = yield* Effect.provideService(ask, Transport.Transport, fake)
      assert.deepStrictEqual(answer, {
        status: 299,
        headers: {},
        body: "http://fake/v1?a=b",
        truncated: false
      })
    })
  )

  it.live("serves authors who write promises", () =>
    Effect.gen(function* () {
      const server = yield* sockets((socket) =>
        socket.once("data", (data) => {
          if (!String(data).includes("/hang")) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        })
      )
      const channel = Transport.promise(server.origin)
      assert.strictEqual((yield* Effect.promise(() => channel.send(post))).body, "ok")
      const hang = { ...post, path: "/hang" }
      const aborted = yield* Effect.promise(() =>
        channel.send(hang, AbortSignal.timeout(50)).then(
          () => "answered",
          () => "given up"
        )
      )
      assert.strictEqual(aborted, "given up")
      yield* Effect.promise(() => channel.close())
      yield* until(() => server.open.every((socket) => socket.destroyed))
      const late = yield* Effect.promise(() => channel.send(post).catch((error: unknown) => error))
      assert.instanceOf(late, TransportError)
      assert.strictEqual(late.reason, "aborted")
    })
  )

  it.live("ends the waits of authors who write promises at the limits that their connection was given", () =>
    Effect.gen(function* () {
      const silent = yield* sockets(() => {})
      const connect = Destination.connectAsync((_lane, limits) => {
        const channel = Transport.promise(silent.origin, limits)
        const check = async (signal: AbortSignal) => {
          const error: unknown = await channel.send(post, signal).catch((cause: unknown) => cause)
          const detail = error instanceof TransportError ? error.reason : "another"
          throw new DeliveryError({ outcome: retry("no-answer", { detail }) })
        }
        return {
          deliver: () => Promise.reject(new Error("nothing is delivered")),
          check,
          close: channel.close
        }
      })
      const connection = yield* connect("main").pipe(
        Effect.provideService(Policy.Timeouts, { connect: 60_000, headers: 100, body: 60_000 })
      )
      const error = yield* Effect.flip(connection.check)
      assert.include(error.message, "timeout-headers")
    })
  )
})

describe("RetryAfter.parse", () => {
  const now = Date.parse("Fri, 31 Dec 1999 23:59:00 GMT")
  it.each([
    ["0", 0],
    [" 120 ", 120_000],
    ["99999999999999999999", 86_400_000],
    ["Fri, 31 Dec 1999 23:59:59 GMT", 59_000],
    ["Friday, 31-Dec-99 23:59:59 GMT", 59_000],
    ["Fri, 31 Dec 1999 23:00:00 GMT", 0],
    ["Fri, 31 Dec 2999 23:00:00 GMT", 86_400_000],
    ["", undefined],
    ["-1", undefined],
    ["1.5", 1_500],
    ["0.0004", 1],
    ["Fri Dec 31 23:59:59 1999", 59_000],
    ["30, 60", 60_000],
    ["60, 30", 60_000],
    ["5, Fri, 31 Dec 1999 23:59:59 GMT", 59_000],
    ["Fri, 31 Dec 1999 23:59:59 GMT, 5", 59_000],
    ["soon, 7", 7_000],
    ["1.2.3", undefined],
    ["soon", undefined],
    ["soon 1", undefined],
    ["1999", 1_999_000],
    ["Fri, what GMT", undefined]
  ])("reads %j as %j ms", (value, millis) => {
    const duration = RetryAfter.parse(value, now)
    assert.strictEqual(duration === undefined ? undefined : Duration.toMillis(duration), millis)
  })
  it("reads an absent header as no wish", () => assert.isUndefined(RetryAfter.parse(undefined, now)))
})

describe("Status.outcome", () => {
  const retryAfter = Duration.seconds(7)
  it.each([
    [200, "Delivered", undefined],
    [202, "Delivered", undefined],
    [299, "Delivered", undefined],
    [301, "Retry", "unexpected"],
    [400, "Rejected", "bad-request"],
    [404, "Rejected", "bad-request"],
    [402, "Retry", "unexpected"],
    [407, "Retry", "unexpected"],
    [421, "Retry", "unexpected"],
    [423, "Retry", "unexpected"],
    [451, "Rejected", "bad-request"],
    [401, "Unauthorized", "unauthorized"],
    [403, "Unauthorized", "unauthorized"],
    [408, "Retry", "unavailable"],
    [413, "TooLarge", undefined],
    [425, "Retry", "unavailable"],
    [429, "Retry", "throttled"],
    [500, "Retry", "unavailable"],
    [503, "Retry", "unavailable"],
    [600, "Retry", "unavailable"],
    [100, "Retry", "unexpected"]
  ])("takes %d as %s %s", (status, tag, reason) => {
    const outcome = Status.outcome(status, { retryAfter, detail: "said" })
    assert.strictEqual(outcome._tag, tag)
    assert.strictEqual("reason" in outcome ? outcome.reason : undefined, reason)
    if (outcome._tag !== "Delivered") assert.strictEqual(outcome.detail, "said")
    if (outcome._tag === "Retry") assert.strictEqual(outcome.after, retryAfter)
  })
})

describe("Status.isElsewhere", () => {
  const page = { "content-type": "text/html; charset=utf-8" }
  it("knows redirects and paths that are not there, and web pages where the status would decide", () => {
    const statuses = [200, 202, 301, 307, 400, 404, 405, 408, 413, 422, 425, 429, 500, 503]
    const among = (headers: Readonly<Record<string, string>>) =>
      statuses.filter((status) => Status.isElsewhere({ headers, status }))
    assert.deepStrictEqual(among({}), [301, 307, 404, 405])
    assert.deepStrictEqual(among({ "content-type": "application/json" }), [301, 307, 404, 405])
    assert.deepStrictEqual(among(page), [200, 202, 301, 307, 400, 404, 405, 422])
  })
})

describe("excerpt", () => {
  it("is one line of 300 characters without control characters", () => {
    assert.strictEqual(excerpt("a\r\n\u0000\u001b[31mb\u2028c"), "a [31mb c")
    assert.strictEqual(excerpt("x".repeat(9999)).length, 300)
    assert.strictEqual(excerpt(`${"x".repeat(299)}😀`).length, 300)
    assert.isTrue(excerpt(`${"x".repeat(299)}😀`).isWellFormed())
  })
  it("masks what looks like a credential", () => {
    const said =
      'Authorization: Basic a2V5OnNlY3JldA== {"bearer": "eyJhbGciOi.J9_x-y"} https://u:hunter2@host/p'
    assert.strictEqual(excerpt(said), 'Authorization: Basic *** {"bearer": "***"} https://***@host/p')
  })
})

describe("Address", () => {
  const Settings = Schema.Struct({
    region: Schema.optionalKey(Schema.Literals(["us", "eu"])),
    baseUrl: Schema.optionalKey(Address.baseUrl("Where it is."))
  }).check(Address.isGivenOnce("region"))
  const places = { us: "https://api.example.com", eu: "https://eu.example.com" } as const
  const address = (given: unknown) =>
    Result.mapBoth(Schema.decodeUnknownResult(Settings)(given), {
      onFailure: String,
      onSuccess: ({ baseUrl, region }) => Address.of(places, region, baseUrl).href
    })

  it.each([
    [{ region: "us" }, "https://api.example.com/"],
    [{ region: "eu" }, "https://eu.example.com/"],
    [{ baseUrl: "http://127.0.0.1:8080/below/" }, "http://127.0.0.1:8080/below/"]
  ])("of %j is %s", (given, href) => {
    assert.deepStrictEqual(address(given), Result.succeed(href))
  })

  it.each([
    [{}, "expected exactly one of region and baseUrl"],
    [{ region: "us", baseUrl: "https://host" }, "expected exactly one of region and baseUrl"],
    [{ baseUrl: "hunter" }, "expected an http or https URL"],
    [{ baseUrl: "ftp://hunter" }, "expected an http or https URL"],
    [{ baseUrl: "https://hunter@host" }, "expected a URL without credentials"],
    [{ baseUrl: "https://:hunter@host" }, "expected a URL without credentials"],
    [{ baseUrl: "https://host?key=hunter" }, "expected a URL without query or fragment"],
    [{ baseUrl: "https://host#hunter" }, "expected a URL without query or fragment"]
  ])("of %j is refused: %s", (given, says) => {
    assert.include(Result.getOrThrow(Result.flip(address(given))), says)
  })
})
