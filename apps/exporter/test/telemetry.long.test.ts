/** The real command with its telemetry: what Prometheus reads, and what a collector is sent, agree with the ledger. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Log from "@millrace/core/Log"
import { Emulator } from "@millrace/mparticle-emulator"
import * as Effect from "effect/Effect"
import { assertEnded, loggedBy } from "./support/millrace.ts"
import * as World from "./support/world.ts"

interface Request {
  readonly path: string
  readonly key: unknown
  readonly body: string
}

/** Takes whatever it is sent. */
const startCollector = Effect.gen(function* () {
  const requests: Array<Request> = []
  const server = createServer((request, response) => {
    let body = ""
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text
    })
    request.on("end", () => {
      requests.push({ path: request.url ?? "", key: request.headers["x-api-key"], body })
      response.end()
    })
  })
  yield* Effect.acquireRelease(
    Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))),
    () =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      })
  )
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, requests }
})

const page = (port: number) =>
  Effect.promise(async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`)
    return { status: answer.status, type: answer.headers.get("content-type"), text: await answer.text() }
  })

/** The sum of the samples of a metric whose labels hold these texts. */
const sum = (text: string, name: string, ...labels: ReadonlyArray<string>): number =>
  text
    .split("\n")
    .filter((line) => /^[a-z]/.test(line) && line.replace(/[ {].*/, "") === name)
    .filter((line) => labels.every((label) => line.includes(label)))
    .reduce((total, line) => total + Number(line.split(" ").at(-1)), 0)

const collectorKey = "planted-key-of-the-collector-77aa"

describe("the telemetry of a run", () => {
  it.live("that follows: one refused feed, the page, and the same in words", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const emulator = yield* Emulator.start({ feeds: World.feeds })
      const port = yield* World.freePort
      world.writeExport({ seed: 5, events: 200 })
      const file = world.configure(World.configuration(emulator.url, { top: { admin: { port } } }))
      const environment = { MP_WEB_SECRET: "planted-secret-that-is-wrong-31bc" }
      const program = yield* world.start(["run", file, "--follow"], { environment })
      yield* program.says('"lane":"web"')
      let text = ""
      const open = 'millrace_lane_open{route="mparticle",lane="web"} 0'
      const look = Effect.map(page(port), (found) => {
        assert.strictEqual(found.status, 200)
        assert.match(found.type ?? "", /^text\/plain; version=0\.0\.4/)
        text = found.text
      })
      while (!text.includes(open)) yield* Effect.andThen(look, Effect.sleep("50 millis"))
      assert.match(text, /millrace_lane_closed\{route="mparticle",lane="web",reason="[a-z-]+"\} 1/)
      assert.include(text, 'millrace_attention{condition="closed",route="mparticle",lane="web"} 1')
      assert.isAbove(sum(text, "millrace_waiting_events", 'lane="web"'), 0)
      assert.isAbove(sum(text, "millrace_attempt_seconds_count", 'outcome="unauthorized"'), 0)
      assert.match(text, /millrace_source_lag_seconds\{source="default"\} \d/)
      assert.isAbove(sum(text, "millrace_outbox_bytes"), 0)
      while (sum(text, "millrace_events_total", 'outcome="delivered"') < emulator.state().totals.events)
        yield* Effect.andThen(look, Effect.sleep("50 millis"))
      program.kill("SIGTERM")
      const ended = yield* program.ended
      assertEnded(ended, 3)
      const logged = loggedBy(ended)
      for (const { event } of logged) assert.property(Log.events, String(event))
      const closed = logged.find(({ event }) => event === "lane-closed")
      assert.deepInclude(closed, { level: "WARN", route: "mparticle", lane: "web" })
      assert.include(text, `lane="web",reason="${closed?.["reason"]}"} 1`)
      for (const secret of Object.values(environment)) assert.notInclude(text + ended.stderr, secret)
    }).pipe(Effect.scoped)
  )

  it.live("that ends: metrics and spans reach the collector before it is over, by workers too", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const emulator = yield* Emulator.start({ feeds: World.feeds })
      const collector = yield* startCollector
      world.writeExport({ seed: 6, events: 400 })
      const headers = { "x-api-key": { env: "COLLECTOR_KEY" } }
      const telemetry = { otlp: { url: collector.url, headers, protocol: "json" } }
      const file = world.configure(World.configuration(emulator.url, { top: { telemetry, workers: 2 } }))
      const program = yield* world.start(["run", file], { environment: { COLLECTOR_KEY: collectorKey } })
      const ended = yield* program.ended
      assertEnded(ended, 0)
      const of = (path: string) => collector.requests.filter((request) => request.path === path)
      const spans = of("/v1/traces")
        .map(({ body }) => body)
        .join("\n")
      for (const name of ["millrace.chunk", "millrace.append", "millrace.attempt"])
        assert.include(spans, `"name":"${name}"`)
      const last = of("/v1/metrics").at(-1)?.body ?? ""
      const events = emulator.state().totals.events
      assert.isAbove(events, 0)
      const metrics: ReadonlyArray<{
        readonly name: string
        readonly sum?: {
          readonly dataPoints: ReadonlyArray<{
            readonly asDouble: number
            readonly attributes: ReadonlyArray<{ readonly value: { readonly stringValue: string } }>
          }>
        }
      }> = JSON.parse(last).resourceMetrics[0].scopeMetrics[0].metrics
      const delivered = metrics
        .find(({ name }) => name === "millrace_events_total")
        ?.sum?.dataPoints.filter(({ attributes }) =>
          attributes.some(({ value }) => value.stringValue === "delivered")
        )
        .reduce((total, { asDouble }) => total + asDouble, 0)
      assert.strictEqual(delivered, events)
      assert.isTrue(collector.requests.every(({ key }) => key === collectorKey))
      assert.notInclude(ended.stderr + ended.stdout, collectorKey)
    }).pipe(Effect.scoped)
  )
})
