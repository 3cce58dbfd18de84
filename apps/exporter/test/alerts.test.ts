import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import type { GateState } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { SMTPServer } from "smtp-server"
import { conditionsOf } from "../src/alerts/conditions.ts"
import { due, nothingTold } from "../src/alerts/memory.ts"
import * as Send from "../src/alerts/send.ts"
import type { Status } from "../src/operations.ts"

const hour = 3_600_000
const day = 24 * hour
const open: GateState = { open: true, reason: "", since: 0, notBefore: 0 }
const refused: GateState = { open: false, reason: "unauthorized", since: 5 * hour, notBefore: 0 }

const status = (gate: GateState, oldest?: number): Status => ({
  ledger: { routes: {} },
  lanes: [{ route: "crm", lane: "ios", gate, trouble: gate.open ? "" : "the key was refused", underWay: 0 }],
  stored: [{ route: "crm", lane: "ios", waiting: 1234, bytes: 900, oldest, gate }]
})
const limits = { retentionOf: () => 7 * day, shareOf: () => undefined, usage: 0 }

describe("conditions", () => {
  it("name a closed lane, why and how much waits", () => {
    const found = conditionsOf(status(refused, 5 * hour), 6 * hour, limits)
    assert.deepStrictEqual([...found.keys()], ["closed crm/ios"])
    assert.include(found.get("closed crm/ios"), "closed (unauthorized): the key was refused")
    assert.include(found.get("closed crm/ios"), "1,234 events wait")
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

const alert = { kind: "raised", text: "lane ios is closed" } as const

describe("an alert", () => {
  it.live("reaches a webhook as JSON with a text", () =>
    Effect.gen(function* () {
      const bodies: Array<string> = []
      let answer = 200
      const server = createServer((request, response) => {
        let body = ""
        request.on("data", (part) => {
          body += part
        })
        request.on("end", () => {
          bodies.push(`${request.method} ${request.url} ${body}`)
          response.writeHead(answer).end()
        })
      })
      yield* Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void)))
      yield* Effect.addFinalizer(() => Effect.sync(() => server.close()))
      const { port } = server.address() as AddressInfo
      const send = Send.webhook(Redacted.make(`http://127.0.0.1:${port}/hook/sesame?x=1`))
      yield* send("orders", [alert])
      assert.strictEqual(
        bodies[0],
        `POST /hook/sesame?x=1 ${JSON.stringify({ text: "[orders] ALERT: lane ios is closed", exporter: "orders", alerts: [alert] })}`
      )
      answer = 500
      const failure = yield* Effect.flip(send("orders", [alert]))
      assert.include(failure.message, "status 500")
      assert.notInclude(failure.message, "sesame")
    }).pipe(Effect.scoped)
  )

  it.live("reaches a reader through an SMTP server", () =>
    Effect.gen(function* () {
      const mails: Array<string> = []
      const server = new SMTPServer({
        authOptional: true,
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
      const { port } = server.server.address() as AddressInfo
      yield* Send.email(
        Redacted.make(`smtp://127.0.0.1:${port}`),
        "millrace@example.com",
        "ops@example.com"
      )("orders", [alert])
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
    }).pipe(Effect.scoped)
  )
})
