import type { Socket } from "node:net"
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Transport } from "@millrace/http"
import * as Effect from "effect/Effect"
import { secure } from "./support/secure.ts"
import { failure, http, post, sockets, until } from "./support/servers.ts"

/** Answers the head of each request with `parts`, in pieces; `close` ends the connection. */
const answering = (parts: ReadonlyArray<string | Buffer>, after: "close" | "reset" | "stay" = "stay") =>
  sockets((socket) =>
    onRequest(socket, () => {
      for (const part of parts) socket.write(typeof part === "string" ? Buffer.from(part, "latin1") : part)
      if (after === "close") socket.end()
      if (after === "reset") socket.resetAndDestroy()
    })
  )

/** Calls back when the body of a request of the tests has come. */
const onRequest = (socket: Socket, answer: () => void) => {
  let seen = ""
  socket.on("data", (chunk: Buffer) => {
    seen += chunk.toString("latin1")
    if (!seen.endsWith("secret-body")) return
    seen = ""
    answer()
  })
}

const ask = (origin: string, options?: Transport.Options) =>
  Effect.flatMap(Transport.open(origin, options), (channel) => channel.send(post))

const whole = "content-length: 2\r\n\r\nok"

describe("an answer that is not quite HTTP", () => {
  const breaches: ReadonlyArray<readonly [string, string, ("close" | "stay")?]> = [
    ["lines that end with a line feed alone", "HTTP/1.1 202 Accepted\ncontent-length: 2\n\nok"],
    ["no reason phrase", `HTTP/1.1 202\r\n${whole}`],
    ["two spaces before the status", `HTTP/1.1  202 Accepted\r\n${whole}`],
    ["small letters", `http/1.1 202 Accepted\r\n${whole}`],
    ["a version of its own", `HTTP/1.2 202 Accepted\r\n${whole}`],
    ["a version without a dot", `HTTP/2 202 Accepted\r\n${whole}`],
    ["empty lines before it", `\r\n\r\nHTTP/1.1 202 Accepted\r\n${whole}`],
    ["a space before a colon", "HTTP/1.1 202 Accepted\r\ncontent-length : 2\r\n\r\nok"],
    ["a line without a colon", `HTTP/1.1 202 Accepted\r\nrubbish\r\n${whole}`],
    ["a name with a space", `HTTP/1.1 202 Accepted\r\na name: x\r\n${whole}`],
    ["no name", `HTTP/1.1 202 Accepted\r\n: x\r\n${whole}`],
    ["control characters in a value", `HTTP/1.1 202 Accepted\r\nx: a\u0001\u0000b\r\n${whole}`],
    ["a folded value", `HTTP/1.1 202 Accepted\r\nx: a\r\n b\r\n${whole}`],
    ["a length that stands twice", `HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n${whole}`],
    ["a length that is none", "HTTP/1.1 202 Accepted\r\ncontent-length: \r\n\r\nok", "close"],
    ["a length that is too long", "HTTP/1.1 202 Accepted\r\ncontent-length: 20\r\n\r\nok", "close"],
    ["a length that is too short", `HTTP/1.1 202 Accepted\r\n${whole} and more`],
    [
      "a length beside chunks",
      "HTTP/1.1 202 Accepted\r\ncontent-length: 9\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
    ],
    ["a coding that is none", `HTTP/1.1 202 Accepted\r\ntransfer-encoding: identity\r\n${whole}`],
    [
      "a space behind the size of a chunk",
      "HTTP/1.1 202 Accepted\r\ntransfer-encoding: chunked\r\n\r\n2 \r\nok\r\n0\r\n\r\n"
    ],
    ["no last chunk", "HTTP/1.1 202 Accepted\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n", "close"],
    [
      "bytes after its connection: close",
      `HTTP/1.1 202 Accepted\r\nconnection: close\r\n${whole}and more`,
      "close"
    ],
    [
      "an upgrade that was not asked for",
      `HTTP/1.1 202 Accepted\r\nconnection: upgrade\r\nupgrade: h2c\r\n${whole}`
    ],
    ["a head of 200 KB", `HTTP/1.1 202 Accepted\r\nx: ${"a".repeat(200_000)}\r\n${whole}`],
    ["a breach after 1xx", `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\nrubbish\r\n${whole}`]
  ]
  for (const [what, text, after] of breaches) {
    it.live(`is taken: ${what}`, () =>
      Effect.gen(function* () {
        const { origin } = yield* answering([text], after)
        const channel = yield* Transport.open(origin, { headers: "20 seconds", body: "20 seconds" })
        // Twice: nothing of the first answer is taken for the second.
        for (const _ of [1, 2]) {
          const { body, status } = yield* channel.send(post)
          assert.deepStrictEqual([status, body], [202, "ok"])
        }
      })
    )
  }

  it.live("shows its headers all the same", () =>
    Effect.gen(function* () {
      const head =
        "HTTP/1.1 429 Slow down\r\nrubbish\r\nRetry-After : 3\r\nX: a\r\nx: b\r\ncontent-length: 0\r\n\r\n"
      const { origin } = yield* answering([head])
      const { headers, status } = yield* ask(origin)
      assert.deepStrictEqual([status, headers["retry-after"], headers["x"]], [429, "3", "a, b"])
    })
  )

  it.live("is none where no status can be read", () =>
    Effect.gen(function* () {
      for (const text of ["hello\r\n\r\n", "HTTP/1.1 2020 Odd\r\n\r\n", "SSH-2.0-OpenSSH_9.6\r\n"]) {
        const { origin } = yield* answering([text], "close")
        assert.strictEqual((yield* failure(origin)).reason, "other", text)
      }
    })
  )

  it.live("does not become the answer to the request after it", () =>
    Effect.gen(function* () {
      let count = 0
      const server = yield* sockets((socket) =>
        onRequest(socket, () => {
          count++
          // The second answer comes unasked, and would tell of a delivery.
          socket.write(
            "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\nHTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"
          )
        })
      )
      const channel = yield* Transport.open(server.origin)
      for (const _ of [1, 2, 3]) assert.strictEqual((yield* channel.send(post)).status, 503)
      assert.deepStrictEqual([count, server.open.length], [3, 3])
    })
  )
})

describe("a connection", () => {
  it.live("carries no further request once an answer left doubt where it ends", () =>
    Effect.gen(function* () {
      const twice = "HTTP/1.1 202 Accepted\r\ncontent-length: 9\r\ntransfer-encoding: chunked\r\n\r\n"
      for (const [head, connections] of [
        [`${twice}2\r\nok\r\n0\r\n\r\n`, 2],
        [`HTTP/1.1 202 Accepted\r\n${whole} and more`, 2],
        [`HTTP/1.1 202 Accepted\r\n${whole}`, 1]
      ] as const) {
        const { open, origin } = yield* answering([head])
        const channel = yield* Transport.open(origin)
        for (const _ of [1, 2]) yield* channel.send(post)
        assert.strictEqual(open.length, connections, head)
      }
    })
  )
})

describe("an answer that is cut", () => {
  const cut = (status: number, body: string) =>
    `HTTP/1.1 ${status} Odd\r\ncontent-length: 1000\r\n\r\n${body}`

  it.live("stands with its status where that speaks for itself", () =>
    Effect.gen(function* () {
      for (const status of [200, 202, 401, 413, 429, 503]) {
        const { origin } = yield* answering([cut(status, "o")], "close")
        const { body, ...answer } = yield* ask(origin)
        assert.deepStrictEqual([answer.status, body], [status, "o"])
      }
    })
  )

  it.live("is no refusal of events unless what it says is there", () =>
    Effect.gen(function* () {
      const half = yield* answering([cut(400, '{"error":"the key')], "close")
      const { code, reason } = yield* failure(half.origin)
      assert.deepStrictEqual([reason, code], ["reset", "half an answer"])
      const all = yield* answering([cut(400, '{"error":"the key"}')], "close")
      assert.strictEqual((yield* ask(all.origin)).status, 400)
    })
  )

  it.live("is no delivery where the connection broke off within it", () =>
    Effect.gen(function* () {
      const { origin } = yield* answering([cut(202, "o")], "reset")
      assert.strictEqual((yield* failure(origin)).reason, "reset")
    })
  )
})

describe("1xx before an answer", () => {
  it.live("is passed over, asked for or not", () =>
    Effect.gen(function* () {
      const before =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"
      const { origin, open } = yield* answering([before, `HTTP/1.1 202 Accepted\r\n${whole}`])
      const channel = yield* Transport.open(origin)
      for (const _ of [1, 2]) assert.strictEqual((yield* channel.send(post)).status, 202)
      assert.strictEqual(open.length, 1)
    })
  )

  it.live("ends with the limit for the head, however often it comes", () =>
    Effect.gen(function* () {
      const { origin } = yield* sockets((socket) => {
        const timer = setInterval(() => socket.write("HTTP/1.1 100 Continue\r\n\r\n"), 10)
        socket.on("close", () => clearInterval(timer))
      })
      assert.strictEqual((yield* failure(origin, { headers: "200 millis" })).reason, "timeout-headers")
    })
  )
})

describe("a packed answer", () => {
  const text = JSON.stringify({ code: 200, said: "täxt ".repeat(200) })
  const packed: ReadonlyArray<readonly [string, Buffer]> = [
    ["gzip", gzipSync(text)],
    ["x-gzip", gzipSync(text)],
    ["GZip", gzipSync(text)],
    ["deflate", deflateSync(text)],
    ["deflate", deflateRawSync(text)],
    ["br", brotliCompressSync(text)],
    ["zstd", zstdCompressSync(text)],
    ["gzip, br", brotliCompressSync(gzipSync(text))],
    ["identity", Buffer.from(text)],
    ["identity, gzip", gzipSync(text)],
    ["", Buffer.from(text)],
    // Not what it says it is: as it came.
    ["gzip", Buffer.from(text)],
    ["rot13", Buffer.from(text)]
  ]
  it.live("is unpacked, whatever it is packed with", () =>
    Effect.gen(function* () {
      let turn = 0
      const origin = yield* http((request, response) => {
        request.resume()
        const [encoding, body] = packed[turn++]!
        response.writeHead(202, { "content-encoding": encoding, "content-length": body.length }).end(body)
      })
      const channel = yield* Transport.open(origin)
      for (const [encoding] of packed) assert.strictEqual((yield* channel.send(post)).body, text, encoding)
    })
  )

  it.live("is not asked for", () =>
    Effect.gen(function* () {
      const asked: Array<unknown> = []
      const origin = yield* http((request, response) => {
        asked.push(request.headers["accept-encoding"])
        request.resume()
        response.end()
      })
      const channel = yield* Transport.open(origin)
      yield* channel.send(post)
      yield* channel.send({ ...post, headers: { "Accept-Encoding": "br" } })
      assert.deepStrictEqual(asked, ["identity", "br"])
    })
  )

  it.live("is unpacked as far as it is read and no further", () =>
    Effect.gen(function* () {
      // Each a few hundred bytes or KB on the wire.
      const zeros = Buffer.alloc(64 * 1024 * 1024)
      for (const [encoding, body] of [
        ["gzip", gzipSync(zeros)],
        ["br", brotliCompressSync(zeros)],
        ["zstd", zstdCompressSync(zeros)],
        ["gzip, gzip", gzipSync(gzipSync(zeros))]
      ] as const) {
        const origin = yield* http((request, response) => {
          request.resume()
          response.writeHead(200, { "content-encoding": encoding }).end(body)
        })
        const before = process.memoryUsage().arrayBuffers
        const { body: read, truncated } = yield* ask(origin)
        assert.deepStrictEqual([read.length, truncated], [1024 * 1024, true], encoding)
        assert.isBelow(process.memoryUsage().arrayBuffers - before, 16 * 1024 * 1024, encoding)
      }
    })
  )

  it.live("gives what is there of it where it is cut", () =>
    Effect.gen(function* () {
      for (const [encoding, bytes] of packed.slice(0, 7)) {
        const head = `HTTP/1.1 200 OK\r\ncontent-encoding: ${encoding}\r\ncontent-length: 9999\r\n\r\n`
        const { origin } = yield* answering([head, bytes.subarray(0, bytes.length - 2)], "close")
        const { body, status } = yield* ask(origin)
        assert.strictEqual(status, 200, encoding)
        // What is missing of these is no more than a checksum.
        if (/^(x-)?gzip$/i.test(encoding)) assert.strictEqual(body, text)
      }
    })
  )
})

describe("an answer that comes before the body was read", () => {
  const sizes = [1_000, 100_000, 5_000_000, 32_000_000]
  const head = (status: number) => `HTTP/1.1 ${status} Early\r\ncontent-length: 5\r\n\r\nearly`
  const early = (after: "close" | "reset" | "stay", status: number) => (socket: Socket) => {
    socket.once("data", () => {
      socket.pause()
      socket.write(head(status), () => {
        if (after === "close") socket.destroy()
        if (after === "reset") socket.resetAndDestroy()
      })
    })
  }
  const statusesOf = (origin: string) =>
    Effect.forEach(
      sizes,
      Effect.fnUntraced(function* (size) {
        const channel = yield* Transport.open(origin)
        const answer = yield* channel.send({ ...post, body: new Uint8Array(size) })
        return [answer.status, answer.body]
      }, Effect.scoped)
    )

  for (const after of ["close", "reset", "stay"] as const) {
    it.live(`is the answer, at any size of the body (${after})`, () =>
      Effect.gen(function* () {
        for (const status of [401, 413, 503]) {
          const { origin } = yield* sockets(early(after, status))
          assert.deepStrictEqual(
            yield* statusesOf(origin),
            sizes.map(() => [status, "early"])
          )
        }
      })
    )
  }

  for (const after of ["close", "reset"] as const) {
    it.live(`is the answer, be it that all was taken (${after})`, () =>
      Effect.gen(function* () {
        const { origin } = yield* sockets(early(after, 202))
        assert.deepStrictEqual(
          yield* statusesOf(origin),
          sizes.map(() => [202, "early"])
        )
      })
    )
    it.live(`is the answer behind TLS (${after})`, () =>
      Effect.gen(function* () {
        const port = yield* secure({}, (socket) => early("close", 413)(socket))
        const seen = yield* statusesOf(`https://localhost:${port}`)
        assert.deepStrictEqual(
          seen,
          sizes.map(() => [413, "early"])
        )
      })
    )
  }

  it.live("is the answer, also of one that does not even wait for its head", () =>
    Effect.gen(function* () {
      const { origin } = yield* sockets((socket) => {
        socket.write(head(503))
        socket.destroy()
      })
      assert.deepStrictEqual(
        yield* statusesOf(origin),
        sizes.map(() => [503, "early"])
      )
    })
  )

  it.live("of one that takes all leaves the rest of the body on its way", () =>
    Effect.gen(function* () {
      let read = 0
      const server = yield* sockets((socket) => {
        socket.on("data", (chunk: Buffer) => {
          read += chunk.length
          if (chunk.includes("POST ")) socket.write(head(202))
        })
      })
      const channel = yield* Transport.open(server.origin)
      const body = new Uint8Array(20_000_000)
      for (const _ of [1, 2]) assert.strictEqual((yield* channel.send({ ...post, body })).status, 202)
      yield* until(() => read > 40_000_000)
      assert.strictEqual(server.open.length, 1)
    })
  )
})
