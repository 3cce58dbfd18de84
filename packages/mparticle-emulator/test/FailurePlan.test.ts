import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { Emulator, FailurePlan } from "../src/index.ts"
import { basic, bulk, feeds, request, send, until, web } from "./support/remote.ts"

const start = (...failures: FailurePlan.FailurePlan) => Emulator.start({ feeds, seed: 7, failures })

/** Statuses of some requests, in their order. */
const statuses = (url: string, count: number, authorization?: string) =>
  Effect.forEach(Array.from({ length: count }), (_, index) =>
    Effect.map(
      send(url, bulk(`b${index}`), authorization === undefined ? {} : { authorization }),
      ({ status }) => status
    )
  )

describe("each kind is seen by a client", () => {
  it.live.each([
    [401, undefined],
    [403, undefined],
    [429, "account"],
    [500, undefined],
    [503, undefined]
  ] as const)("status %d", ([status, scope]) =>
    Effect.gen(function* () {
      const { state, url } = yield* start({
        kind: "status",
        status,
        ...(scope === undefined ? {} : { scope })
      })
      const answer = yield* send(url, bulk("a"))
      expect(answer.status).toBe(status)
      expect(answer.headers.get("x-mp-rate-limit-exceeded")).toBe(scope ?? null)
      expect(JSON.parse(answer.text).errors[0].message).toBe("failure on demand")
      expect(state().feeds["ios"]).toMatchObject({ requests: 1, accepted: 0, refused: { [status]: 1 } })
    })
  )

  it.live("a status with a body of one's own", () =>
    Effect.gen(function* () {
      const { url } = yield* start({ kind: "status", status: 502, body: "<html>" })
      expect((yield* send(url, bulk("a"))).text).toBe("<html>")
    })
  )

  it.effect.each([
    ["seconds", "7"],
    ["date", "Thu, 01 Jan 2026 00:00:07 GMT"],
    ["junk", "soon"]
  ] as const)("Retry-After as %s", ([form, expected]) =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 0, 1))
      const { url } = yield* start({ kind: "status", status: 429, retryAfter: { seconds: 7, form } })
      expect((yield* send(url, bulk("a"))).headers.get("retry-after")).toBe(expected)
    })
  )

  it.live("a reset before the body is read: nothing is kept", () =>
    Effect.gen(function* () {
      const { requests, state, url } = yield* start({ kind: "reset-before", count: 1 })
      expect(yield* Effect.flip(send(url, bulk("a")))).toMatch(/ECONNRESET|UND_ERR_SOCKET|EPIPE/)
      expect(requests()).toMatchObject([{ status: null, body: "", failure: "reset-before", feed: "ios" }])
      yield* send(url, bulk("a"))
      expect(state().totals).toMatchObject({ requests: 2, accepted: 1, duplicates: 0, unanswered: 1 })
    })
  )

  it.live("a reset after acceptance: the batches are kept, so a repeat is a duplicate", () =>
    Effect.gen(function* () {
      const { requests, state, url } = yield* start({ kind: "reset-after", count: 1 })
      expect(yield* Effect.flip(send(url, bulk("a", "b")))).toMatch(/ECONNRESET|UND_ERR_SOCKET/)
      expect(requests()).toMatchObject([{ status: 202, failure: "reset-after" }])
      yield* send(url, bulk("a", "b"))
      expect(state().totals).toMatchObject({ accepted: 2, duplicates: 2, conflicting: 0, unanswered: 1 })
    })
  )

  it.live("nonsense: bytes that are no HTTP, and nothing is kept", () =>
    Effect.gen(function* () {
      const { state, url } = yield* start({ kind: "nonsense" })
      expect(yield* Effect.flip(send(url, bulk("a")))).toBe("HTTPParserError")
      expect(state().totals).toMatchObject({ accepted: 0, unanswered: 1 })
    })
  )

  it.effect("a hang: no answer for its time, then a reset, and nothing is kept", () =>
    Effect.gen(function* () {
      const { state, url } = yield* start({ kind: "hang", wait: "30 seconds" })
      const fiber = yield* Effect.forkChild(Effect.flip(send(url, bulk("a"))))
      yield* until(() => state().totals.unanswered === 1)
      yield* TestClock.adjust("29 seconds")
      expect(fiber.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust("1 second")
      expect(yield* Fiber.join(fiber)).toMatch(/ECONNRESET|UND_ERR_SOCKET/)
      expect(state().totals.accepted).toBe(0)
    })
  )

  it.effect("a slow answer: the batches are kept at once, the answer comes after its time", () =>
    Effect.gen(function* () {
      const { state, url } = yield* start({ kind: "slow-answer", wait: 5_000 })
      const fiber = yield* Effect.forkChild(send(url, bulk("a")))
      yield* until(() => state().totals.accepted === 1)
      yield* TestClock.adjust("4 seconds")
      expect(fiber.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust("1 second")
      expect((yield* Fiber.join(fiber)).status).toBe(202)
    })
  )

  it.effect("a slow body: the head comes at once, the body in pieces over its time", () =>
    Effect.gen(function* () {
      const { url } = yield* start({ kind: "slow-body", wait: "10 seconds" })
      const response = yield* request(url, bulk("a"))
      expect(response.status).toBe(202)
      const body = yield* Effect.forkChild(Effect.promise(() => response.text()))
      yield* TestClock.adjust("9 seconds")
      expect(body.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust("1 second")
      expect(JSON.parse(yield* Fiber.join(body))).toEqual({})
    })
  )
})

describe("a client that gives up", () => {
  it.effect.each(["hang", "slow-answer", "slow-body"] as const)("during a %s does no harm", (kind) =>
    Effect.gen(function* () {
      const { requests, url } = yield* start({ kind, wait: "10 seconds", count: 1 })
      const fiber = yield* Effect.forkChild(
        Effect.promise((signal) =>
          fetch(`${url}/v2/bulkevents`, {
            method: "POST",
            headers: { authorization: web },
            body: bulk("a"),
            signal
          }).then((it) => it.text())
        )
      )
      yield* until(() => requests().length === 1)
      yield* Fiber.interrupt(fiber)
      expect(yield* statuses(url, 1)).toEqual([202])
      yield* TestClock.adjust("10 seconds")
      expect(yield* statuses(url, 1)).toEqual([202])
    })
  )
})

describe("a rule takes only what it names", () => {
  it.live("one feed, a number of times", () =>
    Effect.gen(function* () {
      const { state, url } = yield* start({ kind: "status", status: 503, feed: "web", count: 2 })
      expect(yield* statuses(url, 2)).toEqual([202, 202])
      yield* send(url, "", { method: "GET", path: "/favicon.ico", authorization: web })
      expect(state().failures[0]?.left).toBe(2)
      expect(yield* statuses(url, 4, web)).toEqual([503, 503, 202, 202])
      expect(state().failures).toEqual([])
    })
  )

  it.effect("for a time", () =>
    Effect.gen(function* () {
      const { state, url } = yield* start({ kind: "status", status: 500, duration: "1 minute" })
      expect(yield* statuses(url, 1)).toEqual([500])
      yield* TestClock.adjust("59 seconds")
      expect(yield* statuses(url, 1)).toEqual([500])
      yield* TestClock.adjust("1 second")
      expect(state().failures).toEqual([])
      expect(yield* statuses(url, 1)).toEqual([202])
    })
  )

  it.live(
    "the first rule that takes a request decides; without credentials only rules for all feeds do",
    () =>
      Effect.gen(function* () {
        const { url } = yield* start(
          { kind: "status", status: 500, feed: "ios", count: 1 },
          { kind: "status", status: 503, count: 2 }
        )
        const unknown = basic("nobody", "x")
        expect(yield* statuses(url, 1, unknown)).toEqual([503])
        expect(yield* statuses(url, 3)).toEqual([500, 503, 202])
      })
  )
})

describe("chance", () => {
  it.live("the same seed and requests give the same failures, whatever other feeds do meanwhile", () =>
    Effect.gen(function* () {
      const rule = { kind: "status", status: 503, rate: 0.5 } as const
      const run = Effect.fnUntraced(function* (seed: number, disturbed: boolean) {
        const { url } = yield* Emulator.start({ feeds, seed, failures: [rule] })
        const first = yield* statuses(url, 15)
        if (disturbed) yield* statuses(url, 5, web)
        return [...first, ...(yield* statuses(url, 15))]
      }, Effect.scoped)
      const calm = yield* run(7, false)
      expect(yield* run(7, true)).toEqual(calm)
      expect(yield* run(8, false)).not.toEqual(calm)
      expect(new Set(calm)).toEqual(new Set([202, 503]))
    })
  )

  it("a rate is a share, and so is that of Retry-After", () => {
    const standing = FailurePlan.begin(
      [{ kind: "status", status: 503, rate: 0.2, retryAfter: { seconds: 1, share: 0.5 } }],
      0
    )
    let row = 1
    const random = () => {
      row = (row * 48_271) % 2_147_483_647
      return row / 2_147_483_647
    }
    const actions = Array.from({ length: 10_000 }, () =>
      FailurePlan.decide(standing, { feed: "ios", at: 0 }, random)
    ).flatMap(({ action }) => (action?.kind === "status" ? [action] : []))
    const told = actions.filter(({ headers }) => "Retry-After" in headers)
    expect(actions.length / 10_000).toBeCloseTo(0.2, 1)
    expect(told.length / actions.length).toBeCloseTo(0.5, 1)
  })
})

describe("while running", () => {
  it.live("a plan is set, seen and ended through the admin endpoint", () =>
    Effect.gen(function* () {
      const { state, url } = yield* start()
      const plan = (rules: unknown) => send(url, JSON.stringify(rules), { path: "/_emulator/failures" })
      expect(yield* statuses(url, 1)).toEqual([202])
      const set = yield* plan([
        { kind: "status", status: 503, retryAfter: { seconds: 2 }, duration: "1 hour" }
      ])
      expect(set.status).toBe(200)
      expect(JSON.parse(set.text)).toEqual(state())
      expect(state().failures).toMatchObject([{ rule: { status: 503 }, left: null }])
      expect(yield* statuses(url, 1)).toEqual([503])
      yield* plan([])
      expect(yield* statuses(url, 1)).toEqual([202])
    })
  )

  it.live("a plan that is wrong is refused by path and changes nothing", () =>
    Effect.gen(function* () {
      const { state, url } = yield* start({ kind: "nonsense", feed: "web" })
      const answer = yield* send(url, JSON.stringify([{ kind: "status", status: 503, often: 1 }]), {
        path: "/_emulator/failures"
      })
      expect(answer.status).toBe(400)
      expect(answer.text).toContain("0.often")
      expect(state().failures).toHaveLength(1)
    })
  )

  it.each([
    [{ kind: "explode" }],
    [{ kind: "status", status: 200 }],
    [{ kind: "hang" }],
    [{ kind: "hang", wait: "a while" }],
    [{ kind: "hang", wait: -1 }],
    [{ kind: "hang", wait: "Infinity" }],
    [{ kind: "nonsense", rate: 2 }],
    [{ kind: "nonsense", count: 0 }]
  ])("%o is no rule", (rule) => {
    expect(Schema.is(FailurePlan.Rule)(rule)).toBe(false)
  })
})
