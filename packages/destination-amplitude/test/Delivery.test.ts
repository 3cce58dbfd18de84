import { assert, describe, it } from "@effect/vitest"
import { Exporter, Ledger, OutboxMemory, Source } from "@millrace/core"
import type { Outcome } from "@millrace/core/Outcome"
import * as Braze from "@millrace/events-braze/Braze"
import * as Sample from "@millrace/events-braze/Sample"
import { bare, time } from "@millrace/events-braze/Sample"
import { Attempt, FaultyRemote } from "@millrace/testing"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { apiKey, destination, open, type Upload, uploadOf } from "./support/subject.ts"

type Answer = FaultyRemote.Answer

const reply = (status: number, body: object = {}): Answer => ({
  status,
  body: JSON.stringify({ code: status, ...body })
})

const start = (answer: (request: FaultyRemote.Request) => Answer = () => reply(200)) =>
  FaultyRemote.start({ answer })

/** Of different users, since a quota is a user's. */
const five = [0, 1, 2, 3, 4].map((index) => ({
  ...bare("users.messages.email.Open", {}, { externalId: `cust-${index}`, deviceId: `device-${index}` }),
  id: `id-${index}`
}))

/** The verdict on the attempt as a whole: it fails where there is one on each event. */
const refused = (answer: Answer) =>
  Effect.flatMap(
    start(() => answer),
    ({ origin }) =>
      Effect.map(Effect.flip(Attempt.deliver(open({ baseUrl: origin }), five)), ({ outcome }) => outcome)
  )

/** The verdicts on each event of the batch. */
const answeredEach = (answer: Answer) =>
  Effect.flatMap(
    start(() => answer),
    ({ origin }) =>
      Effect.map(Attempt.deliver(open({ baseUrl: origin }), five), ({ values }) => values.map(say))
  )

const say = (outcome: Outcome) => ("reason" in outcome ? `${outcome._tag} ${outcome.reason}` : outcome._tag)

describe("an attempt", () => {
  it.live("posts the events with the key in the body, to the endpoint that is set", () =>
    Effect.gen(function* () {
      const remote = yield* start()
      const baseUrl = `${remote.origin}/ingest/`
      const outcomes = yield* Attempt.deliver(open({ baseUrl }), five)
      assert.deepStrictEqual(
        outcomes.values.map(say),
        five.map(() => "Delivered")
      )
      yield* Attempt.deliver(open({ baseUrl, endpoint: "http", minIdLength: 2 }), five)
      const [first, second] = remote.exchanges().map(({ request }) => request)
      assert.deepStrictEqual([first!.method, first!.path], ["POST", "/ingest/batch"])
      assert.strictEqual(second!.path, "/ingest/2/httpapi")
      assert.strictEqual(first!.headers["content-type"], "application/json")
      for (const header of ["authorization", "traceparent", "b3", "content-encoding"]) {
        assert.notProperty(first!.headers, header)
      }
      const events = five.map((event) => uploadOf(open(), event))
      assert.deepStrictEqual(JSON.parse(first!.body), { events, api_key: apiKey })
      assert.deepStrictEqual(JSON.parse(second!.body), {
        events,
        api_key: apiKey,
        options: { min_id_length: 2 }
      })
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

  it.live("answered 400 for its key is no fault of the events", () =>
    Effect.gen(function* () {
      const bodies = [
        { error: "Invalid API key: 123" },
        {
          error: "Request missing required field",
          missing_field: "api_key",
          events_with_missing_fields: { time: [0] }
        }
      ]
      for (const body of bodies) assert.strictEqual((yield* refused(reply(400, body)))._tag, "Unauthorized")
    })
  )

  it.live("answered 400 with events named gives up those, and sends the others again", () =>
    Effect.gen(function* () {
      const error = "Invalid field values on some events"
      const again = "Retry refused-with-others"
      const bad = "Rejected bad-request"
      assert.deepStrictEqual(
        yield* answeredEach(
          reply(400, {
            error,
            events_with_invalid_fields: { time: [1], price: [1, 3] },
            events_with_missing_fields: { event_type: [4] }
          })
        ),
        [again, bad, again, bad, bad]
      )
      assert.deepStrictEqual(
        yield* answeredEach(
          reply(400, { error, silenced_events: [2], silenced_devices: ["device-2"], throttled_events: [4] })
        ),
        [again, again, "Rejected silenced", again, again]
      )
      const remote = yield* start(() =>
        reply(400, { error, events_with_invalid_fields: { time: [0], price: [0] } })
      )
      const [first] = (yield* Attempt.deliver(open({ baseUrl: remote.origin }), five)).values
      assert.strictEqual(Reflect.get(first!, "detail"), `${error}: time, price`)
    })
  )

  it.live("answered 400 with positions that make no sense is refused as a whole", () =>
    Effect.gen(function* () {
      for (const positions of [[0, 5], [-1], [0.5], ["0"], "0", {}, null]) {
        const outcome = yield* refused(reply(400, { events_with_invalid_fields: { time: positions } }))
        assert.strictEqual(say(outcome), "Rejected bad-request", JSON.stringify(positions))
      }
      for (const faults of [[], "time", 7, null]) {
        const outcome = yield* refused(reply(400, { events_with_invalid_fields: faults }))
        assert.strictEqual(say(outcome), "Rejected bad-request", JSON.stringify(faults))
      }
    })
  )

  it.live("throttled waits for Retry-After, else the 30 seconds that Amplitude asks for", () =>
    Effect.gen(function* () {
      const body = { throttled_users: { "cust-1": 1001 }, throttled_events: [1] }
      const after = (answer: Answer) =>
        Effect.map(refused(answer), (outcome) =>
          outcome._tag === "Retry" ? Duration.toMillis(outcome.after ?? 0) : outcome
        )
      assert.strictEqual(yield* after(reply(429, body)), 30_000)
      assert.strictEqual(yield* after({ ...reply(429, body), headers: { "retry-after": "7" } }), 7000)
    })
  )

  it.live("throttled for a day gives up the users and devices concerned, not the lane", () =>
    Effect.gen(function* () {
      const again = "Retry throttled"
      assert.deepStrictEqual(
        yield* answeredEach(
          reply(429, {
            exceeded_daily_quota_users: { "cust-1": 500_001 },
            exceeded_daily_quota_devices: { "device-3": 500_001 }
          })
        ),
        [again, "Rejected over-quota", again, "Rejected over-quota", again]
      )
      const stranger = yield* refused(reply(429, { exceeded_daily_quota_users: { nobody: 500_001 } }))
      assert.strictEqual(say(stranger), again)
    })
  )

  it.live("answered 200 by something else than Amplitude is not delivered", () =>
    Effect.gen(function* () {
      const page = {
        status: 200,
        headers: { "content-type": "text/html" },
        body: "<html>Please log in</html>"
      }
      assert.strictEqual(say(yield* refused(page)), "Retry wrong-address")
      for (const body of ["", "success", "{}", '{"code":400}', "[200]"]) {
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

  it.live("shows no key that stands among the events named", () =>
    Effect.gen(function* () {
      const body = { error: `no ${apiKey}`, events_with_invalid_fields: { [apiKey]: [0] } }
      const remote = yield* start(() => reply(400, body))
      const [first] = yield* Attempt.verdicts(open({ baseUrl: remote.origin }), five)
      assert.strictEqual(Reflect.get(first!, "detail"), "no ***: ***")
    })
  )
})

describe("check", () => {
  it.live("passes with a key that Amplitude does not refuse, and sends no event", () =>
    Effect.gen(function* () {
      const remote = yield* start()
      const subject = open({ baseUrl: remote.origin })
      yield* Attempt.check(subject)
      for (const status of [400, 413, 429, 503]) {
        remote.script([{ kind: "answer", answer: { status } }])
        yield* Attempt.check(subject)
      }
      for (const { request } of remote.exchanges()) {
        assert.deepStrictEqual(JSON.parse(request.body), { events: [], api_key: apiKey })
      }
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

const typeNames = [...Braze.typeNames].filter(Braze.isTypeName)

describe("an export of Braze events", () => {
  it.live("reaches Amplitude through trouble: nothing lost, what is named alone, everything counted", () =>
    Effect.gen(function* () {
      const sample = Sample.make({ seed: 3, users: 40 })
      const events = Array.from({ length: 1060 }, (_, index) =>
        sample.event(typeNames[index % typeNames.length]!, index, time + index * 1000)
      )
      const culprits = new Set(
        events
          .filter(({ type, user }) => type.startsWith("users.canvas.E") && user.externalId !== undefined)
          .slice(0, 3)
          .map(({ id }) => id)
      )
      const taken = new Map<string, number>()
      // As Amplitude does: all of a request or nothing, and the first event of each fault named.
      const remote = yield* start(({ body }) => {
        const { events: uploads }: { readonly events: ReadonlyArray<Upload> } = JSON.parse(body)
        const first = uploads.findIndex(({ insert_id }) => culprits.has(insert_id))
        if (first >= 0) return reply(400, { events_with_invalid_fields: { time: [first] } })
        for (const { insert_id } of uploads) taken.set(insert_id, (taken.get(insert_id) ?? 0) + 1)
        return reply(200, { events_ingested: uploads.length })
      })
      remote.script([
        { kind: "answer", answer: { status: 503 } },
        { kind: "answer", answer: { status: 429, headers: { "retry-after": "0" } } },
        { kind: "reset-before" }
      ])
      const ledger = yield* Exporter.from(Source.fromArray(events))
        .route("analytics")
        .to(destination({ baseUrl: remote.origin }), { policy: { firstBackoff: "5 millis" } })
        .run.pipe(Effect.provide(OutboxMemory.layer))
      const { analytics } = ledger.routes
      assert.deepStrictEqual(Ledger.imbalance(ledger), [])
      assert.deepStrictEqual([analytics?.dead, analytics?.waiting], [{ "bad-request": culprits.size }, {}])
      assert.deepStrictEqual(Object.keys(analytics?.filtered ?? {}), ["not-selected"])
      assert.deepStrictEqual(Object.keys(analytics?.skipped ?? {}), ["anonymous"])
      assert.isAbove(taken.size, 500)
      assert.strictEqual(analytics?.delivered["main"], taken.size)
      assert.isTrue([...taken.values()].every((times) => times === 1))
    })
  )
})
