import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Exporter, Ledger, type Message, OutboxMemory, Source } from "@millrace/core"
import * as Sample from "@millrace/events-braze/Sample"
import { FaultyRemote } from "@millrace/testing"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import {
  destination,
  eventOf,
  open,
  type Subject,
  type Track,
  time,
  trackOf,
  typeNames,
  writeKey
} from "./support/subject.ts"

type Answer = FaultyRemote.Answer

const yes: Answer = { status: 200, body: '{"success":true}' }

const start = (answer: (request: FaultyRemote.Request) => Answer = () => yes) =>
  FaultyRemote.start({ answer })

const two = [eventOf("users.messages.email.Open"), eventOf("users.canvas.Entry", 50)]

/** The events as the core would send them. */
const batchOf = (subject: Subject): Message.Batch => {
  const tracks = two.map((event) => trackOf(subject, event))
  return {
    lane: "main",
    ids: tracks.map(({ messageId }) => messageId),
    events: tracks.length,
    body: new TextEncoder().encode(`{"batch":[${tracks.map((track) => JSON.stringify(track)).join(",")}]}`)
  }
}

const attempt = (subject: Subject) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { deliver, envelope } = yield* subject.connect("main")
      assert.deepStrictEqual(envelope, { open: '{"batch":[', separator: ",", close: "]}" })
      return yield* deliver(batchOf(subject))
    })
  )

/** The verdict on the attempt as a whole. */
const verdict = (subject: Subject) =>
  Effect.map(Effect.result(attempt(subject)), (result) =>
    Result.isFailure(result) ? result.failure.outcome : result.success.values[0]!
  )

const answered = (answer: Answer) =>
  Effect.flatMap(
    start(() => answer),
    ({ origin }) => verdict(open({ baseUrl: origin }))
  )

const check = (subject: Subject) =>
  Effect.scoped(Effect.flatMap(subject.connect("main"), (connection) => connection.check))

describe("an attempt", () => {
  it.live("posts a batch of track calls with the write key as the user name", () =>
    Effect.gen(function* () {
      const remote = yield* start()
      const outcomes = yield* attempt(open({ baseUrl: remote.origin }))
      assert.deepStrictEqual(
        outcomes.values.map(({ _tag }) => _tag),
        ["Delivered", "Delivered"]
      )
      const [exchange] = remote.exchanges()
      const { body, headers, method, path } = exchange!.request
      assert.deepStrictEqual([method, path], ["POST", "/v1/batch"])
      assert.strictEqual(headers["authorization"], `Basic ${Buffer.from(`${writeKey}:`).toString("base64")}`)
      assert.strictEqual(headers["content-type"], "application/json")
      for (const header of ["traceparent", "b3", "content-encoding"]) assert.notProperty(headers, header)
      const sent: { readonly batch: ReadonlyArray<Track> } = JSON.parse(body)
      assert.deepStrictEqual(
        sent.batch.map(({ messageId }) => messageId),
        two.map(({ id }) => id)
      )
    })
  )

  it.live.each([
    { status: 301, expected: ["Retry", "wrong-address"] },
    { status: 307, expected: ["Retry", "wrong-address"] },
    { status: 400, expected: ["Rejected", "bad-request"] },
    { status: 401, expected: ["Unauthorized", "unauthorized"] },
    { status: 403, expected: ["Unauthorized", "unauthorized"] },
    { status: 404, expected: ["Retry", "wrong-address"] },
    { status: 405, expected: ["Retry", "wrong-address"] },
    { status: 408, expected: ["Retry", "unavailable"] },
    { status: 413, expected: ["TooLarge", undefined] },
    { status: 422, expected: ["Rejected", "bad-request"] },
    { status: 429, expected: ["Retry", "throttled"] },
    { status: 500, expected: ["Retry", "unavailable"] },
    { status: 503, expected: ["Retry", "unavailable"] }
  ])("answered $status is $expected, and the detail quotes it", ({ expected, status }) =>
    Effect.gen(function* () {
      const outcome = yield* answered({ status, headers: { "retry-after": "9" }, body: "no more" })
      assert.deepStrictEqual([outcome._tag, Reflect.get(outcome, "reason")], expected)
      assert.match(Reflect.get(outcome, "detail"), new RegExp(`HTTP ${status}: no more`))
      if (outcome._tag === "Retry") assert.strictEqual(Duration.toMillis(outcome.after ?? 0), 9000)
    })
  )

  it.live("answered 400 for its key is no fault of the events", () =>
    Effect.gen(function* () {
      for (const said of ["Invalid writeKey", "missing write key"]) {
        const outcome = yield* answered({ status: 400, body: JSON.stringify({ message: said }) })
        assert.strictEqual(outcome._tag, "Unauthorized", said)
      }
    })
  )

  it.live("throttled waits for Retry-After, else until the limit is reset", () =>
    Effect.gen(function* () {
      const after = (headers: Record<string, string>) =>
        Effect.map(answered({ status: 429, headers }), (outcome) =>
          outcome._tag === "Retry" && outcome.after !== undefined
            ? Duration.toMillis(outcome.after)
            : undefined
        )
      assert.strictEqual(yield* after({ "retry-after": "7", "x-ratelimit-reset": "60" }), 7000)
      assert.strictEqual(yield* after({ "x-ratelimit-reset": "60" }), 60_000)
      assert.strictEqual(yield* after({}), undefined)
    })
  )

  it.live("answered by a web page is not delivered, whatever its status", () =>
    Effect.gen(function* () {
      const outcome = yield* answered({
        status: 200,
        headers: { "content-type": "text/html; charset=utf-8" },
        body: "<html>Please log in</html>"
      })
      assert.deepStrictEqual([outcome._tag, Reflect.get(outcome, "reason")], ["Retry", "wrong-address"])
    })
  )

  it.live("without an answer is a retry that tells why and where", () =>
    Effect.gen(function* () {
      const remote = yield* start()
      for (const kind of ["reset-before", "cut-answer", "nonsense"] as const) {
        remote.script([{ kind }])
        const outcome = yield* verdict(open({ baseUrl: remote.origin }))
        assert.deepStrictEqual([outcome._tag, Reflect.get(outcome, "reason")], ["Retry", "no-answer"], kind)
        assert.include(Reflect.get(outcome, "detail"), remote.origin)
      }
    })
  )

  it.live("leaves no secret in an error, a connection or the destination", () =>
    Effect.gen(function* () {
      const echo = yield* start(({ headers }) => ({
        status: 400,
        body: `the key ${writeKey} as ${headers["authorization"]?.replace("Basic", "")}`
      }))
      const subject = open({ baseUrl: echo.origin })
      const error = yield* Effect.flip(attempt(subject))
      const connection = yield* subject.connect("main")
      const basic = Buffer.from(`${writeKey}:`).toString("base64")
      for (const value of [error, connection, subject, destination()]) {
        const shown = inspect(value, { depth: 20, showHidden: true }) + JSON.stringify(value)
        for (const secret of [writeKey, basic]) assert.notInclude(shown, secret)
      }
      assert.include(error.message, "the key *** as  ***")
    })
  )

  it.live("goes below a base URL that has a path", () =>
    Effect.gen(function* () {
      const remote = yield* start()
      for (const path of ["/segment", "/segment/"]) yield* attempt(open({ baseUrl: remote.origin + path }))
      assert.deepStrictEqual(
        remote.exchanges().map(({ request }) => request.path),
        ["/segment/v1/batch", "/segment/v1/batch"]
      )
    })
  )
})

describe("check", () => {
  it.live("passes where Segment answers, sends no event, and says what it cannot tell", () =>
    Effect.gen(function* () {
      const remote = yield* start()
      const subject = open({ baseUrl: remote.origin })
      yield* check(subject)
      for (const status of [400, 413, 429, 503]) {
        remote.script([{ kind: "answer", answer: { status } }])
        yield* check(subject)
      }
      for (const { request } of remote.exchanges()) assert.strictEqual(request.body, '{"batch":[]}')
      const { checkNote } = yield* Effect.scoped(subject.connect("main"))
      assert.include(checkNote, "under any write key")
    })
  )

  it.live("fails for a refused key, a wrong address, and without an answer", () =>
    Effect.gen(function* () {
      const remote = yield* start()
      const failed = (fault: FaultyRemote.Fault) => {
        remote.script([fault])
        return Effect.map(Effect.flip(check(open({ baseUrl: remote.origin }))), ({ outcome }) =>
          Reflect.get(outcome, "reason")
        )
      }
      assert.strictEqual(yield* failed({ kind: "answer", answer: { status: 401 } }), "unauthorized")
      assert.strictEqual(yield* failed({ kind: "answer", answer: { status: 404 } }), "wrong-address")
      assert.strictEqual(yield* failed({ kind: "reset-before" }), "no-answer")
    })
  )
})

describe("an export of Braze events", () => {
  it.live("reaches Segment through trouble: nothing lost, what is refused alone, everything counted", () =>
    Effect.gen(function* () {
      const sample = Sample.make({ seed: 3, users: 40 })
      const events = Array.from({ length: 1060 }, (_, index) =>
        sample.event(typeNames[index % typeNames.length]!, index, time + index * 1000)
      )
      const culprit = events.find(
        ({ type, user }) => type === "users.canvas.Entry" && user.externalId !== undefined
      )!
      const taken = new Map<string, number>()
      // As Segment does: 400 for the request as a whole, 200 for anything else.
      const remote = yield* start(({ body }) => {
        const { batch }: { readonly batch: ReadonlyArray<Track> } = JSON.parse(body)
        if (batch.some(({ messageId }) => messageId === culprit.id)) return { status: 400, body: "no" }
        for (const { messageId } of batch) taken.set(messageId, (taken.get(messageId) ?? 0) + 1)
        return yes
      })
      remote.script([
        { kind: "answer", answer: { status: 503 } },
        { kind: "answer", answer: { status: 429, headers: { "retry-after": "0" } } },
        { kind: "reset-before" }
      ])
      const ledger = yield* Exporter.from(Source.fromArray(events))
        .route("cdp")
        .to(destination({ baseUrl: remote.origin }))
        .run.pipe(Effect.provide(OutboxMemory.layer))
      const { cdp } = ledger.routes
      assert.deepStrictEqual(Ledger.imbalance(ledger), [])
      assert.deepStrictEqual([cdp?.dead, cdp?.waiting], [{ "bad-request": 1 }, {}])
      assert.deepStrictEqual(Object.keys(cdp?.filtered ?? {}), ["not-selected"])
      assert.deepStrictEqual(Object.keys(cdp?.skipped ?? {}), ["anonymous"])
      assert.isAbove(taken.size, 500)
      assert.strictEqual(cdp?.delivered["main"], taken.size)
      assert.isTrue([...taken.values()].every((times) => times === 1))
    })
  )
})
