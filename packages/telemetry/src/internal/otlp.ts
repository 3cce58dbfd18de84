/** Metrics and spans on their way to an OpenTelemetry collector, as OTLP over HTTP. */
import type { Observe } from "@millrace/core/Observer"
import type { Overview } from "@millrace/operations/Overview"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as OtlpExporter from "effect/observability/OtlpExporter"
import * as OtlpMetrics from "effect/observability/OtlpMetrics"
import * as OtlpSerialization from "effect/observability/OtlpSerialization"
import * as OtlpTracer from "effect/observability/OtlpTracer"
import type * as Scope from "effect/Scope"
import * as Collector from "./collector.ts"
import * as Spans from "./spans.ts"

export interface Sending {
  readonly observe: Observe
  /** Sends the metrics until the scope closes. */
  readonly push: (
    overview: Effect.Effect<Overview, { readonly message: string }>
  ) => Effect.Effect<void, never, Scope.Scope>
}

export interface Options extends Collector.Otlp {
  readonly exporter: string
  readonly instance: string | undefined
  readonly version: string
  /** All metrics, with those of an exporter that stands so. */
  readonly collect: (overview: Overview, now: number) => Metric.MetricRegistry
  readonly onDropped: () => void
}

/** The longest that the end of a run waits for a collector, once for metrics and once for spans. */
const shutdownTimeout = "1 second"

/** Both signals below one address, as OTLP has it. */
const addressOf = (url: string, signal: "traces" | "metrics"): string =>
  `${url.replace(/\/+$/, "")}/v1/${signal}`

export const start = Effect.fnUntraced(function* (
  options: Options
): Effect.fn.Return<Sending, never, Scope.Scope> {
  const { collect, exporter, headers, instance, interval, onDropped, protocol, url, version } = options
  const scope = yield* Effect.scope
  const client = yield* Collector.make(new URL(url).origin, headers)
  const context = yield* Layer.buildWithScope(
    Layer.mergeAll(
      Layer.succeed(HttpClient.HttpClient, client),
      protocol === "json" ? OtlpSerialization.layerJson : OtlpSerialization.layerProtobuf,
      OtlpExporter.layerFlusher
    ),
    scope
  )
  const resource = {
    serviceName: exporter,
    serviceVersion: version,
    ...(instance === undefined ? {} : { attributes: { "service.instance.id": instance } })
  }
  const tracer = yield* Effect.provide(
    OtlpTracer.make({
      url: addressOf(url, "traces"),
      resource,
      exportInterval: interval,
      maxBatchSize: 512,
      shutdownTimeout
    }),
    context
  )
  const observe = Spans.make(tracer, interval, onDropped)
  const registry: Metric.MetricRegistry = new Map()

  const refresh = (overview: Overview) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      registry.clear()
      for (const [key, metric] of collect(overview, now)) registry.set(key, metric)
    })

  return {
    observe,
    push: Effect.fnUntraced(function* (overview) {
      // An exporter that cannot tell how it stands says so elsewhere; what it told last is sent again.
      const look = Effect.ignore(Effect.flatMap(overview, refresh))
      yield* look
      // Shortly before what was seen is sent.
      const first = Effect.sleep(interval * 0.8)
      yield* Effect.forkScoped(
        Effect.andThen(first, Effect.forever(Effect.andThen(look, Effect.sleep(interval))))
      )
      yield* OtlpMetrics.make({
        url: addressOf(url, "metrics"),
        resource,
        exportInterval: interval,
        temporality: "cumulative",
        shutdownTimeout
      }).pipe(Effect.provideService(Metric.MetricRegistry, registry), Effect.provide(context))
      // Before the last export: finalizers run backwards.
      yield* Effect.addFinalizer(() => look)
    })
  }
})
