import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import type { GateState } from "@millrace/core/Outbox"
import { Emulator } from "@millrace/mparticle-emulator"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { SMTPServer } from "smtp-server"
import { conditionsOf } from "../src/alerts/conditions.ts"
import { due, nothingTold } from "../src/alerts/memory.ts"
import * as Send from "../src/alerts/send.ts"
import type { Status } from "../src/operations.ts"
import { assertEnded } from "./support/millrace.ts"
import * as World from "./support/world.ts"

const hour = 3_600_000
const day = 24 * hour
const open: GateState = { open: true, reason: "", since: 0, notBefore: 0 }
const refused: GateState = { open: false, reason: "unauthorized", since: 5 * hour, notBefore: 0 }

const status = (gate: GateState, oldest?: number): Status => ({
  ledger: { routes: {} },
  lanes: [{ route: "crm", lane: "ios", gate, trouble: gate.open ? "" : "the key was refused", underWay: 0 }],
  stored: [{ route: "crm", lane: "ios", waiting: 1234, bytes: 900, oldest, gate }],
  unread: { splits: 0, first: [] }
})
const limits = { retentionOf: () => 7 * day, shareOf: () => undefined, usage: 0 }

describe("conditions", () => {
  it("name a closed lane, the reason and how much waits, and not what the remote said", () => {
    const found = conditionsOf(status(refused, 5 * hour), 6 * hour, limits)
    assert.deepStrictEqual([...found.keys()], ["closed crm/ios"])
    assert.include(
      found.get("closed crm/ios"),
      "closed (unauthorized) since 1970-01-01T05:00:00.000Z; 1,234 events wait"
    )
    assert.notInclude(found.get("closed crm/ios"), "the key was refused")
  })

  it("tell that retention nears at half of it and at nine tenths", () => {
    const at = (now: number) => [...conditionsOf(status(open, 0), now, limits).keys()]
    assert.deepStrictEqual(at(3 * day), [])
    assert.deepStrictEqual(at(4 * day), ["retention 0.5 crm/ios"])
    assert.deepStrictEqual(at(6.5 * day), ["retention 0.9 crm/ios"])
  })

  it("tell of an outbox that is nearly full, and say nothing of an operator's own pause", () => {
    const paused: GateState = { ...refused, reason: "paused" }
    assert.deepStrictEqual([...conditionsOf(status(paused), 0, { ...limits, usage: 0.79 }).keys()], [])
    assert.deepStrictEqual([...conditionsOf(status(open), 0, { ...limits, usage: 0.85 }).keys()], ["full"])
  })
})

describe("a lane's share", () => {
  it("is told of when it is nearly filled, with what happens then", () => {
    const of = (size: number) => conditionsOf(status(open), 0, { ...limits, shareOf: () => ({ size }) })
    assert.deepStrictEqual([...of(1200).keys()], [])
    assert.deepStrictEqual([...of(1000).keys()], ["share crm/ios"])
    assert.include(of(1000).get("share crm/ios"), "90 % of what it may")
    assert.include(of(1000).get("share crm/ios"), "the sources are held back")
  })
})

describe("alerts", () => {
  it("come once for a change, again as reminders, and when it is over", () => {
    const closed = new Map([["closed crm/ios", "closed"]])
    const kinds = ({ alerts }: ReturnType<typeof due>) => alerts.map(({ kind }) => kind)
    const first = due(nothingTold, closed, 0, 0, day)
    assert.deepStrictEqual(kinds(first), ["raised"])
    const second = due(first.told, closed, 0, 23 * hour, day)
    assert.deepStrictEqual(kinds(second), [])
    const third = due(second.told, closed, 0, 25 * hour, day)
    assert.deepStrictEqual(kinds(third), ["reminder"])
    const healed = due(third.told, new Map(), 0, 26 * hour, day)
    assert.deepStrictEqual(kinds(healed), ["healed"])
    assert.deepStrictEqual(kinds(due(healed.told, new Map(), 0, 27 * hour, day)), [])
  })

  it("tell of new dead letters, not of each one", () => {
    const first = due(nothingTold, new Map(), 3, hour, day)
    assert.include(first.alerts[0]?.text, "3 new dead letters")
    const soon = due(first.told, new Map(), 50, hour + 60_000, day)
    assert.deepStrictEqual(soon.alerts, [])
    assert.include(due(soon.told, new Map(), 50, 2 * hour, day).alerts[0]?.text, "47 new dead letters")
  })
})

/** A webhook that answers what it is told to. */
const startHook = Effect.gen(function* () {
  const hook = { answer: 200, requests: [] as { line: string; body: string; answer: number }[], url: "" }
  const server = createServer((request, response) => {
    let body = ""
    request.on("data", (part) => {
      body += part
    })
    request.on("end", () => {
      hook.requests.push({ line: `${request.method} ${request.url}`, body, answer: hook.answer })
      response.writeHead(hook.answer).end()
    })
  })
  yield* Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void)))
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      server.close()
      server.closeAllConnections()
    })
  )
  hook.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return hook
})

/** An SMTP server that takes any mail, with any password. */
const startMail = Effect.gen(function* () {
  const mails: Array<string> = []
  const server = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    onAuth: ({ username }, _session, callback) => callback(null, { user: username }),
    disabledCommands: ["STARTTLS"],
    onData: (stream, _session, callback) => {
      let mail = ""
      stream.on("data", (part) => {
        mail += part
      })
      stream.on("end", () => {
        mails.push(mail)
        callback()
      })
    }
  })
  yield* Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void)))
  yield* Effect.addFinalizer(() =>
    Effect.callback<void>((resume) => void server.close(() => resume(Effect.void)))
  )
  return { mails, host: `127.0.0.1:${(server.server.address() as AddressInfo).port}` }
})

const alert = { kind: "raised", text: "lane ios is closed" } as const

describe("an alert", () => {
  it.live("reaches a webhook as JSON with a text", () =>
    Effect.gen(function* () {
      const hook = yield* startHook
      const send = Send.webhook(Redacted.make(`${hook.url}/hook/sesame?x=1`))
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
      const send = Send.webhook(Redacted.make("https://hooks.example/sesame"))
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
      yield* Send.email(Redacted.make(`smtp://${host}`), sender, "ops@example.com")("orders", [alert])
      assert.include(mails[0], "Subject: [orders] ALERT: lane ios is closed")
      assert.include(mails[0], "To: ops@example.com")
      const refusedMail = Send.email(
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
      assertEnded(ended, 0)

      const told = taken().map(({ body }): { alerts: ReadonlyArray<{ kind: string; text: string }> } =>
        JSON.parse(body)
      )
      const kinds = told.map(({ alerts }) => alerts.map(({ kind }) => kind))
      assert.deepStrictEqual(kinds, [["raised"], ["healed"]])
      assert.match(
        told[0]!.alerts[0]!.text,
        /^lane web of route mparticle is closed \(unauthorized\) since \S+; \d+ events wait and are kept/
      )
      assert.include(told[1]!.alerts[0]!.text, "closed mparticle/web")
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
