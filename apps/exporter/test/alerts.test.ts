import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import type { GateState } from "@millrace/core/Outbox"
import { Emulator } from "@millrace/mparticle-emulator"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { type Condition, conditionsOf, type Limits } from "../src/alerts/conditions.ts"
import { due, dueAtStop, nothingTold } from "../src/alerts/memory.ts"
import * as Send from "../src/alerts/send.ts"
import type { Status } from "../src/operations.ts"
import type { SourceState } from "../src/sources.ts"
import { startHook, startMail } from "./support/alerted.ts"
import { assertEnded } from "./support/millrace.ts"
import * as World from "./support/world.ts"

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const open: GateState = { open: true, reason: "", since: 0, notBefore: 0 }
const refused: GateState = { open: false, reason: "unauthorized", since: 5 * hour, notBefore: 0 }

const thresholds = { noSuccessFor: minute, waitingFor: hour, unreadableFor: 1000, unreadFor: 10 * minute }
const limits: Limits = { retentionOf: () => 7 * day, shareOf: () => undefined, thresholds }

interface Changes {
  readonly lane?: Partial<Status["lanes"][number]>
  readonly stored?: Partial<Status["stored"][number]>
  readonly expired?: number
  readonly sources?: Status["sources"]
  readonly usage?: Status["usage"]
  readonly dead?: number
}

/** An exporter with one lane, open and well unless it is changed. */
const status = ({ lane, stored, expired = 0, dead = 0, sources = [], usage }: Changes = {}): Status => ({
  ledger: {
    routes: {
      crm: {
        read: 0,
        filtered: {},
        skipped: {},
        delivered: {},
        waiting: {},
        dead: { ...(expired > 0 ? { expired } : {}), ...(dead > 0 ? { "bad-request": dead } : {}) }
      }
    }
  },
  lanes: [{ route: "crm", lane: "ios", gate: open, trouble: "", underWay: 0, ...lane }],
  stored: [
    {
      route: "crm",
      lane: "ios",
      waiting: 1234,
      bytes: 900,
      oldest: undefined,
      gate: lane?.gate ?? open,
      ...stored
    }
  ],
  unread: { splits: 0, first: [] },
  sources,
  started: 0,
  ...(usage === undefined ? {} : { usage })
})

const refusing = status({
  lane: { gate: refused, trouble: "the key was refused" },
  stored: { oldest: 5 * hour }
})
const failing = (now: number, changes: Changes = {}) =>
  status({
    ...changes,
    lane: { failingSince: hour, reason: "no-answer", trouble: "planted words", ...changes.lane },
    stored: { oldest: now - 10 * minute, ...changes.stored }
  })
const keysOf = (found: ReadonlyArray<Condition>) => found.map(({ key }) => key)
const textOf = (found: ReadonlyArray<Condition>) => found.map(({ text }) => text).join("\n")

describe("conditions", () => {
  it("name a closed lane, the reason and how much waits, and not what the remote said", () => {
    const found = conditionsOf(refusing, 5.5 * hour, limits)
    assert.deepStrictEqual(keysOf(found), ["closed crm/ios"])
    assert.include(
      textOf(found),
      "closed (unauthorized) since 1970-01-01T05:00:00.000Z; 1,234 events wait and are kept; the key was refused; give a valid one"
    )
    const one = status({ lane: { gate: refused }, stored: { oldest: 5 * hour, waiting: 1 } })
    assert.include(textOf(conditionsOf(one, 5.5 * hour, limits)), "; 1 event waits and is kept; ")
    const [{ route, lane, count, since } = {}] = found
    assert.deepStrictEqual([route, lane, count, since], ["crm", "ios", 1234, 5 * hour])
  })

  it("tell of a lane without success within minutes, why, and what to do, and of none that waits for nothing", () => {
    const at = (now: number, changes?: Changes) => conditionsOf(failing(2 * hour, changes), now, limits)
    const success = 2 * hour
    const lane = { lastSuccess: success }
    assert.deepStrictEqual(keysOf(at(success + 59_000, { lane })), [])
    const found = at(success + 61_000, { lane })
    assert.deepStrictEqual(keysOf(found), ["no-success crm/ios"])
    assert.include(textOf(found), "lane ios of route crm has had no success for 1m 1s (no-answer)")
    assert.include(textOf(found), "cannot be reached")
    assert.notInclude(textOf(found), "planted")
    assert.strictEqual(found[0]?.since, success)
    assert.deepStrictEqual(keysOf(at(success + 61_000, { lane, stored: { waiting: 0 } })), [])
    const paused: GateState = { ...refused, reason: "paused" }
    assert.deepStrictEqual(keysOf(at(success + 61_000, { lane: { ...lane, gate: paused } })), [])
    // An attempt that hangs is no failure yet.
    const { failingSince: _, ...hanging } = status({ lane: { ...lane, underWay: 1 } }).lanes[0]!
    const hung = { ...status({ stored: { oldest: hour } }), lanes: [hanging] }
    assert.include(keysOf(conditionsOf(hung, success + 61_000, limits)), "no-success crm/ios")
  })

  it("tell of events that wait for long, and that retention nears at half of it and at nine tenths", () => {
    const at = (now: number) =>
      conditionsOf(status({ stored: { oldest: 0 } }), now, limits).map(({ key, level }) => [key, level])
    assert.deepStrictEqual(at(59 * minute), [])
    assert.deepStrictEqual(at(3 * day), [["late crm/ios", undefined]])
    assert.deepStrictEqual(at(4 * day), [
      ["late crm/ios", undefined],
      ["retention crm/ios", 0.5]
    ])
    assert.deepStrictEqual(at(6.5 * day)[1], ["retention crm/ios", 0.9])
  })

  it("tell of an outbox that is nearly full, and say nothing of an operator's own pause", () => {
    const lane = { gate: { ...refused, reason: "paused" } }
    const full = (bytes: number) =>
      keysOf(conditionsOf(status({ lane, usage: { bytes, limit: 100 } }), 0, limits))
    assert.deepStrictEqual(full(79), [])
    assert.deepStrictEqual(full(85), ["outbox-full"])
  })

  it("tell of a lane's share that is nearly filled, with what happens then", () => {
    const of = (size: number) => conditionsOf(status(), 0, { ...limits, shareOf: () => ({ size }) })
    assert.deepStrictEqual(keysOf(of(1200)), [])
    assert.deepStrictEqual(keysOf(of(1000)), ["share crm/ios"])
    assert.include(textOf(of(1000)), "90 % of what it may")
    assert.include(textOf(of(1000)), "the sources are held back")
  })

  it("tell of a source that is gone, cannot read files, leaves files unread, or is quiet", () => {
    const source = { source: "s3", problems: { count: 0, first: [] }, unread: { splits: 0 } } as const
    const of = (state: Partial<SourceState>, given = thresholds) =>
      conditionsOf(status({ sources: [{ ...source, state: "waiting", ...state }] }), hour, {
        ...limits,
        thresholds: given
      })
    assert.deepStrictEqual(of({}), [])
    const gone = of({ state: "gone", since: hour - 1000 })
    const finite = { ...status({ sources: [{ ...source, state: "failed" }] }), follows: false }
    assert.deepStrictEqual(conditionsOf(finite, hour, limits), [], "its exit code tells")
    assert.deepStrictEqual(keysOf(gone), ["source s3"])
    assert.include(textOf(gone), "source s3 is not there: put it back")
    assert.deepStrictEqual(of({ state: "gone", since: hour - 999 }), [])
    const problem = { split: "a.avro", reason: "replaced", detail: "planted", since: 0 }
    const problems = of({ problems: { count: 3, first: [problem] } })
    assert.deepStrictEqual(keysOf(problems), ["problems s3"])
    assert.include(textOf(problems), "source s3 cannot read 3 files (replaced)")
    assert.notInclude(textOf(problems), "planted")
    assert.deepStrictEqual(keysOf(of({ unread: { splits: 1, since: hour - 10 * minute } })), ["unread s3"])
    assert.deepStrictEqual(of({ unread: { splits: 1, since: hour - 9 * minute } }), [])
    const watchful = { ...thresholds, nothingReadFor: 30 * minute }
    assert.deepStrictEqual(keysOf(of({ lastRead: 29 * minute }, watchful)), ["nothing-read s3"])
    assert.deepStrictEqual(of({ lastRead: 31 * minute }, watchful), [])
  })
})

describe("alerts", () => {
  /** What is told when the exporter stands so, one after the other; hours apart unless it is said. */
  const told = (...steps: ReadonlyArray<readonly [at: number, state: Status]>) => {
    let memory = nothingTold
    return steps.map(([at, state]) => {
      const next = due(memory, conditionsOf(state, at, limits), state, at, day)
      memory = JSON.parse(JSON.stringify(next.told))
      return next.alerts.map(({ kind, condition, text }) => `${kind} ${condition}: ${text}`)
    })
  }

  it("come once for a change, again as reminders, and when it is over", () => {
    const well = status({ lane: { lastSuccess: 31 * hour } })
    const steps = told(
      [6 * hour, refusing],
      [7 * hour, refusing],
      [31 * hour, refusing],
      [32 * hour, well],
      [33 * hour, well]
    )
    const closed = steps.map((alerts) =>
      alerts.filter((text) => text.includes("closed:")).map((text) => text.split(":")[0])
    )
    assert.deepStrictEqual(closed, [["raised closed"], [], ["reminder closed"], ["healed closed"], []])
    assert.include(
      steps[3]?.join(),
      "lane ios of route crm is open again (1,234 events still wait), after 1d 2h"
    )
  })

  it("tell by their labels what they are of", () => {
    const { alerts } = due(nothingTold, conditionsOf(refusing, 5.5 * hour, limits), refusing, 5.5 * hour, day)
    assert.deepInclude(alerts[0], {
      kind: "raised",
      key: "closed crm/ios",
      condition: "closed",
      route: "crm",
      lane: "ios",
      count: 1234,
      since: "1970-01-01T05:00:00.000Z"
    })
  })

  it("tell at once that retention is nearer than was told", () => {
    const waits = status({ stored: { oldest: 0 } })
    const steps = told([4 * day, waits], [4.1 * day, waits], [6.4 * day, waits])
    const kinds = steps.map((alerts) => alerts.flatMap((text) => /^(\w+) retention/.exec(text)?.[1] ?? []))
    assert.deepStrictEqual(kinds, [["raised"], [], ["changed"]])
  })

  it("never call a thing over because its events died, but say so, until something is delivered", () => {
    const at = 10 * hour
    const dead = failing(at, { stored: { waiting: 0 }, expired: 1234 })
    const quiet = status({ stored: { waiting: 0 }, expired: 1234 })
    const well = status({ stored: { waiting: 0 }, expired: 1234, lane: { lastSuccess: at + 4 * hour } })
    const [first, second, third, restarted, last] = told(
      [at, failing(at)],
      [at + hour, dead],
      [at + 2 * hour, dead],
      [at + 3 * hour, quiet],
      [at + 5 * hour, well]
    )
    assert.match(first!.join(), /^raised no-success/)
    assert.include(
      second!.join("\n"),
      "changed no-success: lane ios of route crm is not well: it has delivered nothing"
    )
    assert.include(second!.join("\n"), "1,234 events that waited are dead letters now")
    assert.notInclude(second!.join("\n"), "healed")
    assert.deepStrictEqual([third, restarted], [[], []])
    assert.match(last!.join(), /^healed no-success: lane ios of route crm delivers again/)
  })

  it("do not call an outage over because the exporter was started again", () => {
    const at = 10 * hour
    const fresh = { ...status({ stored: { oldest: 5 * hour } }), started: at + minute }
    const steps = told([at, failing(at)], [at + minute, fresh])
    assert.notInclude(steps[1]!.join(), "healed no-success")
  })

  it("tell of new dead letters, not of each one, and when none are left", () => {
    const letters = (dead: number) => status({ dead })
    const steps = told(
      [hour, letters(3)],
      [hour + minute, letters(50)],
      [2 * hour, letters(50)],
      [3 * hour, letters(0)],
      [4 * hour, letters(0)]
    )
    assert.include(steps[0]!.join(), "raised dead-letters: 3 new dead letters")
    assert.deepStrictEqual(steps[1], [])
    assert.include(steps[2]!.join(), "changed dead-letters: 47 new dead letters")
    assert.include(steps[3]!.join(), "healed dead-letters")
    assert.deepStrictEqual(steps[4], [])
  })

  it("tell once that the exporter stops, however often it is started, and that it runs again", () => {
    const first = dueAtStop(nothingTold, "the disk is full", hour, day)
    assert.include(first.alerts[0]?.text, "the exporter has stopped: the disk is full; nothing is lost")
    const second = dueAtStop(first.told, "the disk is full", 2 * hour, day)
    assert.deepStrictEqual(second.alerts, [])
    const state = status()
    const runs = due(second.told, [], state, 3 * hour, day)
    assert.deepStrictEqual(
      runs.alerts.map(({ kind, key }) => [kind, key]),
      [["healed", "stopped"]]
    )
  })
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
  const run = (hook: string, smtp: string) =>
    Effect.gen(function* () {
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
