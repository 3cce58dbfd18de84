/** What reaches a collector of OpenTelemetry, over a real connection. */
import { createServer, type IncomingHttpHeaders, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { OutboxMemory, Outcome } from "@millrace/core"
import * as Transport from "@millrace/http/Transport"
import { Telemetry } from "@millrace/telemetry"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as Collector from "./support/collector.ts"
import * as Exporter from "./support/exporter.ts"

const memory = Effect.provide(OutboxMemory.layer)
const crm = { route: "crm", lane: "main" }

const rejecting: Exporter.Answer = (id) =>
  /^event-\d*5$/.test(id) ? Outcome.rejected("bad-request", "words of the remote") : undefined

/** Waits until it holds; the test hangs if it never does. */
const until = (holds: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => (holds() ? Effect.void : Effect.andThen(Effect.sleep(5), until(holds))))

const recorded = () => {
  const lines: Array<string> = []
  /** The names of all that stands beside their words. */
  const fields = new Set<string>()
  const logger = Logger.map(Logger.formatStructured, ({ annotations, level, message }) => {
    lines.push(`${level} ${[message].flat().join(" ")}`)
    for (const name of Object.keys(annotations)) fields.add(name)
  })
  return { lines, fields, layer: Logger.layer([logger]) }
}

const key = Redacted.make("s3cret-of-the-collector")

/** Runs an exporter that tells a collector, until `done` holds; then it ends. */
const told = Effect.fnUntraced(function* (
  url: string,
  options: {
    readonly done: () => boolean
    readonly headers?: Telemetry.Otlp["headers"]
    readonly protocol?: "protobuf" | "json"
    /** Made before each attempt. */
    readonly before?: Effect.Effect<void>
  }
) {
  const scope = yield* Scope.make()
  const ledger = yield* Effect.gen(function* () {
    const headers = options.headers ?? Effect.succeed({ "x-api-key": key })
    const { before, protocol = "protobuf" } = options
    const otlp = { url, headers, interval: 100, protocol }
    const telemetry = yield* Telemetry.make({ exporter: "shop", instance: "one", version: "1.2.3", otlp })
    const { overview, running } = yield* Exporter.start(
      Exporter.definition(Exporter.destination(rejecting, ["main"], before)),
      telemetry
    )
    yield* telemetry.push(overview)
    yield* until(options.done)
    return yield* running.ledger
  }).pipe(Scope.provide(scope))
  yield* Scope.close(scope, Exit.void)
  return ledger
})

const forms = ["protobuf", "json"] as const
const types = { protobuf: "application/x-protobuf", json: "application/json" } as const

/** What a request of any destination has, and no `traceparent`, `tracestate`, `b3`, `x-b3-traceid` or `baggage`. */
const expected = ["host", "accept-encoding", "content-length", "connection"]

/** A remote over a real connection, and the headers that it is sent. */
const listening = Effect.acquireRelease(
  Effect.callback<{
    readonly url: string
    readonly headers: Array<IncomingHttpHeaders>
    readonly server: Server
  }>((resume) => {
    const headers: Array<IncomingHttpHeaders> = []
    const server = createServer((request, response) => {
      headers.push(request.headers)
      request.resume().once("end", () => response.end())
    })
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, headers, server }))
    })
  }),
  ({ server }) =>
    Effect.sync(() => {
      server.close()
      server.closeAllConnections()
    })
)

describe("a collector of OpenTelemetry", () => {
  it.live.each(forms)(
    "is sent the metrics as %s, with the ledger's counts, units and the name of the exporter",
    (protocol) =>
      Effect.gen(function* () {
        const collector = yield* Collector.start
        const delivered = () => {
          const point = Collector.metricsIn(collector.taken)?.point("millrace_events_total", {
            ...crm,
            outcome: "delivered"
          })
          return point !== undefined && "asDouble" in point && point.asDouble === 40
        }
        const ledger = yield* told(collector.url, { done: delivered, protocol })
        assert.deepStrictEqual(ledger.routes["crm"]?.delivered, { main: 40 })
        const { metrics, point, resource } = Collector.metricsIn(collector.taken)!
        assert.strictEqual(resource["service.name"], "shop")
        assert.strictEqual(resource["service.version"], "1.2.3")
        assert.strictEqual(resource["service.instance.id"], "one")
        assert.isTrue(metrics.get("millrace_events_total")?.sum?.isMonotonic)
        assert.strictEqual(metrics.get("millrace_attempt_seconds")?.unit, "s")
        assert.strictEqual(metrics.get("millrace_outbox_bytes")?.unit, "By")
        const attempts = point("millrace_attempt_seconds", crm)
        assert.isTrue(attempts !== undefined && "bucketCounts" in attempts && Number(attempts.count) > 0)
        const open = point("millrace_lane_open", crm)
        assert.isTrue(open !== undefined && "asDouble" in open && open.asDouble === 1)
      }).pipe(Effect.scoped, memory)
  )

  it.live.each(forms)(
    "is sent as %s a span for each chunk, append and attempt, with their own times",
    (protocol) =>
      Effect.gen(function* () {
        const collector = yield* Collector.start
        const before = Date.now()
        const all = () => Collector.spansIn(collector.taken)
        const attempts = () => all().filter(({ name }) => name === "millrace.attempt")
        // An attempt has ten events or fewer: how many there are is the machine's.
        const attempted = () =>
          attempts().reduce((total, { attributes }) => total + Number(attributes["millrace.events"]), 0)
        yield* told(collector.url, { protocol, done: () => attempted() >= 45 })
        const after = Date.now()
        const spans = all()
        const of = (name: string) => spans.filter((span) => span.name === name)
        assert.strictEqual(of("millrace.chunk").length, 5)
        assert.strictEqual(of("millrace.append").length, 5)
        assert.strictEqual(new Set(spans.map(({ spanId }) => spanId)).size, spans.length)
        for (const { startTimeUnixNano, endTimeUnixNano, resource } of spans) {
          assert.isAtLeast(Number(startTimeUnixNano) / 1e6, before - 1)
          assert.isAtMost(Number(endTimeUnixNano) / 1e6, after + 1)
          assert.isTrue(BigInt(startTimeUnixNano) <= BigInt(endTimeUnixNano))
          assert.strictEqual(resource["service.name"], "shop")
        }
        assert.strictEqual(attempted(), 45)
        const partly = attempts().find(({ attributes }) => attributes["millrace.outcome"] === "partly")
        assert.strictEqual(partly?.attributes["millrace.reason"], "bad-request")
        assert.notInclude(JSON.stringify(collector.taken), "words of the remote")
        const [first] = collector.taken
        assert.strictEqual(first?.headers["content-type"], types[protocol])
      }).pipe(Effect.scoped, memory)
  )

  it.live("is sent spans evenly, however many there are, and those that failed beside them", () =>
    Effect.gen(function* () {
      const collector = yield* Collector.start
      const scope = yield* Scope.make()
      const began = Date.now()
      const attempts = (outcome: "delivered" | "retry") =>
        Collector.spansIn(collector.taken).filter(
          ({ attributes }) => attributes["millrace.outcome"] === outcome
        )
      yield* Effect.gen(function* () {
        const otlp = { url: collector.url, headers: Effect.succeed({}), interval: 10_000 }
        const telemetry = yield* Telemetry.make({ exporter: "shop", version: "1.2.3", otlp })
        const told = { ...crm, _tag: "Attempt", messages: 1, events: 1, bytes: 1, attempts: 1 } as const
        for (let at = began; at < began + 10_000; at++) {
          telemetry.observe({ ...told, began: at, ended: at, outcome: "delivered" })
          if (at % 500 === 0)
            telemetry.observe({ ...told, began: at, ended: at, outcome: "retry", reason: "throttled" })
        }
      }).pipe(Scope.provide(scope))
      yield* Scope.close(scope, Exit.void)
      const found = attempts("delivered")
      assert.isAtLeast(found.length, 1000)
      assert.isAtMost(found.length, 1100)
      assert.strictEqual(attempts("retry").length, 20)
      for (let second = 1; second < 10; second++) {
        const inIt = found.filter(
          ({ startTimeUnixNano }) => Math.floor((Number(startTimeUnixNano) / 1e6 - began) / 1000) === second
        )
        assert.isAtLeast(inIt.length, 90, `second ${second}`)
      }
    })
  )

  it.live("is told of attempts of which the remote is told nothing: no header of a trace", () =>
    Effect.gen(function* () {
      const collector = yield* Collector.start
      const { headers, url } = yield* listening
      const channel = yield* Transport.open(url)
      const request = {
        method: "POST",
        path: "/",
        headers: {},
        body: new TextEncoder().encode("{}")
      } as const
      yield* told(collector.url, {
        // As in a program that traces what it does: the attempt stands in a span, and so does the whole exporter.
        before: Effect.asVoid(Effect.orDie(channel.send(request))).pipe(Effect.withSpan("attempt")),
        done: () => Collector.spansIn(collector.taken).some(({ name }) => name === "millrace.attempt")
      }).pipe(Effect.withSpan("program"))
      assert.isAbove(headers.length, 0)
      for (const found of headers)
        assert.deepStrictEqual(
          Object.keys(found).filter((name) => !expected.includes(name)),
          []
        )
    }).pipe(Effect.scoped, memory)
  )

  it.live("is sent headers that are secrets, and nobody else sees them", () => {
    const { lines, layer } = recorded()
    return Effect.gen(function* () {
      const collector = yield* Collector.start
      const { taken } = collector
      let turn = 0
      const headers = Effect.sync(() => ({ "x-api-key": Redacted.make(`${Redacted.value(key)}-${turn++}`) }))
      yield* told(collector.url, {
        headers,
        done: () => new Set(taken.map(({ headers }) => headers["x-api-key"])).size > 2
      })
      assert.isTrue(taken.every(({ headers }) => headers["x-api-key"]?.includes(Redacted.value(key))))
      assert.notInclude(JSON.stringify(taken.map(({ body }) => body)), Redacted.value(key))
      assert.notInclude(lines.join("\n"), Redacted.value(key))
    }).pipe(Effect.scoped, memory, Effect.provide(layer))
  })

  const troubles: ReadonlyArray<
    readonly [string, (collector: { answer: (path: string) => number | "hang" }) => void]
  > = [
    ["refuses", (collector) => (collector.answer = () => 401)],
    ["fails", (collector) => (collector.answer = () => 503)],
    ["says nothing", (collector) => (collector.answer = () => "hang")]
  ]
  for (const [name, trouble] of troubles)
    it.live(`that ${name} holds up no event, and the log says so at most once`, () => {
      const { fields, lines, layer } = recorded()
      return Effect.gen(function* () {
        const collector = yield* Collector.start
        let isDelivered = false
        trouble(collector)
        const scope = yield* Scope.make()
        yield* Effect.gen(function* () {
          const otlp = { url: collector.url, headers: Effect.succeed({ "x-api-key": key }), interval: 20 }
          const telemetry = yield* Telemetry.make({ exporter: "shop", version: "1", otlp })
          const { overview, running } = yield* Exporter.start(
            Exporter.definition(Exporter.destination(() => undefined)),
            telemetry
          )
          yield* telemetry.push(overview)
          const ended = Effect.flatMap(running.ledger, (ledger) =>
            Effect.sync(() => {
              isDelivered = ledger.routes["crm"]?.delivered["main"] === 45
            })
          )
          while (
            !isDelivered ||
            (name !== "says nothing" && !lines.some((line) => line.includes("collector")))
          )
            yield* Effect.andThen(ended, Effect.sleep(5))
        }).pipe(Scope.provide(scope))
        collector.close()
        yield* Scope.close(scope, Exit.void)
        assert.isTrue(isDelivered)
        assert.isAtMost(lines.filter((line) => line.includes("collector")).length, 1)
        for (const name of ["package", "module"]) assert.isFalse(fields.has(name), name)
        assert.notInclude(lines.join("\n"), Redacted.value(key))
      }).pipe(Effect.scoped, memory, Effect.provide(layer))
    })

  it.live("that takes it again is told of in the log", () => {
    const { lines, layer } = recorded()
    return Effect.gen(function* () {
      const collector = yield* Collector.start
      let asked = 0
      collector.answer = () => (asked++ < 2 ? 503 : 200)
      yield* told(collector.url, { done: () => lines.some((line) => line.includes("takes it again")) })
      assert.isAbove(collector.taken.length, 0)
      assert.strictEqual(lines.filter((line) => line.includes("takes nothing: status 503")).length, 1)
    }).pipe(Effect.scoped, memory, Effect.provide(layer))
  })
})
