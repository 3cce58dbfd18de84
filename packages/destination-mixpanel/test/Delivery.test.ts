import { assert, describe, it } from "@effect/vitest"
import type { Outcome } from "@millrace/core/Outcome"
import { bare } from "@millrace/events-braze/Sample"
import { Attempt, FaultyRemote } from "@millrace/testing"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { open, recordOf, token } from "./support/subject.ts"

type Answer = FaultyRemote.Answer

const reply = (status: number, body: object = {}): Answer => ({
  status,
  body: JSON.stringify({ code: status, ...body })
})

const start = (answer: (request: FaultyRemote.Request) => Answer = () => reply(200, { status: "OK" })) =>
  FaultyRemote.start({ answer })

const four = [1, 2, 3, 4].map((id) => ({ ...bare("users.messages.email.Open"), id: `id-${id}` }))

/** The verdict on the attempt as a whole: it fails where there is one on each event. */
const refused = (answer: Answer) =>
  Effect.flatMap(
    start(() => answer),
    ({ origin }) =>
      Effect.map(Effect.flip(Attempt.deliver(open({ baseUrl: origin }), four)), ({ outcome }) => outcome)
  )

/** The verdicts on each event of the batch. */
const answeredEach = (answer: Answer) =>
  Effect.flatMap(
    start(() => answer),
    ({ origin }) => Effect.map(Attempt.deliver(open({ baseUrl: origin }), four), ({ values }) => values)
  )

const say = (outcome: Outcome) => ("reason" in outcome ? `${outcome._tag} ${outcome.reason}` : outcome._tag)

const account = {
  serviceAccount: {
    username: Redacted.make("millrace.5f2a.mp-service-account"),
    secret: Redacted.make("hunter-secret")
  }
}

describe("an attempt", () => {
  it.live("posts an array of events to be judged strictly, with either kind of credentials", () =>
    Effect.gen(function* () {
      const remote = yield* start()
      const baseUrl = `${remote.origin}/m/`
      const outcomes = yield* Attempt.deliver(open({ baseUrl }), four)
      assert.deepStrictEqual(
        outcomes.values.map(say),
        four.map(() => "Delivered")
      )
      yield* Attempt.deliver(open({ baseUrl, projectId: 77 }, account), four)
      const [first, second] = remote.exchanges().map(({ request }) => request)
      assert.deepStrictEqual([first!.method, first!.path], ["POST", "/m/import?strict=1"])
      assert.strictEqual(second!.path, "/m/import?strict=1&project_id=77")
      const user = ({ headers }: FaultyRemote.Request) =>
        Buffer.from(headers["authorization"]!.replace("Basic ", ""), "base64").toString()
      assert.strictEqual(user(first!), `${token}:`)
      assert.strictEqual(user(second!), "millrace.5f2a.mp-service-account:hunter-secret")
      assert.strictEqual(first!.headers["content-type"], "application/json")
      for (const header of ["traceparent", "b3", "content-encoding"])
        assert.notProperty(first!.headers, header)
      assert.deepStrictEqual(
        JSON.parse(first!.body),
        four.map((event) => recordOf(open(), event))
      )
    })
  )

  it.live("answered at a wrong address is a retry, as late as asked, and the detail quotes it", () =>
    Effect.gen(function* () {
      const outcome = yield* refused({ status: 404, headers: { "retry-after": "9" }, body: "no more" })
      if (outcome._tag !== "Retry") return assert.fail(outcome._tag)
      assert.strictEqual(outcome.reason, "wrong-address")
      assert.include(outcome.detail, "HTTP 404: no more")
      assert.strictEqual(Duration.toMillis(outcome.after ?? 0), 9000)
    })
  )

  it.live("answered 400 with failed records gives up those, the others are delivered", () =>
    Effect.gen(function* () {
      const values = yield* answeredEach(
        reply(400, {
          error: "some data points in the request failed validation",
          num_records_imported: 2,
          failed_records: [
            { index: 1, insert_id: four[1]!.id, field: "properties.time", message: "is invalid" },
            { index: 3, $insert_id: four[3]!.id, field: "properties.a", message: "too long" },
            { index: 3, $insert_id: four[3]!.id, field: "properties.b" }
          ]
        })
      )
      const bad = "Rejected bad-request"
      assert.deepStrictEqual(values.map(say), ["Delivered", bad, "Delivered", bad])
      assert.strictEqual(Reflect.get(values[1]!, "detail"), "properties.time: is invalid")
      assert.strictEqual(Reflect.get(values[3]!, "detail"), "properties.a: too long; properties.b")
      const bare = yield* answeredEach(reply(400, { failed_records: [{ index: 0 }] }))
      assert.deepStrictEqual(bare.map(say), [bad, "Delivered", "Delivered", "Delivered"])
    })
  )

  it.live(
    "answered 400 with records that do not add up is refused as a whole, and nothing counts as taken",
    () =>
      Effect.gen(function* () {
        const good = { index: 0, insert_id: four[0]!.id }
        const bodies = [
          {},
          { failed_records: [] },
          { failed_records: "0" },
          { failed_records: [null] },
          { failed_records: [{ index: "0" }] },
          { failed_records: [good, { index: 4 }] },
          { failed_records: [{ index: -1 }] },
          { failed_records: [{ index: 0.5 }] },
          { failed_records: [{ index: 1, insert_id: four[0]!.id }] },
          { failed_records: [good], num_records_imported: 0 },
          { failed_records: [good], num_records_imported: 4 }
        ]
        for (const body of bodies) {
          assert.strictEqual(
            say(yield* refused(reply(400, body))),
            "Rejected bad-request",
            JSON.stringify(body)
          )
        }
        const sums = { failed_records: [good], num_records_imported: 3 }
        assert.strictEqual(say(yield* refused(reply(503, sums))), "Retry unavailable")
        const cut = { status: 400, body: JSON.stringify({ failed_records: [good] }).slice(0, -5) }
        assert.strictEqual(say(yield* refused(cut)), "Rejected bad-request")
      })
  )

  it.live("answered 200 by something else than Mixpanel is not delivered", () =>
    Effect.gen(function* () {
      const page = {
        status: 200,
        headers: { "content-type": "text/html" },
        body: "<html>Please log in</html>"
      }
      assert.strictEqual(say(yield* refused(page)), "Retry wrong-address")
      for (const body of ["", "1", "{}", '{"code":400}', "[200]"]) {
        assert.strictEqual(say(yield* refused({ status: 200, body })), "Retry unexpected", body)
      }
    })
  )

  it.live(
    "answered 200 with more than is read, or with what is no JSON, is sent again, and the detail says why",
    () =>
      Effect.gen(function* () {
        const detailOf = (body: string) =>
          Effect.map(refused({ status: 200, body }), (outcome) => {
            assert.strictEqual(say(outcome), "Retry unexpected")
            return String(Reflect.get(outcome, "detail"))
          })
        const long = JSON.stringify({ code: 200, more: "x".repeat(3_000_000) })
        assert.match(yield* detailOf(long), /^the answer was cut after \d+ bytes; raise answerBytes/)
        assert.strictEqual(yield* detailOf("well, yes"), "the answer is no JSON (9 bytes): well, yes")
      })
  )

  it.live("shows no secret that stands among the failed records", () =>
    Effect.gen(function* () {
      const [field, message] = ["millrace.5f2a.mp-service-account", "hunter-secret"]
      const remote = yield* start(() => reply(400, { failed_records: [{ index: 0, field, message }] }))
      const subject = open({ baseUrl: remote.origin, projectId: 77 }, account)
      const [first] = yield* Attempt.verdicts(subject, four)
      assert.strictEqual(Reflect.get(first!, "detail"), "***: ***")
    })
  )
})

describe("check", () => {
  it.live("passes with credentials that Mixpanel does not refuse, and sends no event", () =>
    Effect.gen(function* () {
      const remote = yield* start()
      const subject = open({ baseUrl: remote.origin })
      yield* Attempt.check(subject)
      for (const status of [400, 413, 429, 503]) {
        remote.script([{ kind: "answer", answer: { status } }])
        yield* Attempt.check(subject)
      }
      for (const { request } of remote.exchanges()) assert.strictEqual(request.body, "[]")
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
