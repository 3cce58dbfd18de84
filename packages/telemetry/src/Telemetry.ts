/**
 * Metrics and spans of one exporter. Provide `observe` where the exporter is started; then ask for a page, or push.
 *
 * @since 1.0.0
 */
import process from "node:process"
import type { Observe } from "@millrace/core/Observer"
import * as Observer from "@millrace/core/Observer"
import type { Overview } from "@millrace/operations/Overview"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type * as Scope from "effect/Scope"
import type { Otlp } from "./internal/collector.ts"
import { observed } from "./internal/observed.ts"
import * as Series from "./internal/Series.ts"
import { standing } from "./internal/standing.ts"
import { Metrics } from "./Metrics.ts"

export type { Otlp } from "./internal/collector.ts"

/**
 * Of which exporter it is.
 *
 * @since 1.0.0
 * @category models
 */
export interface Options {
  /** The name of the exporter. */
  readonly exporter: string
  /** Who it is among several that share an outbox; what it sends names it. */
  readonly instance?: string
  /** The version of the program that runs it. */
  readonly version: string
  readonly otlp?: Otlp | undefined
}

/**
 * The telemetry of one exporter.
 *
 * @since 1.0.0
 * @category models
 */
export interface Telemetry {
  /** To be provided as `Observer` where the exporter is started. */
  readonly observe: Observe
  /** All metrics in Prometheus' text format, of an exporter that stands so. See `contentType`. */
  readonly prometheus: (overview: Overview) => Effect.Effect<string>
  /**
   * Sends metrics to the collector until the scope closes, and once more then; asks how the exporter stands before each time. Without a collector it
   * does nothing. Never fails: the log says when the collector takes nothing, and when it does again.
   */
  readonly push: (
    overview: Effect.Effect<Overview, { readonly message: string }>
  ) => Effect.Effect<void, never, Scope.Scope>
}

/**
 * The media type of what `prometheus` yields.
 *
 * @since 1.0.0
 * @category constants
 */
export const contentType = "text/plain; version=0.0.4; charset=utf-8"

/**
 * Makes it. The spans that are under way are sent when the scope closes.
 *
 * @since 1.0.0
 * @category constructors
 */
export const make: (options: Options) => Effect.Effect<Telemetry, never, Scope.Scope> = Effect.fnUntraced(
  function* ({ exporter, instance, version, otlp }) {
    const seen = Series.make()
    const collect = (overview: Overview, now: number): Metric.MetricRegistry => {
      const found = Series.make()
      standing(overview, now, found)
      found.record(Metrics.build, { exporter, version, node: process.version }, 1)
      const { user, system } = process.cpuUsage()
      found.record(Metrics.processCpu, {}, (user + system) / 1_000_000)
      found.record(Metrics.processMemory, {}, process.memoryUsage.rss())
      return new Map([...found.registry, ...seen.registry])
    }
    const metrics = observed(seen)
    const sending =
      otlp === undefined ? undefined : yield* sendingTo(otlp, { exporter, instance, version, collect, seen })
    return {
      observe: Observer.all([metrics, sending?.observe]) ?? metrics,
      push: sending?.push ?? (() => Effect.void),
      prometheus: Effect.fnUntraced(function* (overview) {
        // Loaded when somebody asks: it brings a router of HTTP with it.
        const { formatUnsafe } = yield* Effect.promise(() => import("effect/observability/PrometheusMetrics"))
        const registry = collect(overview, yield* Clock.currentTimeMillis)
        return formatUnsafe(Context.make(Metric.MetricRegistry, registry))
      })
    }
  }
)

const sendingTo = Effect.fnUntraced(function* (
  otlp: Otlp,
  {
    seen,
    ...own
  }: {
    readonly exporter: string
    readonly instance: string | undefined
    readonly version: string
    readonly collect: (overview: Overview, now: number) => Metric.MetricRegistry
    readonly seen: Series.Series
  }
) {
  // Loaded where there is a collector.
  const { start } = yield* Effect.promise(() => import("./internal/otlp.ts"))
  return yield* start({ ...otlp, ...own, onDropped: () => seen.record(Metrics.droppedSpans, {}, 1) })
})
