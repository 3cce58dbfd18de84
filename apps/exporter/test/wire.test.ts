/** Remotes and proxies as the field has them, met by the command itself. */
import { readFileSync } from "node:fs"
import { createServer as createHttpServer, type Server as HttpServer, type ServerResponse } from "node:http"
import { type AddressInfo, createServer, type Server, type Socket } from "node:net"
import { createServer as createTlsServer } from "node:tls"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { parse, totals } from "./support/ledger.ts"
import * as World from "./support/world.ts"

const listen = (server: Server | HttpServer) =>
  Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed((server.address() as AddressInfo).port)))
    }),
    () => Effect.sync(() => server.close())
  )

/** A server that takes connections and says nothing. */
const silent = Effect.gen(function* () {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on("error", () => {})
    socket.on("close", () => open.delete(socket))
    socket.resume()
  })
  const origin = `http://127.0.0.1:${yield* listen(server)}`
  yield* Effect.addFinalizer(() => Effect.sync(() => [...open].map((socket) => socket.destroy())))
  return origin
})

/** A server that refuses credentials, once so many requests wait for its answer at the same time. */
const answeringTogether = (together: number) => {
  const waiting: Array<ServerResponse> = []
  const server = createHttpServer((request, response) => {
    request.resume()
    waiting.push(response)
    if (waiting.length === together) for (const one of waiting) one.writeHead(401).end()
  })
  return Effect.map(listen(server), (port) => `http://127.0.0.1:${port}`)
}

const brief = { connectTimeout: "1 second", headersTimeout: "1 second", bodyTimeout: "1 second" }

describe.concurrent("check", () => {
  it.live("asks all remotes side by side", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      world.put("export/events.ndjson", "")
      const origin = yield* answeringTogether(12)
      const config = World.configuration(origin)
      const policy = { connectTimeout: "5 minutes", headersTimeout: "5 minutes" }
      const routes = ["one", "two", "three"].map((name) => ({ ...config.routes[0], name, policy }))
      const { code, stdout } = yield* world.millrace(["check", world.configure({ ...config, routes })])
      assert.strictEqual(code, 2)
      assert.strictEqual(stdout.match(/ refused +\[\d\]$/gm)?.length, 12, stdout)
    })
  )

  it.live("asks no remote for longer than its limits", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      world.put("export/events.ndjson", "")
      const config = World.configuration(yield* silent)
      const routes = [{ ...config.routes[0], policy: brief }]
      const { code, stdout } = yield* world.millrace(["check", world.configure({ ...config, routes })])
      assert.strictEqual(code, 2)
      assert.strictEqual(stdout.match(/ no answer +\[\d\]$/gm)?.length, 4, stdout)
    })
  )

  it.live("ends although a plugin neither answers nor lets itself be interrupted", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      world.put("export/events.ndjson", "")
      const config = World.configuration("http://127.0.0.1:9")
      const use = fileURLToPath(new URL("support/hanging.ts", import.meta.url))
      const routes = [{ name: "hangs", to: { use }, policy: brief }]
      const { code, stdout } = yield* world.millrace(["check", world.configure({ ...config, routes })])
      assert.strictEqual(code, 2)
      assert.include(stdout, "nothing was heard within 3s")
    })
  )

  it.live("names a proxy that says nothing, and one that says no", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      world.put("export/events.ndjson", "")
      const config = World.configuration("https://s2s.example")
      const file = world.configure({ ...config, routes: [{ ...config.routes[0], policy: brief }] })
      const quiet = yield* silent
      const checked = yield* world.millrace(["check", file], { environment: { HTTPS_PROXY: quiet } })
      assert.strictEqual(checked.code, 2)
      assert.include(checked.stdout, `the proxy ${quiet} did not connect to it in time`)
      const server = createHttpServer()
      server.on("connect", (_, socket) => socket.end("HTTP/1.1 407 No\r\n\r\n"))
      const place = `127.0.0.1:${yield* listen(server)}`
      const refused = yield* world.millrace(["check", file], {
        environment: { HTTPS_PROXY: `http://user:planted-5d1c@${place}` }
      })
      assert.strictEqual(refused.code, 2)
      assert.include(refused.stdout, `the proxy http://${place} asks for a user name and a password`)
      assert.notInclude(refused.stdout + refused.stderr, "planted-5d1c")
    })
  )

  it.live(
    "shows a client certificate to every remote that asks for one, and tells of one that is missing",
    () =>
      Effect.gen(function* () {
        const world = yield* World.make
        world.put("export/events.ndjson", "")
        const certificates = new URL("../../../packages/http/test/fixtures/", import.meta.url)
        const pem = (name: string) => readFileSync(new URL(`${name}.pem`, certificates), "utf8")
        const seen: Array<string> = []
        const server = createTlsServer(
          {
            cert: pem("server.certificate"),
            key: pem("server.key"),
            ca: pem("authority.certificate"),
            requestCert: true
          },
          (socket) => {
            socket.on("error", () => {})
            socket.once("data", (head: Buffer) => {
              seen.push(`${String(socket.getPeerCertificate().subject.CN)} ${head.toString().split(" ")[1]}`)
              const body = '{"success":true,"code":200}'
              socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
            })
          }
        )
        server.on("tlsClientError", () => {})
        const origin = `https://localhost:${yield* listen(server)}`
        for (const name of ["client.certificate", "client.key", "stranger.key"])
          world.put(`${name}.pem`, pem(name))
        const clientCertificate = {
          certificate: { file: "./client.certificate.pem" },
          key: { file: "./client.key.pem" }
        }
        const secret = { env: "MP_IOS_KEY" }
        const pair = { key: secret, secret }
        const routesWith = (shown: object) =>
          [
            { name: "mparticle", use: "mparticle", credentials: { ios: pair } },
            { name: "segment", use: "segment", credentials: { writeKey: secret } },
            { name: "mixpanel", use: "mixpanel", credentials: { token: secret } },
            { name: "amplitude", use: "amplitude", credentials: { apiKey: secret } },
            { name: "http", use: "http", credentials: { bearer: secret } }
          ].map(({ credentials, name, use }) => ({
            name,
            to: {
              use: `@millrace/destination-${use}`,
              settings: use === "http" ? { url: `${origin}/http` } : { baseUrl: `${origin}/${use}` },
              credentials: { ...credentials, ...shown }
            }
          }))
        const check = (routes: ReadonlyArray<unknown>) =>
          world.millrace(["check", world.configure({ ...World.configuration(origin), routes })], {
            environment: {
              NODE_EXTRA_CA_CERTS: fileURLToPath(new URL("authority.certificate.pem", certificates))
            }
          })
        const shown = yield* check(routesWith({ clientCertificate }))
        assert.strictEqual(shown.code, 0, shown.stdout + shown.stderr)
        assert.deepStrictEqual(
          seen.map((line) => line.split("/")[0]),
          Array(5).fill("Millrace test client ")
        )
        assert.strictEqual(new Set(seen).size, 5)
        const missing = yield* check(routesWith({}))
        assert.strictEqual(missing.code, 2)
        assert.strictEqual(missing.stdout.match(/ refused +\[\d\]$/gm)?.length, 5, missing.stdout)
        assert.include(missing.stdout, "set clientCertificate in the credentials")
        assert.notInclude(missing.stdout, "no answer")
        assert.strictEqual(seen.length, 5)
        const other = { clientCertificate: { ...clientCertificate, key: { file: "./stranger.key.pem" } } }
        const wrong = yield* check(routesWith(other))
        assert.strictEqual(wrong.code, 2)
        assert.include(
          wrong.stderr,
          "credentials.clientCertificate.key: expected the private key of the certificate"
        )
      })
  )
})

describe.concurrent("run", () => {
  it.live("delivers to remotes that pack their answers, each event once", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      world.writeExport({ seed: 7, events: 60 })
      const bodies: Array<string> = []
      const origin = `http://127.0.0.1:${yield* listen(
        createHttpServer((request, response) => {
          let body = ""
          request.on("data", (chunk) => (body += chunk))
          request.on("end", () => {
            bodies.push(`${request.url} ${body}`)
            const answer = gzipSync(JSON.stringify({ code: 200, status: "OK", success: true }))
            response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" })
            response.end(answer)
          })
        })
      )}`
      const secret = { env: "MP_IOS_KEY" }
      const routes = [
        { name: "segment", credentials: { writeKey: secret } },
        { name: "mixpanel", credentials: { token: secret } },
        { name: "amplitude", credentials: { apiKey: secret } }
      ].map(({ credentials, name }) => ({
        name,
        to: { use: `@millrace/destination-${name}`, settings: { baseUrl: `${origin}/${name}` }, credentials }
      }))
      const file = world.configure({ ...World.configuration(origin), routes })
      const ended = yield* world.millrace(["run", file, "--json"])
      assert.strictEqual(ended.code, 0, ended.stdout + ended.stderr)
      const { delivered, dead, waiting } = totals(parse(ended.stdout))
      assert.isAbove(delivered, 0)
      assert.deepStrictEqual([dead, waiting], [0, 0])
      assert.strictEqual(new Set(bodies).size, bodies.length)
    })
  )
})
