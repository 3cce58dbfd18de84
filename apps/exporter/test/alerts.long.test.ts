import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@millrace/mparticle-emulator"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as SendAlerts from "../src/sendAlerts.ts"
import { startHook, startMail } from "./support/alerted.ts"
import { assertEnded } from "./support/millrace.ts"
import * as World from "./support/world.ts"

const alert = { kind: "raised", text: "lane ios is closed" } as const

describe("an alert", () => {
  it.live("reaches a webhook as JSON with a text", () =>
    Effect.gen(function* () {
      const hook = yield* startHook
      const send = SendAlerts.webhook(Redacted.make(`${hook.url}/hook/sesame?x=1`))
      yield* send("orders", [alert])
      assert.deepStrictEqual(hook.requests, [
        {
          line: "POST /hook/sesame?x=1",
          body: JSON.stringify({
            text: "[orders] ALERT: lane ios is closed",
            exporter: "orders",
            alerts: [alert]
          }),
          answer: 200
        }
      ])
      hook.answer = 500
      const failure = yield* Effect.flip(send("orders", [alert]))
      assert.include(failure.message, "status 500")
      assert.notInclude(failure.message, "sesame")
    })
  )

  it.live("goes through the proxy of the environment, and names one that does not let it through", () =>
    Effect.gen(function* () {
      const asked: Array<string | undefined> = []
      const server = createServer()
      server.on("connect", ({ url }, socket) => {
        asked.push(url)
        socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
      })
      yield* Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void)))
      const place = `127.0.0.1:${(server.address() as AddressInfo).port}`
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          const before = process.env["HTTPS_PROXY"]
          process.env["HTTPS_PROXY"] = `http://user:hunter2@${place}`
          return before
        }),
        (before) =>
          Effect.sync(() => {
            server.close()
            if (before === undefined) delete process.env["HTTPS_PROXY"]
            else process.env["HTTPS_PROXY"] = before
          })
      )
      const send = SendAlerts.webhook(Redacted.make("https://hooks.example/sesame"))
      const failure = yield* Effect.flip(send("orders", [alert]))
      assert.deepStrictEqual(asked, ["hooks.example:443"])
      assert.include(failure.message, `not let through at the proxy http://${place} (HTTP 407)`)
      assert.notMatch(failure.message, /hunter2|sesame/)
    })
  )

  it.live("reaches a reader through an SMTP server", () =>
    Effect.gen(function* () {
      const { host, mails } = yield* startMail
      const sender = "millrace@example.com"
      yield* SendAlerts.email(Redacted.make(`smtp://${host}`), sender, "ops@example.com")("orders", [alert])
      assert.include(mails[0], "Subject: [orders] ALERT: lane ios is closed")
      assert.include(mails[0], "To: ops@example.com")
      const refusedMail = SendAlerts.email(
        Redacted.make("smtp://user:hunter2@127.0.0.1:1"),
        "a@example.com",
        "b@example.com"
      )
      const failure = yield* Effect.flip(refusedMail("orders", [alert]))
      assert.include(failure.message, "was not taken by the SMTP server")
      assert.notInclude(failure.message, "hunter2")
    })
  )
})

/** Every text of some length in a value. */
const textsIn = (value: unknown): ReadonlyArray<string> => {
  if (typeof value === "string") return value.length < 8 ? [] : [value]
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : []
}

describe("a running exporter", () => {
  it.live("tells by webhook and by e-mail that a lane is closed, once each, and that it is open again", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const hook = yield* startHook
      const { host, mails } = yield* startMail
      const { key, secret } = World.feeds["web"]!
      const basic = Buffer.from(`${key}:${secret}`).toString("base64")
      // An answer that repeats what it was sent, as careless servers do.
      const body = `no: Basic ${basic} [{"user_identities":{"customer_id":"planted-person-31c7"}}]`
      const emulator = yield* Emulator.start({
        feeds: World.feeds,
        failures: [{ kind: "status", status: 401, feed: "web", body }]
      })
      world.writeExport({ seed: 61, events: 600 })
      world.put("web.secret", "planted-wrong-secret-18e2")
      const config = World.configuration(emulator.url, {
        top: {
          contact: "ops@example.com",
          alerts: {
            webhook: { url: { env: "HOOK" } },
            email: { server: { env: "SMTP" }, from: "millrace@example.com" }
          }
        }
      })
      const [route] = config.routes
      const web = { ...World.credentials["web"], secret: { file: "./web.secret" } }
      const to = { ...route!.to, credentials: { ...World.credentials, web } }
      const file = world.configure({ ...config, routes: [{ ...route, to }] })

      // The webhook is out of order at first: that is no reason for the mail to stay away, or to come again.
      hook.answer = 500
      const program = yield* world.start(["run", file, "--follow"], {
        environment: { HOOK: `${hook.url}/planted-path-77d0`, SMTP: `smtp://ops:planted-mail-5b2f@${host}` }
      })
      const until = (isTrue: () => boolean) =>
        Effect.raceFirst(
          Effect.gen(function* () {
            while (!isTrue()) yield* Effect.sleep("10 millis")
          }),
          Effect.flatMap(program.ended, ({ stderr }) => Effect.die(new Error(`it ended: ${stderr}`)))
        )
      const taken = () => hook.requests.filter(({ answer }) => answer === 200)
      yield* until(() => mails.length > 0 && hook.requests.length > 1)
      assert.strictEqual(mails.length, 1)
      hook.answer = 200
      yield* until(() => taken().length > 0)

      emulator.fail([])
      world.put("web.secret", `${secret}\n`)
      yield* until(() => mails.length > 1 && taken().length > 1)
      program.kill("SIGTERM")
      const ended = yield* program.ended
      // Stopped while the lane still drains, it leaves events waiting.
      assertEnded(ended, ended.code === 3 ? 3 : 0)

      const told = taken().map(
        ({ body }): { alerts: ReadonlyArray<{ kind: string; key: string; text: string }> } => JSON.parse(body)
      )
      const kinds = told.map(({ alerts }) => alerts.map(({ kind }) => kind))
      assert.deepStrictEqual(kinds, [["raised"], ["healed"]])
      assert.match(
        told[0]!.alerts[0]!.text,
        /^lane web of route mparticle is closed \(unauthorized\) since \S+; \d+ events wait and are kept/
      )
      assert.match(told[1]!.alerts[0]!.text, /^lane web of route mparticle is open again/)
      assert.deepStrictEqual(
        told.map(({ alerts }) => alerts.map(({ key }) => key)),
        [["closed mparticle/web"], ["closed mparticle/web"]]
      )
      // Said once when the way failed, and once when it worked again.
      assert.strictEqual(ended.stderr.match(/alerts by webhook are tried again/g)?.length, 1)
      assert.strictEqual(ended.stderr.match(/alerts by webhook arrive again/g)?.length, 1)
      assert.strictEqual(mails.length, 2)
      assert.include(mails[0], "Subject: [tested] ALERT: lane web of route mparticle is closed")
      assert.include(mails[0], "To: ops@example.com")
      assert.include(mails[1], "Subject: [tested] OK: ")

      const sent = new Set(emulator.requests().flatMap(({ body }) => textsIn(JSON.parse(body))))
      assert.isAbove(sent.size, 100)
      const alerts = [...mails, ...hook.requests.map(({ body }) => body)].join("\n")
      for (const text of [...sent, key, basic]) assert.notInclude(alerts, text)
      assert.notInclude(alerts, "planted")
    })
  )
})

describe("alerts test", () => {
  const run = Effect.fnUntraced(function* (hook: string, smtp: string) {
    const world = yield* World.make
    const file = world.configure(
      World.configuration("http://127.0.0.1:1", {
        top: {
          alerts: {
            webhook: { url: { env: "HOOK" } },
            email: { server: { env: "SMTP" }, from: "millrace@example.com", to: "ops@example.com" }
          }
        }
      })
    )
    return yield* world.millrace(["alerts", "test", file], { environment: { HOOK: hook, SMTP: smtp } })
  })

  it.live("sends by every way, and tells what became of each", () =>
    Effect.gen(function* () {
      const hook = yield* startHook
      const { host, mails } = yield* startMail
      const both = yield* run(hook.url, `smtp://${host}`)
      assertEnded(both, 0)
      assert.match(both.stdout, /webhook +sent/)
      assert.match(both.stdout, /e-mail +sent/)
      assert.include(hook.requests[0]?.body, '"kind":"test"')
      assert.include(mails[0], "Subject: [tested] TEST: this is a test")
      // A way whose variable is not set keeps no other from being tried.
      const one = yield* run("", `smtp://${host}`)
      assertEnded(one, 2)
      assert.match(one.stdout, /webhook +failed .*the environment variable HOOK is not set/)
      assert.match(one.stdout, /e-mail +sent/)
      hook.answer = 404
      const other = yield* run(`${hook.url}/planted-path-77d0`, "smtp://ops:planted-mail-5b2f@127.0.0.1:1")
      assertEnded(other, 2)
      assert.match(other.stdout, /webhook +failed .*status 404/)
      assert.match(other.stdout, /e-mail +failed .*was not taken by the SMTP server/)
      assert.notInclude(other.stdout, "planted")
    })
  )

  it.live("says so when there is no way to test", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const file = world.configure(World.configuration("http://127.0.0.1:1"))
      const ended = yield* world.millrace(["alerts", "test", file])
      assertEnded(ended, 2)
      assert.include(ended.stderr, "alerts: no way is configured; add alerts.webhook or alerts.email")
    })
  )
})
