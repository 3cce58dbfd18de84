/** Every example is run as a user runs it: a process of its own, against servers on this machine. */
import { spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import process from "node:process"
import { assert, describe, it } from "@effect/vitest"
import { SampleExport } from "@millrace/events-braze"
import { Emulator } from "@millrace/mparticle-emulator"
import * as Effect from "effect/Effect"

const source = join(import.meta.dirname, "../src")

/** `during` is called with the first line that the program says, and with how to stop it. */
const run = (
  name: string,
  environment: Readonly<Record<string, string>>,
  during: (line: string, stop: () => void) => Promise<void> = async () => {}
) =>
  Effect.promise(
    () =>
      new Promise<string>((resolve, reject) => {
        const child = spawn(process.execPath, [join(source, `${name}.ts`)], {
          env: { PATH: process.env["PATH"], ...environment }
        })
        const said = { out: "", error: "" }
        child.stdout.on("data", (bytes) => {
          const isFirst = !said.out.includes("\n")
          said.out += bytes
          const [line = ""] = said.out.split("\n")
          if (isFirst && said.out.includes("\n")) {
            during(line, () => child.kill("SIGTERM")).catch((error) => {
              child.kill("SIGKILL")
              reject(error)
            })
          }
        })
        child.stderr.on("data", (bytes) => (said.error += bytes))
        child.on("close", (code) =>
          code === 0 ? resolve(said.out) : reject(new Error(`${name} ended with ${code}: ${said.error}`))
        )
      })
  )

interface Received {
  readonly url: string
  readonly authorization: string | undefined
  readonly body: unknown
}

const textOf = async (request: IncomingMessage) => Buffer.concat(await request.toArray()).toString("utf8")

/** A server that takes JSON and answers what it is told to. */
const serve = (answer: (received: Received) => { readonly status?: number; readonly json: unknown }) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(async () => {
        const received: Array<Received> = []
        const server = createServer(async (request, response) => {
          const text = await textOf(request)
          const { url = "", headers } = request
          const one = {
            url,
            authorization: headers.authorization,
            body: text === "" ? undefined : JSON.parse(text)
          }
          received.push(one)
          const { status = 200, json } = answer(one)
          response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(json))
        })
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
        return { server, received }
      }),
      ({ server }) => Effect.sync(() => server.close())
    ),
    ({ server, received }) => ({
      received,
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    })
  )

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "millrace-examples-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)
const feeds = { unbound: { key: "feed-key", secret: "feed-secret" } }
const mparticle = { MPARTICLE_KEY: "feed-key", MPARTICLE_SECRET: "feed-secret" }

describe.concurrent("an example", () => {
  it.live("sends to one destination", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.start({ feeds })
      const said = yield* run("one-destination", { MPARTICLE_URL: emulator.url, ...mparticle })
      assert.deepStrictEqual(JSON.parse(said).mparticle.delivered, { unbound: 2 })
      assert.strictEqual(emulator.state().totals.distinctEvents, 2)
    })
  )

  it.live("has three routes, and sends nothing twice when it is run again", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const types = [
        "users.messages.email.Open",
        "users.messages.email.Bounce",
        "users.canvas.Entry"
      ] as const
      SampleExport.write({ folder: "export", seed: 5, events: 300, types }, (name, bytes) => {
        mkdirSync(dirname(join(path, name)), { recursive: true })
        writeFileSync(join(path, name), bytes)
      })
      const emulator = yield* Emulator.start({ feeds })
      const segment = yield* serve(() => ({ json: { success: true } }))
      const webhook = yield* serve(() => ({ json: {} }))
      const environment = {
        EXPORT: join(path, "export"),
        STATE: join(path, "state"),
        MPARTICLE_URL: emulator.url,
        SEGMENT_URL: segment.url,
        WEBHOOK_URL: webhook.url,
        SEGMENT_WRITE_KEY: "write-key",
        WEBHOOK_TOKEN: "token",
        ...mparticle
      }
      const first = yield* run("three-routes", environment)
      const [toMparticle, toSegment, bounces] = first.trim().split("\n")
      assert.match(toMparticle ?? "", /^mparticle .*"delivered":\{"unbound":\d{2,}\}/)
      assert.match(toSegment ?? "", /^segment .*"delivered":\{"\w+":\d{2,}\}/)
      assert.match(bounces ?? "", /^bounces .*"delivered":\{"main":[1-9]\d*\}/)
      assert.strictEqual(webhook.received[0]?.authorization, "Bearer token")
      const requests = () => [
        emulator.state().totals.requests,
        segment.received.length,
        webhook.received.length
      ]
      const before = requests()
      assert.strictEqual(yield* run("three-routes", environment), first)
      assert.deepStrictEqual(requests(), before)
    })
  )

  it.live("reads a source of its own, page by page, and goes on where it stopped", () =>
    Effect.gen(function* () {
      const path = yield* folder
      let last = 4
      const tickets = yield* serve(({ url }) => {
        const after = Number(new URL(url, "http://x").searchParams.get("after"))
        const numbers = [after + 1, after + 2].filter((number) => number <= last)
        const row = (number: number) => ({
          id: `t-${number}`,
          time: number,
          user: "ada",
          subject: "x",
          priority: 1
        })
        return { json: { next: String(numbers.at(-1) ?? after), rows: numbers.map(row) } }
      })
      const webhook = yield* serve(() => ({ json: {} }))
      const environment = { TICKETS_URL: tickets.url, WEBHOOK_URL: webhook.url, STATE: join(path, "state") }
      const ids = () => webhook.received.map(({ body }) => Object(body).id)
      yield* run("custom-source", environment)
      assert.deepStrictEqual(ids(), ["t-1", "t-2", "t-3", "t-4"])
      last = 5
      yield* run("custom-source", environment)
      assert.deepStrictEqual(ids(), ["t-1", "t-2", "t-3", "t-4", "t-5"])
    })
  )

  it.live("delivers to a destination of its own, line by line", () =>
    Effect.gen(function* () {
      const chat = yield* serve(() => ({ json: { refused: ["event-2"] } }))
      const said = yield* run("custom-destination", { CHAT_URL: chat.url, CHAT_TOKEN: "token" })
      // What went wrong stands in the log above it.
      assert.deepStrictEqual(JSON.parse(said.trim().split("\n").at(-1) ?? "").chat, {
        read: 3,
        filtered: {},
        skipped: { anonymous: 1 },
        delivered: { room: 1 },
        waiting: {},
        dead: { refused: 1 }
      })
      assert.strictEqual(chat.received[0]?.authorization, "Bearer token")
    })
  )

  it.live("changes events with types", () =>
    Effect.gen(function* () {
      const webhook = yield* serve(() => ({ json: {} }))
      const said = yield* run("typed-transform", { WEBHOOK_URL: webhook.url, HASH_KEY: "a key" })
      const { delivered } = JSON.parse(said)
      const events = webhook.received.flatMap(({ body }) => (Array.isArray(body) ? body : []))
      assert.isAbove(events.length, 0)
      assert.strictEqual(delivered.main, events.length)
      for (const { user, properties } of events) {
        assert.match(user.externalId, /^[0-9a-f]{64}$/)
        assert.isString(properties.host)
        assert.isString(properties.campaign)
        assert.notProperty(properties, "url")
      }
    })
  )

  it.live("embeds an exporter in an application", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const webhook = yield* serve(() => ({ json: {} }))
      const said = yield* run("embedded", { WEBHOOK_URL: webhook.url, STATE: join(path, "state") })
      assert.deepStrictEqual(JSON.parse(said).webhook.delivered, { main: 25 })
      assert.strictEqual(webhook.received.length, 25)
    })
  )

  it.live("takes orders in a plain web server, and stops with it", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const webhook = yield* serve(() => ({ json: {} }))
      const environment = { WEBHOOK_URL: webhook.url, STATE: join(path, "state") }
      const said = yield* run("web-server", environment, async (url, stop) => {
        for (let index = 0; index < 10; index++) {
          const body = JSON.stringify({ id: `order-${index}`, customer: index % 3, cents: index })
          const { status } = await fetch(url, { method: "POST", body })
          assert.strictEqual(status, 202)
        }
        const refused = await fetch(url, { method: "POST", body: "no order" })
        assert.strictEqual(refused.status, 503)
        const { ledger } = JSON.parse(await (await fetch(`${url}/status`)).text())
        assert.strictEqual(ledger.routes.webhook.read, 10)
        stop()
      })
      const { webhook: counts } = JSON.parse(said.trim().split("\n").at(-1) ?? "")
      assert.strictEqual((counts.delivered.main ?? 0) + (counts.waiting.main ?? 0), 10)
      assert.strictEqual(webhook.received.length > 0, counts.delivered.main > 0)
    })
  )
})

describe("the examples", () => {
  it("are all run here, and short", () => {
    const own = readFileSync(import.meta.filename, "utf8")
    for (const file of readdirSync(source).filter((name) => name !== "environment.ts")) {
      const name = file.replace(".ts", "")
      assert.include(own, `run("${name}"`)
      const lines = readFileSync(join(source, file), "utf8").trimEnd().split("\n").length
      assert.isAtMost(lines, name.startsWith("custom-") ? 60 : 80, file)
    }
  })
})
