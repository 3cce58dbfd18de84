import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Exporter, Ledger, type Message, OutboxMemory, Source } from "@millrace/core"
import type { Outcome } from "@millrace/core/Outcome"
import * as Sample from "@millrace/events-braze/Sample"
import { FaultyRemote } from "@millrace/testing"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import {
  destination,
  eventOf,
  open,
  type Recorded,
  recordOf,
  type Subject,
  time,
  token,
  typeNames
} from "./support/subject.ts"

type Answer = FaultyRemote.Answer

const reply = (status: number, body: object = {}): Answer => ({
  status,
  body: JSON.stringify({ code: status, ...body })
})

const start = (answer: (request: FaultyRemote.Request) => Answer = () => reply(200, { status: "OK" })) =>
  FaultyRemote.start({ answer })

const four = Array.from({ length: 4 }, (_, index) => eventOf("users.messages.email.Open", index * 50))

/** The events as the core would send them. */
const batchOf = (subject: Subject): Message.Batch => {
  const records = four.map((event) => recordOf(subject, event))
  return {
    lane: "main",
    ids: records.map(({ properties }) => String(properties["$insert_id"])),
    events: records.length,
    body: new TextEncoder().encode(JSON.stringify(records))
  }
}

const attempt = (subject: Subject) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { deliver, envelope } = yield* subject.connect("main")
      assert.isUndefined(envelope)
      return yield* deliver(batchOf(subject))
    })
  )

/** The verdict on the attempt as a whole, which there must be. */
const verdict = (subject: Subject) =>
  Effect.map(Effect.result(attempt(subject)), (result) =>
    Result.isFailure(result) ? result.failure.outcome : result.success.values[0]!
  )

const answered = (answer: Answer) =>
  Effect.flatMap(
    start(() => answer),
    ({ origin }) => verdict(open({ baseUrl: origin }))
  )

/** The verdict on the attempt as a whole: it fails where there is one on each event. */
const refused = (answer: Answer) =>
  Effect.flatMap(
    start(() => answer),
    ({ origin }) => Effect.map(Effect.flip(attempt(open({ baseUrl: origin }))), ({ outcome }) => outcome)
  )

/** The verdicts on each event of the batch. */
const answeredEach = (answer: Answer) =>
  Effect.flatMap(
    start(() => answer),
    ({ origin }) => Effect.map(attempt(open({ baseUrl: origin })), ({ values }) => values)
  )

const say = (outcome: Outcome) => ("reason" in outcome ? `${outcome._tag} ${outcome.reason}` : outcome._tag)

const check = (subject: Subject) =>
  Effect.scoped(Effect.flatMap(subject.connect("main"), (connection) => connection.check))

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
      const outcomes = yield* attempt(open({ baseUrl }))
      assert.deepStrictEqual(
        outcomes.values.map(say),
        four.map(() => "Delivered")
      )
      yield* attempt(open({ baseUrl, projectId: 77 }, account))
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
      assert.strictEqual(say(yield* answered(page)), "Retry wrong-address")
      for (const body of ["", "1", "{}", '{"code":400}', "[200]"]) {
        assert.strictEqual(say(yield* answered({ status: 200, body })), "Retry unexpected", body)
      }
    })
  )

  it.live("without an answer is a retry that tells why and where", () =>
    Effect.gen(function* () {
      const remote = yield* start()
      for (const kind of ["reset-before", "cut-answer", "nonsense"] as const) {
        remote.script([{ kind }])
        const outcome = yield* verdict(open({ baseUrl: remote.origin }))
        assert.strictEqual(say(outcome), "Retry no-answer", kind)
        assert.include(Reflect.get(outcome, "detail"), remote.origin)
      }
    })
  )

  it.live("leaves no secret in an error, an outcome, a connection or the destination", () =>
    Effect.gen(function* () {
      const secrets = ["millrace.5f2a.mp-service-account", "hunter-secret"]
      const basic = Buffer.from(secrets.join(":")).toString("base64")
      const shows = (value: unknown) =>
        inspect(value, { depth: 20, showHidden: true }) + JSON.stringify(value)
      const echo = yield* start(({ headers }) => ({
        status: 400,
        body: `you are ${secrets.join(" with ")} in ${headers["authorization"]}`
      }))
      const settings = { baseUrl: echo.origin, projectId: 77 }
      const subject = open(settings, account)
      const error = yield* Effect.flip(attempt(subject))
      const connection = yield* subject.connect("main")
      const named = yield* start(() =>
        reply(400, { failed_records: [{ index: 0, field: secrets[0], message: secrets[1] }] })
      )
      const outcomes = yield* attempt(open({ baseUrl: named.origin, projectId: 77 }, account))
      assert.include(shows(outcomes.values), "***: ***")
      assert.include(error.message, "you are *** with *** in Basic ***")
      for (const value of [error, outcomes.values, connection, subject, destination(settings, account)]) {
        for (const secret of [...secrets, basic]) assert.notInclude(shows(value), secret)
      }
    })
  )
})

describe("check", () => {
  it.live("passes with credentials that Mixpanel does not refuse, and sends no event", () =>
    Effect.gen(function* () {
      const remote = yield* start()
      const subject = open({ baseUrl: remote.origin })
      yield* check(subject)
      for (const status of [400, 413, 429, 503]) {
        remote.script([{ kind: "answer", answer: { status } }])
        yield* check(subject)
      }
      for (const { request } of remote.exchanges()) assert.strictEqual(request.body, "[]")
    })
  )

  it.live("fails for refused credentials, a wrong address, and without an answer", () =>
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
  it.live("reaches Mixpanel through trouble: nothing lost, what is named alone, everything counted", () =>
    Effect.gen(function* () {
      const sample = Sample.make({ seed: 3, users: 40 })
      const events = Array.from({ length: 1060 }, (_, index) =>
        sample.event(typeNames[index % typeNames.length]!, index, time + index * 1000)
      )
      const culprits = new Set(
        events
          .filter(({ type, user }) => type.startsWith("users.canvas.E") && user.externalId !== undefined)
          .map(({ id }) => id)
      )
      const taken = new Map<string, number>()
      // As Mixpanel does: what fails is named, the rest is taken.
      const remote = yield* start(({ body }) => {
        const records: ReadonlyArray<Recorded> = JSON.parse(body)
        const ids = records.map(({ properties }) => String(properties["$insert_id"]))
        const failed_records = ids.flatMap((insert_id, index) =>
          culprits.has(insert_id)
            ? [{ index, insert_id, field: "properties.time", message: "is invalid" }]
            : []
        )
        for (const id of ids) if (!culprits.has(id)) taken.set(id, (taken.get(id) ?? 0) + 1)
        const num_records_imported = ids.length - failed_records.length
        return failed_records.length === 0
          ? reply(200, { num_records_imported, status: "OK" })
          : reply(400, { num_records_imported, failed_records })
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
      assert.isAbove(culprits.size, 5)
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
