import { assert, describe, it } from "@effect/vitest"
import { bare } from "@millrace/events-braze/Sample"
import { Attempt, FaultyRemote } from "@millrace/testing"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { open, type Track, writeKey } from "./support/subject.ts"

type Answer = FaultyRemote.Answer

const yes: Answer = { status: 200, body: '{"success":true}' }

const start = (answer: (request: FaultyRemote.Request) => Answer = () => yes) =>
  FaultyRemote.start({ answer })

const two = [bare("users.messages.email.Open"), bare("users.canvas.Entry")]

/** The verdict on the attempt as a whole. */
const answered = (answer: Answer) =>
  Effect.flatMap(
    start(() => answer),
    ({ origin }) =>
      Effect.map(Effect.flip(Attempt.deliver(open({ baseUrl: origin }), two)), ({ outcome }) => outcome)
  )

describe("an attempt", () => {
  it.live("posts a batch of track calls with the write key as the user name", () =>
    Effect.gen(function* () {
      const remote = yield* start()
      const outcomes = yield* Attempt.deliver(open({ baseUrl: remote.origin }), two)
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

  it.live("answered at a wrong address is a retry, as late as asked, and the detail quotes it", () =>
    Effect.gen(function* () {
      const outcome = yield* answered({ status: 404, headers: { "retry-after": "9" }, body: "no more" })
      if (outcome._tag !== "Retry") return assert.fail(outcome._tag)
      assert.strictEqual(outcome.reason, "wrong-address")
      assert.include(outcome.detail, "HTTP 404: no more")
      assert.strictEqual(Duration.toMillis(outcome.after ?? 0), 9000)
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

  it.live("goes below a base URL that has a path", () =>
    Effect.gen(function* () {
      const remote = yield* start()
      for (const path of ["/segment", "/segment/"])
        yield* Attempt.deliver(open({ baseUrl: remote.origin + path }), two)
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
      yield* Attempt.check(subject)
      for (const status of [400, 413, 429, 503]) {
        remote.script([{ kind: "answer", answer: { status } }])
        yield* Attempt.check(subject)
      }
      for (const { request } of remote.exchanges()) assert.strictEqual(request.body, '{"batch":[]}')
      const { checkNote } = yield* Effect.scoped(subject.connect("main"))
      assert.include(checkNote, "under any write key")
    })
  )

  it.live("fails at a wrong address, and without an answer", () =>
    Effect.gen(function* () {
      const remote = yield* start(() => ({ status: 404 }))
      const failure = Effect.flip(Attempt.check(open({ baseUrl: remote.origin })))
      assert.strictEqual(Reflect.get((yield* failure).outcome, "reason"), "wrong-address")
      remote.script([{ kind: "reset-before" }])
      const { outcome } = yield* failure
      assert.strictEqual(Reflect.get(outcome, "reason"), "no-answer")
      assert.include(Reflect.get(outcome, "detail"), remote.origin)
    })
  )
})
