import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Exporter, Ledger, OutboxMemory, Source } from "@millrace/core"
import { mparticle } from "@millrace/destination-mparticle"
import * as Sample from "@millrace/events-braze/Sample"
import { time } from "@millrace/events-braze/Sample"
import * as Transport from "@millrace/http/Transport"
import { BatchSchema, Emulator } from "@millrace/mparticle-emulator"
import { Attempt } from "@millrace/testing"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { eventOf, everyFeed, open, pair, type Subject, typeNames } from "./support/subject.ts"

const feeds = Object.fromEntries(
  Object.keys(everyFeed).map((name) => [name, { key: `${name}-key`, secret: `${name}-secret` }])
)

const start = (options: Partial<Parameters<typeof Emulator.start>[0]> = {}) =>
  Emulator.start({ feeds, seed: 1, ...options })

/** A server that answers as told, and the requests it saw. */
const serve = (answer: (request: IncomingMessage, response: ServerResponse, body: string) => void) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<ReturnType<typeof createServer>>((resume) => {
        const server = createServer((request, response) => {
          let body = ""
          request.on("data", (chunk) => (body += chunk)).on("end", () => answer(request, response, body))
        })
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.sync(() => {
          server.close()
          server.closeAllConnections()
        })
    ),
    (server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  )

const two = [eventOf("users.messages.email.Open"), eventOf("users.canvas.Entry", 50)]

const attempt = (subject: Subject, lane = "ios") => Attempt.deliver(subject, two, lane)

/** The verdict on the attempt as a whole. */
const verdict = (subject: Subject, lane = "ios") =>
  Effect.map(Attempt.verdicts(subject, two, lane), ([outcome]) => outcome!)

const check = (subject: Subject) => Attempt.check(subject, "ios")

describe("an attempt", () => {
  it.live.each([false, true])(
    "delivers all messages, with the feed's own key, in one valid body (%s)",
    (faithful) =>
      Effect.gen(function* () {
        const emulator = yield* start({ faithful })
        const subject = open({ baseUrl: emulator.url })
        for (const lane of ["ios", "android", "web", "unbound"]) {
          const outcomes = yield* attempt(subject, lane)
          assert.deepStrictEqual(
            outcomes.values.map(({ _tag }) => _tag),
            ["Delivered", "Delivered"]
          )
          assert.strictEqual(emulator.state().feeds[lane]?.distinctEvents, 2)
          assert.strictEqual(outcomes.usage, 0)
        }
        const [request] = emulator.requests()
        assert.strictEqual(request?.path, "/v2/bulkevents")
        assert.strictEqual(request?.headers["content-type"], "application/json")
        assert.strictEqual(request?.headers["user-agent"], "@millrace/destination-mparticle")
        for (const header of ["traceparent", "b3", "content-encoding"])
          assert.notProperty(request?.headers, header)
        assert.deepStrictEqual(BatchSchema.validateBulk(JSON.parse(request?.body ?? "")), [])
      })
  )

  it.live("is recognised as a repeat by mParticle when it is made again", () =>
    Effect.gen(function* () {
      const emulator = yield* start()
      const subject = open({ baseUrl: emulator.url })
      yield* attempt(subject)
      yield* attempt(open({ baseUrl: emulator.url }))
      const { accepted, conflicting, duplicates } = emulator.state().totals
      assert.deepStrictEqual(
        { accepted, conflicting, duplicates },
        { accepted: 2, conflicting: 0, duplicates: 2 }
      )
    })
  )

  it.live("answered at a wrong address is a retry, as late as asked, and the detail quotes it", () =>
    Effect.gen(function* () {
      const failures = [{ kind: "status", status: 404, retryAfter: { seconds: 9 } }] as const
      const emulator = yield* start({ failures })
      const outcome = yield* verdict(open({ baseUrl: emulator.url }))
      if (outcome._tag !== "Retry") return assert.fail(outcome._tag)
      assert.strictEqual(outcome.reason, "wrong-address")
      assert.match(outcome.detail ?? "", /HTTP 404.*failure on demand/)
      assert.strictEqual(Duration.toMillis(outcome.after ?? 0), 9000)
    })
  )

  it.live("refused for its key says which feed and what to look at", () =>
    Effect.gen(function* () {
      const emulator = yield* start()
      const subject = open(
        { baseUrl: emulator.url },
        { apps: [{ appId: "a1", feed: "ios", ...pair("hunter") }] }
      )
      const outcome = yield* verdict(subject, "app:a1")
      assert.strictEqual(outcome._tag, "Unauthorized")
      assert.include(
        Reflect.get(outcome, "detail"),
        "mParticle refused the key of feed app:a1; check its key, secret"
      )
    })
  )

  it.live.each([
    { limit: "org", scope: "destination" },
    { limit: '"account"', scope: "destination" },
    { limit: "'Workspace'", scope: "destination" },
    { limit: "system", scope: "destination" },
    { limit: "app", scope: "lane" },
    { limit: '"feed"', scope: "lane" },
    { limit: "acceleration", scope: "lane" },
    { limit: "anything", scope: "lane" }
  ])("throttled by the limit $limit waits in the $scope", ({ limit, scope }) =>
    Effect.gen(function* () {
      const emulator = yield* start({ failures: [{ kind: "status", status: 429, scope: limit }] })
      const outcome = yield* verdict(open({ baseUrl: emulator.url }))
      if (outcome._tag !== "Retry") return assert.fail(outcome._tag)
      assert.strictEqual(outcome.scope, scope)
      assert.isUndefined(outcome.after)
      assert.include(outcome.detail, "limit ")
    })
  )

  it.live("answered with any 2xx is delivered whatever else the body says, with the usage it tells", () =>
    Effect.gen(function* () {
      const used = new Map<number, string>([
        [200, "45"],
        [201, '"45.5"'],
        [202, "120%"],
        [203, "a lot"],
        [206, "-1"]
      ])
      const seen: Array<number | undefined> = []
      for (const [status, value] of used) {
        const url = yield* serve((_, response) => {
          response.writeHead(status, { "X-mp-rate-limit-percentage-used": value }).end('{"errors": [nonsense')
        })
        const outcomes = yield* attempt(open({ baseUrl: url }))
        assert.isTrue(outcomes.values.every(({ _tag }) => _tag === "Delivered"))
        seen.push(outcomes.usage)
      }
      assert.deepStrictEqual(seen, [0.45, 0.455, 1, undefined, undefined])
    })
  )

  it.live("answered by a web page is not delivered, whatever its status", () =>
    Effect.gen(function* () {
      const url = yield* serve((_, response) => {
        response.writeHead(200, { "content-type": "text/html" }).end("<html>Please log in</html>")
      })
      const outcome = yield* verdict(open({ baseUrl: url }))
      assert.deepStrictEqual([outcome._tag, Reflect.get(outcome, "reason")], ["Retry", "wrong-address"])
    })
  )

  it.live("goes below a base URL that has a path", () =>
    Effect.gen(function* () {
      const paths: Array<string | undefined> = []
      const url = yield* serve((request, response) => {
        paths.push(request.url)
        response.writeHead(202).end()
      })
      yield* attempt(open({ baseUrl: `${url}/s2s/` }))
      yield* attempt(open({ baseUrl: `${url}/s2s` }))
      assert.deepStrictEqual(paths, ["/s2s/v2/bulkevents", "/s2s/v2/bulkevents"])
    })
  )

  it.effect("to the historical endpoint waits until no event of it can be too young", () =>
    Effect.gen(function* () {
      const paths: Array<string> = []
      const fake: Transport.Transport = {
        open: () =>
          Effect.succeed({
            send: ({ path }) =>
              Effect.sync(() => ({
                status: paths.push(path) * 0 + 202,
                headers: {},
                body: "",
                truncated: false
              }))
          })
      }
      const before = "2026-06-29T00:00:00Z"
      const subject = open({ historicalBefore: before })
      const lane = "ios:historical"
      const run = Effect.provideService(verdict(subject, lane), Transport.Transport, fake)
      yield* TestClock.setTime(Date.parse(before) + 71 * 3_600_000)
      const early = yield* run
      if (early._tag !== "Retry") return assert.fail(early._tag)
      assert.strictEqual(early.reason, "too-recent")
      assert.strictEqual(Duration.toMillis(early.after ?? 0), 3_600_000)
      assert.include(early.detail, "2026-07-02T00:00:00.000Z")
      assert.deepStrictEqual(paths, [])
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* run)._tag, "Delivered")
      assert.deepStrictEqual(paths, ["/v2/bulkevents/historical"])
    })
  )
})

describe("check", () => {
  it.live("passes with a key that mParticle takes, and sends no event", () =>
    Effect.gen(function* () {
      const emulator = yield* start()
      yield* check(open({ baseUrl: emulator.url }))
      assert.strictEqual(emulator.state().totals.events, 0)
      assert.strictEqual(emulator.requests()[0]?.body, "[]")
      for (const status of [400, 413, 429, 503]) {
        emulator.fail([{ kind: "status", status }])
        yield* check(open({ baseUrl: emulator.url }))
      }
    })
  )

  it.live("fails at a wrong address, and without an answer", () =>
    Effect.gen(function* () {
      const emulator = yield* start({ failures: [{ kind: "status", status: 404, count: 1 }] })
      const failure = Effect.flip(check(open({ baseUrl: emulator.url })))
      assert.strictEqual(Reflect.get((yield* failure).outcome, "reason"), "wrong-address")
      emulator.fail([{ kind: "reset-before" }])
      const { outcome } = yield* failure
      assert.strictEqual(Reflect.get(outcome, "reason"), "no-answer")
      assert.include(Reflect.get(outcome, "detail"), emulator.url)
    })
  )
})

describe.each([
  ["stricter than the service", false],
  ["as documented", true]
])("an export of Braze events to an mParticle that is %s", (_, faithful) => {
  const sample = Sample.make({ seed: 3, users: 40 })
  const events = Array.from({ length: 1060 }, (_, index) =>
    sample.event(typeNames[index % typeNames.length]!, index, time + index * 1000)
  )
  const run = (destination: ReturnType<typeof mparticle>) =>
    Exporter.from(Source.fromArray(events))
      .route("crm")
      .to(destination)
      .run.pipe(Effect.provide(OutboxMemory.layer))

  it.live("reaches every feed through trouble: nothing lost, nothing double, everything counted", () =>
    Effect.gen(function* () {
      const emulator = yield* start({
        faithful,
        failures: [
          { kind: "status", status: 503, count: 2 },
          { kind: "reset-after", count: 2 },
          { kind: "status", status: 400, count: 1 }
        ]
      })
      const ledger = yield* run(mparticle({ settings: { baseUrl: emulator.url }, credentials: everyFeed }))
      const { crm } = ledger.routes
      assert.deepStrictEqual(Ledger.imbalance(ledger), [])
      assert.deepStrictEqual([crm?.dead, crm?.waiting], [{}, {}])
      assert.deepStrictEqual(Object.keys(crm?.filtered ?? {}), ["not-selected"])
      assert.deepStrictEqual(Object.keys(crm?.skipped ?? {}), ["anonymous"])
      const state = emulator.state()
      for (const lane of ["ios", "android", "web", "unbound"]) {
        assert.isAbove(crm?.delivered[lane] ?? 0, 0, lane)
        assert.strictEqual(state.feeds[lane]?.events, crm?.delivered[lane])
      }
      assert.strictEqual(state.totals.distinctEvents, state.totals.events)
      assert.strictEqual(state.totals.conflicting + state.totals.dropped, 0)
    })
  )

  it.live("takes fewer mParticle batches when grouped by user", () =>
    Effect.gen(function* () {
      const emulator = yield* start({ faithful })
      const settings = { baseUrl: emulator.url, grouping: "user", window: "50 millis" } as const
      const ledger = yield* run(mparticle({ settings, credentials: everyFeed }))
      assert.deepStrictEqual(Ledger.imbalance(ledger), [])
      const {
        accepted,
        conflicting,
        distinctEvents,
        duplicates,
        events: sent,
        refused,
        dropped
      } = emulator.state().totals
      const delivered = Object.values(ledger.routes["crm"]?.delivered ?? {}).reduce(
        (sum, count) => sum + count,
        0
      )
      assert.deepStrictEqual([sent, distinctEvents, conflicting, duplicates], [delivered, delivered, 0, 0])
      assert.deepStrictEqual([refused, dropped], [{}, 0])
      assert.isBelow(accepted, delivered / 2)
    })
  )

  it.live("keeps one feed's refusal from the others and holds what has no key", () =>
    Effect.gen(function* () {
      const emulator = yield* start({ faithful })
      const credentials = { ios: pair("ios"), android: pair("stranger"), unbound: pair("unbound") }
      const ledger = yield* run(
        mparticle({ settings: { baseUrl: emulator.url, missingFeed: "hold" }, credentials })
      )
      assert.deepStrictEqual(Ledger.imbalance(ledger), [])
      const { crm } = ledger.routes
      assert.deepStrictEqual(Object.keys(crm?.delivered ?? {}).sort(), ["ios", "unbound"])
      assert.deepStrictEqual(Object.keys(crm?.waiting ?? {}).sort(), ["android", "web"])
    })
  )
})
