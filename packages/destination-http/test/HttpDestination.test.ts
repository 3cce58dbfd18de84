import { createHmac } from "node:crypto"
import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Exporter, Ledger, OutboxMemory, Source } from "@millrace/core"
import type { Event } from "@millrace/core/Event"
import { http, StandardWebhooks } from "@millrace/destination-http"
import { Attempt, FaultyRemote, goldenPairs } from "@millrace/testing"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { TestClock } from "effect/testing"
import {
  event,
  open,
  type PlainCredentials,
  recording,
  redact,
  requestsFor,
  type SettingsInput,
  type Subject,
  time
} from "./support/subject.ts"

const url = "https://api.example.com/v1/events"
const whsec = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

/** The requests that the events of a pair become, byte for byte. */
const requestsOf = Effect.fnUntraced(
  function* (events: ReadonlyArray<Event>, { credentials, settings }: Options) {
    yield* TestClock.setTime(time + 500)
    return yield* requestsFor(open(settings, redact(credentials ?? {})), events)
  },
  Effect.provide(TestClock.layer()),
  (effect) => Effect.runPromise(effect)
)

interface Options {
  readonly settings: SettingsInput
  readonly credentials?: PlainCredentials
}

const pairs = goldenPairs({ folder: new URL("golden/", import.meta.url), out: requestsOf })

it("there are golden pairs for each kind of batch and of credentials", () =>
  assert.isAtLeast(pairs.length, 10))

describe("a message", () => {
  const rejection = (settings: Partial<SettingsInput>, one: Event) => {
    const result = open({ url, ...settings }).prepare([one], "main")
    return Result.isFailure(result) ? result.failure : assert.fail("was not rejected")
  }

  it("is rejected where the URL needs a field that the event has not, and the field is named", () => {
    const needs = { url: "https://api.example.com/{{ event.properties.a }}/{{ event.user.externalId }}" }
    for (const a of [undefined, null, "", "[REDACTED]"]) {
      const { detail, reason } = rejection(needs, event("1", { a }, { externalId: "u" }))
      assert.strictEqual(reason, "missing-field")
      assert.include(detail, "event.properties.a,")
    }
    assert.strictEqual(rejection(needs, event("1", { a: 1 })).reason, "missing-field")
    assert.strictEqual(rejection({ body: "{{ event.properties.a }}" }, event("1")).reason, "missing-field")
  })

  it.effect("never leads to another path or host than the settings say", () =>
    Effect.gen(function* () {
      const settings = {
        url: "https://api.example.com/v1/{{ event.properties.a }}/x?q={{ event.properties.a }}"
      }
      for (const a of [".", ".."])
        assert.strictEqual(rejection(settings, event("1", { a })).reason, "bad-url")
      const values = [
        "/../../admin",
        "@evil.example",
        "?a=b&q=1",
        "#",
        "%2e%2e",
        "\\",
        "\ud800",
        "a\r\nb",
        0,
        false
      ]
      const sent = yield* requestsFor(
        open(settings),
        values.map((a, index) => event(String(index), { a }))
      )
      assert.strictEqual(sent.length, values.length)
      for (const [index, { origin, path }] of sent.entries()) {
        const { host, pathname, searchParams } = new URL(origin + path)
        assert.strictEqual(host, "api.example.com")
        assert.match(pathname, /^\/v1\/[^/]+\/x$/)
        assert.deepStrictEqual([...searchParams], [["q", String(values[index]).toWellFormed()]])
      }
    })
  )

  it("is rejected where a header would hold what no header may", () => {
    const settings = { headers: { "X-Note": "{{ event.properties.note }}" } }
    for (const note of ["a\r\nx: y", "é", "\u0000"]) {
      const { detail, reason } = rejection(settings, event("1", { note }))
      assert.strictEqual(reason, "bad-header")
      assert.notInclude(detail, note)
    }
  })

  it.effect("reads own members alone, by any name", () =>
    Effect.gen(function* () {
      const body = {
        constructor: "{{ event.properties.constructor }}",
        length: "{{ event.properties.list.1 }}",
        spaced: "{{event.properties.Order ID}}",
        proto: "{{ event.properties.__proto__.polluted }}"
      }
      const properties = { list: ["a", "b"], "Order ID": 7 }
      const [request] = yield* requestsFor(open({ url, body }), [event("1", properties)])
      assert.deepStrictEqual(JSON.parse(request!.body), { length: "b", spaced: 7 })
    })
  )

  it.effect("has no time in a form that its time cannot take", () =>
    Effect.gen(function* () {
      const body = { iso: "{{ event.time.iso }}", text: "at {{ event.time.iso }}", time: "{{ event.time }}" }
      const [request] = yield* requestsFor(open({ url, body }), [{ ...event("1"), time: 1e300 }])
      assert.deepStrictEqual(JSON.parse(request!.body), { text: "at ", time: 1e300 })
    })
  )
})

describe("settings", () => {
  const refusal = (settings: SettingsInput): string => {
    try {
      http({ settings })
    } catch (cause) {
      return cause instanceof Error ? cause.message : String(cause)
    }
    return assert.fail(`were taken: ${JSON.stringify(settings)}`)
  }

  it.each([
    [{ url: "nope" }, "settings.url: expected an http or https URL"],
    [{ url: "ftp://api.example.com/" }, "settings.url: expected an http or https URL"],
    [{ url: "https://user:pass@api.example.com/" }, "settings.url: expected a URL without credentials"],
    [
      { url: "https://{{ event.id }}.example.com/" },
      "settings.url: expected an http or https URL, with fields in"
    ],
    [{ url: "https://api.example.com:{{ event.id }}/" }, "settings.url: expected an http or https URL, with"],
    [
      { url: "{{ event.properties.url }}" },
      "settings.url: expected an http or https URL, with fields in its path"
    ],
    [{ url: `${url}#top` }, "settings.url: expected a URL without a fragment"],
    [{ url: `${url}/{{ event.nope }}` }, "settings.url: {{ event.nope }}: expected event, event.id"],
    [{ url: `${url}/{{ event.id` }, "settings.url: expected }} after each {{"],
    [{ url, body: { a: ["{{ user.id }}"] } }, "settings.body.a.0: {{ user.id }}: expected event"],
    [{ url, body: "{{ event.user.email }}" }, "settings.body: {{ event.user.email }}: expected"],
    [{ url, body: "{{ event.id.length }}" }, "settings.body: {{ event.id.length }}: expected"],
    [{ url, body: { "{{ event.id }}": 1 } }, "expected fields in values, not in names"],
    [{ url: `${url}/{{ event.id }}`, batch: "array" }, "settings.url: expected no fields of an event"],
    [
      { url, headers: { x: "{{ event.id }}" }, batch: "ndjson" },
      "settings.headers.x: expected no fields of an event"
    ],
    [{ url, headers: { "x y": "1" } }, "settings.headers.x y: expected the name of a header"],
    [
      { url, headers: { Authorization: "1" } },
      "settings.headers.Authorization: expected it among the credentials"
    ],
    [{ url, headers: { "Content-Length": "1" } }, "settings.headers.Content-Length: expected another header"],
    [{ url, headers: { x: "é" } }, "settings.headers.x: expected visible ASCII"],
    [{ url, headers: { x: "1", X: "2" } }, "settings.headers.X: stands twice"],
    [{ url, limits: { messages: 2 } }, "settings.limits.messages: expected 1, since batch is single"],
    [{ url, statuses: { retry: [400], rejected: [400] } }, "settings.statuses: expected each status once"],
    [
      { url, idempotencyHeader: "X", headers: { x: "1" } },
      "settings.idempotencyHeader: expected a header that does"
    ],
    [
      { url, checkUrl: "https://example.com/me" },
      "settings.checkUrl: expected a URL of the same scheme, host"
    ],
    [{ url, checkUrl: `${url}/{{ event.id }}` }, "settings.checkUrl: expected a URL"]
  ] satisfies ReadonlyArray<readonly [SettingsInput, string]>)(
    "%j are refused at load",
    (settings, message) => {
      assert.include(refusal(settings), message)
    }
  )

  const opening = (settings: Partial<SettingsInput>, credentials: PlainCredentials) =>
    Effect.runSync(
      Effect.flip(http({ settings: { url, ...settings }, credentials: redact(credentials) }).open)
    ).message

  it.each([
    [{}, { bearer: "hünter" }, "credentials.bearer: expected visible ASCII"],
    [{}, { bearer: "hunter", basic: { username: "hunter" } }, "authorization would be sent twice"],
    [
      {},
      { basic: { username: "hun:ter" } },
      "credentials.basic.username: expected a user name without a colon"
    ],
    [
      {},
      { headers: { "hunter 1": "hunter" } },
      "credentials.headers.hunter 1: expected the name of a header"
    ],
    [
      {},
      { headers: { "X-A": "hunter" }, hmac: { header: "x-a", secret: "hunter" } },
      "x-a would be sent twice"
    ],
    [
      {},
      { standardWebhooks: { secret: "whsec_aHVudGVy" } },
      "standardWebhooks.secret: expected whsec_ and 24 to 64"
    ],
    [
      {},
      { standardWebhooks: { secret: "hunter, no base64 of twenty-four bytes" } },
      "expected whsec_ and 24 to 64"
    ],
    [
      { headers: { "X-Key": "1" } },
      { headers: { "x-key": "hunter" } },
      "the header x-key comes from the settings and"
    ],
    [
      { idempotencyHeader: "Webhook-Id" },
      { standardWebhooks: { secret: whsec } },
      "the header webhook-id comes from"
    ]
  ] satisfies ReadonlyArray<readonly [Partial<SettingsInput>, PlainCredentials, string]>)(
    "%j with credentials %j are refused as they are opened, and no secret is repeated",
    (settings, credentials, message) => {
      const said = opening(settings, credentials)
      assert.include(said, message)
      assert.notMatch(said, /hunter(?! 1)|hünter|aHVudGVy|MfKQ9r8/)
    }
  )

  it("with a size leave room for the envelope and hold one event a message", () => {
    const { limits } = open({
      url,
      batch: "envelope",
      envelopeKey: "é",
      limits: { bytes: 2000, messages: 7 }
    })
    assert.deepStrictEqual(
      { ...limits, window: Duration.toMillis(limits.window) },
      { messages: 7, events: 7, bytes: 2000, messageBytes: 1991, messageEvents: 1, concurrency: 4, window: 0 }
    )
    assert.strictEqual(open({ url, limits: { concurrency: 9 } }).limits.messages, 1)
    assert.strictEqual(open({ url, batch: "array" }).limits.messages, 100)
  })

  it("name the lane, and mark it by where it leads and with which credentials", () => {
    const marks = [
      open({ url }),
      open({ url, laneName: "crm" }),
      open({ url }, redact({ bearer: "a" })),
      open({ url }, redact({ bearer: "b" })),
      open({ url: `${url}/2` })
    ].map(({ lanes }) => lanes)
    assert.deepStrictEqual(
      marks.map(([lane]) => lane!.name),
      ["main", "crm", "main", "main", "main"]
    )
    assert.strictEqual(marks[0]![0]!.mark, marks[1]![0]!.mark)
    assert.strictEqual(new Set(marks.map(([lane]) => lane!.mark)).size, 4)
  })
})

/** The verdict on an attempt for one event, and the requests it took. */
const verdictOf = Effect.fnUntraced(function* (
  settings: Partial<SettingsInput>,
  answer: FaultyRemote.Answer,
  credentials?: PlainCredentials
) {
  const remote = yield* FaultyRemote.start({ answer: () => answer })
  const subject = open({ url: remote.origin, ...settings }, redact(credentials ?? {}))
  const [outcome] = yield* Attempt.verdicts(subject, [event("1")])
  assert.strictEqual(remote.exchanges().length, 1)
  return outcome!
})

describe("an answer", () => {
  const usual = {
    200: "Delivered",
    202: "Delivered",
    204: "Delivered",
    301: "Retry wrong-address",
    304: "Retry wrong-address",
    308: "Retry wrong-address",
    400: "Rejected bad-request",
    401: "Unauthorized unauthorized",
    403: "Unauthorized unauthorized",
    404: "Retry wrong-address",
    405: "Retry wrong-address",
    408: "Retry unavailable",
    409: "Rejected bad-request",
    410: "Retry wrong-address",
    413: "TooLarge",
    422: "Rejected bad-request",
    425: "Retry unavailable",
    429: "Retry throttled",
    500: "Retry unavailable",
    501: "Retry unavailable",
    503: "Retry unavailable",
    599: "Retry unavailable"
  } as const

  it.live.each(Object.entries(usual))(
    "%s is %s, with what was said and how long to wait",
    ([status, expected]) =>
      Effect.gen(function* () {
        const answer = { status: Number(status), headers: { "retry-after": "9" }, body: '{"why":"so"}' }
        const outcome = yield* verdictOf({}, answer)
        const [tag, reason] = expected.split(" ")
        assert.deepStrictEqual([outcome._tag, Reflect.get(outcome, "reason")], [tag, reason])
        if (outcome._tag === "Delivered") return
        // These have no body by definition.
        assert.include(outcome.detail, status === "304" ? "HTTP 304" : `HTTP ${status}: {"why":"so"}`)
        if (outcome._tag === "Retry") assert.strictEqual(Duration.toMillis(outcome.after ?? 0), 9000)
      })
  )

  it.live.each([
    [{ delivered: [201] }, 201, "Delivered"],
    [{ delivered: [201] }, 200, "Retry unexpected"],
    [{ delivered: ["2xx", 409] }, 409, "Delivered"],
    [{ delivered: ["2xx"] }, 226, "Delivered"],
    [{ rejected: [404] }, 404, "Rejected bad-request"],
    [{ rejected: ["5xx"], retry: [503] }, 500, "Rejected bad-request"],
    [{ rejected: ["5xx"], retry: [503] }, 503, "Retry unavailable"],
    [{ retry: ["4xx"] }, 400, "Retry unavailable"],
    [{ retry: ["4xx"] }, 429, "Retry throttled"],
    [{ retry: [202] }, 202, "Retry unavailable"],
    [{ unauthorized: [400] }, 400, "Unauthorized unauthorized"],
    [{ unauthorized: [400] }, 401, "Unauthorized unauthorized"]
  ] as const)("with statuses %j, %i is %s", ([statuses, status, expected]) =>
    Effect.gen(function* () {
      const outcome = yield* verdictOf({ statuses }, { status })
      const reason = Reflect.get(outcome, "reason")
      assert.strictEqual([outcome._tag, ...(reason === undefined ? [] : [reason])].join(" "), expected)
    })
  )

  it.live("that does not come is a retry that names the place and not the path", () =>
    Effect.gen(function* () {
      const remote = yield* FaultyRemote.start()
      for (const kind of ["reset-before", "reset-after", "nonsense", "cut-answer"] as const) {
        remote.script([{ kind }])
        const { outcome } = yield* Effect.flip(
          Attempt.deliver(open({ url: `${remote.origin}/secret-path` }), [event("1")])
        )
        assert.deepStrictEqual([outcome._tag, Reflect.get(outcome, "reason")], ["Retry", "no-answer"], kind)
        assert.include(outcome.detail, remote.origin)
        assert.notInclude(outcome.detail, "secret-path")
      }
    })
  )

  it.live("that repeats the credentials shows them to nobody", () =>
    Effect.gen(function* () {
      const credentials = {
        basic: { username: "hunter-name", password: 'hunter"password' },
        headers: { "X-Key": "hunter/key+1" },
        hmac: { secret: "hunter-hmac", header: "X-Signature" },
        standardWebhooks: { secret: whsec }
      }
      const words = [
        "hunter",
        Buffer.from('hunter-name:hunter"password').toString("base64"),
        Buffer.from("hunter-hmac").toString("base64"),
        encodeURIComponent("hunter/key+1"),
        whsec
      ]
      const body = [...words.slice(1), JSON.stringify(credentials), "after"].join(" ")
      const outcome = yield* verdictOf({}, { status: 400, body }, credentials)
      const shown = inspect([outcome, open({ url }, redact(credentials))], { depth: 20, showHidden: true })
      for (const word of words) assert.notInclude(shown, word)
      assert.include(Reflect.get(outcome, "detail"), "*** *** *** ***")
    })
  )
})

describe("signatures", () => {
  it("are those of the test vector that Standard Webhooks publishes", () => {
    const signed = StandardWebhooks.headers({
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
      nowMillis: 1_614_265_330_999,
      body: new TextEncoder().encode('{"test": 2432232314}'),
      secrets: [Redacted.make(whsec)]
    })
    assert.deepStrictEqual(signed, {
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    })
  })

  it("take a secret with and without its prefix, and refuse one of another length", () => {
    const bytes = (length: number) => Buffer.alloc(length, 7).toString("base64")
    for (const good of [whsec, whsec.slice(6), `whsec_${bytes(64)}`])
      assert.isUndefined(StandardWebhooks.secretProblem(good))
    for (const bad of [
      "",
      "whsec_",
      `whsec_${bytes(23)}`,
      `whsec_${bytes(65)}`,
      `${whsec} `,
      `whpk_${bytes(32)}`
    ])
      assert.isString(StandardWebhooks.secretProblem(bad))
  })

  it.effect("keep their id over attempts, destinations and times, and tell the time of the attempt", () =>
    Effect.gen(function* () {
      const { provide, sent } = recording()
      const make = () =>
        open(
          { url, batch: "array", idempotencyHeader: "Idempotency-Key" },
          redact({ standardWebhooks: { secret: whsec } })
        )
      const [one, two, three] = [event("1"), event("2"), event("3")]
      yield* TestClock.setTime(time)
      yield* provide(Attempt.deliver(make(), [one, two]))
      yield* TestClock.adjust("2 hours")
      yield* provide(Attempt.deliver(make(), [one, two]))
      yield* provide(Attempt.deliver(make(), [two, one]))
      yield* provide(Attempt.deliver(make(), [one, two, three]))
      const header = (name: string) => sent.map(({ headers }) => headers[name]!)
      const [first, again, ...others] = header("webhook-id")
      assert.match(first!, /^msg_[0-9a-f]{64}$/)
      assert.strictEqual(again, first)
      assert.notInclude(others, first)
      assert.strictEqual(new Set(header("Idempotency-Key")).size, 3)
      const seconds = header("webhook-timestamp").map(Number)
      assert.deepStrictEqual(seconds.slice(0, 2), [time / 1000, time / 1000 + 7200])
      assert.notStrictEqual(...(header("webhook-signature").slice(0, 2) as [string, string]))
    })
  )
})

describe("check", () => {
  const check = (subject: Subject) =>
    Effect.scoped(Effect.flatMap(subject.connect("main"), (connection) => connection.check))
  const bearer = redact({ bearer: "the-token" })

  it.live(
    "asks for the URL without an event, and fails for refused credentials or without an answer only",
    () =>
      Effect.gen(function* () {
        let status = 200
        const remote = yield* FaultyRemote.start({ answer: () => ({ status }) })
        const subject = open({ url: `${remote.origin}/hook/{{ event.id }}/x?y=1` }, bearer)
        for (status of [200, 400, 404, 405, 500]) yield* check(subject)
        for (const refused of [401, 403]) {
          status = refused
          assert.strictEqual((yield* Effect.flip(check(subject))).outcome._tag, "Unauthorized")
        }
        remote.script([{ kind: "reset-before" }])
        assert.strictEqual((yield* Effect.flip(check(subject))).message.slice(0, 9), "no-answer")
        for (const { request } of remote.exchanges()) {
          assert.deepStrictEqual([request.method, request.path, request.body], ["GET", "/hook/", ""])
          assert.strictEqual(request.headers["authorization"], "Bearer the-token")
        }
        const { checkNote } = yield* subject.connect("main")
        assert.include(checkNote, "checkUrl")
      })
  )

  it.live("with a checkUrl is passed by a 2xx alone", () =>
    Effect.gen(function* () {
      let status = 200
      const remote = yield* FaultyRemote.start({ answer: () => ({ status }) })
      const statuses = { delivered: [202, 409] }
      const subject = open({ url: remote.origin, checkUrl: `${remote.origin}/me?a=b`, statuses }, bearer)
      yield* check(subject)
      for (const bad of [302, 401, 404, 409, 500]) {
        status = bad
        assert.include((yield* Effect.flip(check(subject))).message, `HTTP ${bad}`)
      }
      assert.strictEqual(remote.exchanges()[0]?.request.path, "/me?a=b")
      assert.isUndefined((yield* subject.connect("main")).checkNote)
    })
  )
})

describe("an export", () => {
  const events = Array.from({ length: 230 }, (_, index) =>
    event(
      `event-${index}`,
      { n: index, text: index % 10 === 0 ? "Ł" : "a" },
      { externalId: `user-${index % 9}` }
    )
  )
  const culprit = "event-77"
  const kinds = ["single", "array", "ndjson", "envelope"] as const

  const idsIn = (batch: (typeof kinds)[number], body: string): ReadonlyArray<string> => {
    const read = (text: string): { readonly id: string } => JSON.parse(text)
    switch (batch) {
      case "single":
        return [read(body).id]
      case "ndjson":
        return body
          .split("\n")
          .slice(0, -1)
          .map((line) => read(line).id)
      case "array":
      case "envelope": {
        const parsed: { readonly list: ReadonlyArray<{ readonly id: string }> } =
          batch === "array" ? { list: JSON.parse(body) } : JSON.parse(body)
        return parsed.list.map(({ id }) => id)
      }
    }
  }

  /** As a receiver checks it, with the specification beside it. */
  const isSigned = ({ body, headers }: FaultyRemote.Request): boolean => {
    const content = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`
    const key = Buffer.from(whsec.slice("whsec_".length), "base64")
    const age = Math.abs(Date.now() / 1000 - Number(headers["webhook-timestamp"]))
    return (
      age < 300 &&
      headers["webhook-signature"] === `v1,${createHmac("sha256", key).update(content).digest("base64")}`
    )
  }

  it.live.each(kinds)(
    "in batches of kind %s comes through trouble: one dead letter, nothing lost, repeats known",
    (batch) =>
      Effect.gen(function* () {
        const taken = new Map<string, Set<string>>()
        const requests = new Map<string, number>()
        const remote = yield* FaultyRemote.start({
          answer: (request) => {
            if (!isSigned(request)) return { status: 401 }
            const ids = idsIn(batch, request.body)
            if (ids.includes(culprit)) return { status: 422, body: `no ${ids.length}` }
            const key = request.headers["webhook-id"]!
            requests.set(key, (requests.get(key) ?? 0) + 1)
            for (const id of ids) taken.set(id, (taken.get(id) ?? new Set()).add(key))
            return { status: 202 }
          }
        })
        remote.script([
          { kind: "answer", answer: { status: 503 } },
          { kind: "reset-after" },
          { kind: "answer", answer: { status: 429, headers: { "retry-after": "0" } } },
          { kind: "cut-answer" },
          { kind: "nonsense" }
        ])
        const destination = http({
          settings: { url: `${remote.origin}/in`, batch, envelopeKey: "list", limits: { concurrency: 8 } },
          credentials: redact({ standardWebhooks: { secret: whsec } })
        })
        const ledger = yield* Exporter.from(Source.fromArray(events))
          .route("hook")
          .to(destination, { policy: { firstBackoff: "5 millis", longestBackoff: "20 millis" } })
          .run.pipe(Effect.provide(OutboxMemory.layer))
        assert.deepStrictEqual(Ledger.imbalance(ledger), [])
        const { dead, delivered, waiting } = ledger.routes["hook"]!
        assert.deepStrictEqual(
          { dead, delivered, waiting },
          { dead: { "bad-request": 1 }, delivered: { main: 229 }, waiting: {} }
        )
        assert.strictEqual(taken.size, 229)
        // A repeat carries the id of the request that it repeats: no event came under two.
        assert.isTrue([...taken.values()].every(({ size }) => size === 1))
        assert.isAbove(Math.max(...requests.values()), 1)
        if (batch === "single") assert.isTrue([...requests.keys()].length === 229)
      })
  )
})
