import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import * as Destination from "@millrace/core/Destination"
import { Attempt, FaultyRemote } from "@millrace/testing"
import * as Effect from "effect/Effect"
import { under } from "./support/acme.ts"

const post = (remote: FaultyRemote.FaultyRemote, init: RequestInit = {}) =>
  Effect.tryPromise((signal) =>
    fetch(`${remote.origin}/path?query`, { method: "POST", body: "words", signal, ...init })
  )

const textOf = (response: Response) => Effect.tryPromise(() => response.text())

const handling: FaultyRemote.Options = {
  answer: ({ body }) => ({ status: 201, headers: { "x-said": "yes" }, body: `{"got":"${body}"}` })
}

const statesOf = (remote: FaultyRemote.FaultyRemote) => remote.exchanges().map(({ state }) => state)

/** A response has arrived a moment before its sender knows. */
const soon = <A>(value: () => A, isSo: (value: A) => boolean) =>
  Effect.repeat(Effect.delay(Effect.sync(value), "5 millis"), { until: isSo, times: 10_000 })

describe("a faulty remote", () => {
  it.live("handles requests, and keeps a record of each", () =>
    Effect.gen(function* () {
      const remote = yield* FaultyRemote.start(handling)
      const response = yield* post(remote, { headers: { "X-Name": "value" } })
      assert.strictEqual(response.status, 201)
      assert.strictEqual(response.headers.get("x-said"), "yes")
      assert.strictEqual(response.headers.get("content-type"), "application/json")
      assert.strictEqual(yield* textOf(response), '{"got":"words"}')
      yield* post(remote, { body: gzipSync("packed"), headers: { "content-encoding": "gzip" } })
      yield* soon(
        () => statesOf(remote),
        (states) => states.every((state) => state === "answered")
      )
      const [first, second] = remote.exchanges()
      assert.strictEqual(first?.request.path, "/path?query")
      assert.strictEqual(first?.request.headers["x-name"], "value")
      assert.strictEqual(first?.answer?.status, 201)
      assert.strictEqual(second?.request.body, "packed")
      assert.isAbove(remote.connections(), 0)
    })
  )

  it.live("plays its script, one fault a request, to those that meet faults", () =>
    Effect.gen(function* () {
      const remote = yield* FaultyRemote.start({ meetsFaults: ({ body }) => body !== "spared" })
      remote.script([503, 429].map((status) => ({ kind: "answer", answer: { status } })))
      const statuses: Array<number> = []
      for (const body of ["spared", "a", "spared", "b", "c"])
        statuses.push((yield* post(remote, { body })).status)
      assert.deepStrictEqual(statuses, [200, 503, 200, 429, 200])
      const handled = remote.exchanges().map(({ answer }) => answer !== undefined)
      assert.deepStrictEqual(handled, [true, false, true, false, true])
    })
  )

  it.live.each([
    { kind: "reset-before", handled: false, code: "ECONNRESET" },
    { kind: "reset-after", handled: true, code: "ECONNRESET" },
    { kind: "nonsense", handled: false, code: "HTTPParserError" }
  ] as const)("gives no answer: $kind", ({ code, handled, kind }) =>
    Effect.gen(function* () {
      const remote = yield* FaultyRemote.start(handling)
      remote.script([{ kind }])
      const { cause } = (yield* Effect.flip(post(remote))) as { readonly cause: Error }
      const inner = cause.cause as Error & { readonly code?: string }
      assert.include([inner.code, inner.name], code)
      const [exchange] = remote.exchanges()
      assert.strictEqual(exchange?.state, "broken")
      assert.strictEqual(exchange?.answer !== undefined, handled)
    })
  )

  it.live("cuts an answer within its body", () =>
    Effect.gen(function* () {
      const remote = yield* FaultyRemote.start(handling)
      remote.script([{ kind: "cut-answer" }])
      const response = yield* post(remote)
      assert.strictEqual(response.status, 201)
      yield* Effect.flip(textOf(response))
      assert.deepStrictEqual(statesOf(remote), ["broken"])
    })
  )

  it.live("never answers, until its sender gives up", () =>
    Effect.gen(function* () {
      const remote = yield* FaultyRemote.start()
      remote.script([{ kind: "hang" }])
      const result = yield* Effect.timeoutOption(post(remote), "50 millis")
      assert.strictEqual(result._tag, "None")
      yield* soon(
        () => statesOf(remote),
        ([state]) => state === "given-up"
      )
      assert.deepStrictEqual(statesOf(remote), ["given-up"])
      assert.isUndefined(remote.exchanges()[0]?.answer)
    })
  )

  it.live("answers late, or slowly, after it has handled the request", () =>
    Effect.gen(function* () {
      const remote = yield* FaultyRemote.start(handling)
      for (const kind of ["slow-answer", "slow-body"] as const) {
        remote.script([{ kind, wait: kind === "slow-body" ? "1 second" : "100 millis" }])
        const before = performance.now()
        const response = yield* post(remote)
        const head = performance.now() - before
        assert.include(yield* textOf(response), '{"got":"words"}')
        const body = performance.now() - before
        assert.isAtLeast(kind === "slow-answer" ? head : body, 80)
        if (kind === "slow-body") assert.isBelow(head, body - 50)
      }
    })
  )

  it.live("sends a body without an end", () =>
    Effect.gen(function* () {
      const remote = yield* FaultyRemote.start()
      remote.script([{ kind: "endless-body" }])
      const response = yield* post(remote)
      yield* Effect.timeoutOption(textOf(response), "100 millis")
      assert.isAbove(remote.exchanges()[0]?.sent ?? 0, 1024 * 1024)
    })
  )

  it.live("counts the requests under way at once", () =>
    Effect.gen(function* () {
      const remote = yield* FaultyRemote.start()
      remote.script([{ kind: "slow-answer", wait: "50 millis" }])
      yield* Effect.all([post(remote), Effect.delay(post(remote), "20 millis")], { concurrency: 2 })
      assert.deepStrictEqual(
        remote.exchanges().map(({ abreast }) => abreast),
        [1, 2]
      )
    })
  )

  it.live("is gone with its scope, whatever is under way", () =>
    Effect.gen(function* () {
      const remote = yield* Effect.scoped(
        Effect.gen(function* () {
          const open = yield* FaultyRemote.start()
          open.script([{ kind: "hang" }])
          yield* Effect.forkDetach(Effect.ignore(post(open)))
          yield* soon(
            () => open.exchanges().length,
            (count) => count === 1
          )
          return open
        })
      )
      yield* soon(remote.connections, (count) => count === 0)
      assert.strictEqual(remote.connections(), 0)
      yield* Effect.flip(post(remote))
    })
  )
})

describe("an attempt", () => {
  let opened = 0
  let closed = 0
  const { credentials, events, plugin } = under({
    lanes: [{ name: "held", held: "no-credentials" }, { name: "main" }, { name: "returns" }],
    assign: ({ type }) => Destination.to(type === "order.placed" ? "main" : "returns"),
    open: () => {
      opened++
      return async () => void closed++
    }
  })
  const openFor = (url: string) => plugin({ settings: { url }, credentials: credentials![0] }).open

  it.live("is one request with all events, as the core makes it, and leaves nothing open", () =>
    Effect.gen(function* () {
      const remote = yield* FaultyRemote.start()
      const outcomes = yield* Attempt.deliver(yield* openFor(remote.origin), events)
      assert.deepStrictEqual(
        outcomes.values.map(({ _tag }) => _tag),
        ["Delivered", "Delivered"]
      )
      assert.deepStrictEqual(
        remote.exchanges().map(({ request }) => JSON.parse(request.body)),
        [
          [
            { id: "1", type: "order.placed", total: 5, coupon: "x" },
            { id: "2", type: "order.returned", why: "too small" }
          ]
        ]
      )
      assert.deepStrictEqual([opened, closed], [1, 1])
    })
  )

  it.live("has the verdict on it as a whole for each event, and is made once", () =>
    Effect.gen(function* () {
      const remote = yield* FaultyRemote.start({ answer: () => ({ status: 503 }) })
      const subject = yield* openFor(remote.origin)
      const outcomes = yield* Attempt.verdicts(subject, events, "returns")
      const again = { _tag: "Retry", reason: "unavailable", detail: "HTTP 503" } as const
      for (const outcome of outcomes) assert.deepInclude(outcome, again)
      assert.lengthOf(outcomes, 2)
      assert.lengthOf(remote.exchanges(), 1)
      assert.deepInclude((yield* Effect.flip(Attempt.check(subject))).outcome, again)
      assert.strictEqual(closed, opened)
    })
  )
})
