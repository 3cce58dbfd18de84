/**
 * A collector of OpenTelemetry that reads OTLP by OpenTelemetry's own definitions, or as JSON, and answers as it is told.
 */
import { createServer, type IncomingHttpHeaders } from "node:http"
import type { AddressInfo } from "node:net"
import generated from "@opentelemetry/otlp-transformer/build/src/generated/root.js"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const Attributes = Schema.Array(
  Schema.Struct({
    key: Schema.String,
    value: Schema.Struct({
      stringValue: Schema.optionalKey(Schema.String),
      intValue: Schema.optionalKey(Schema.Union([Schema.String, Schema.Finite])),
      doubleValue: Schema.optionalKey(Schema.Finite),
      boolValue: Schema.optionalKey(Schema.Boolean)
    })
  })
)

const Resource = Schema.Struct({ attributes: Attributes })

const Nanos = Schema.String.check(Schema.isPattern(/^\d+$/))

const Spans = Schema.Struct({
  resourceSpans: Schema.Array(
    Schema.Struct({
      resource: Resource,
      scopeSpans: Schema.Array(
        Schema.Struct({
          spans: Schema.Array(
            Schema.Struct({
              traceId: Schema.String.check(Schema.isPattern(/^[0-9a-f]{32}$/)),
              spanId: Schema.String.check(Schema.isPattern(/^[0-9a-f]{16}$/)),
              name: Schema.String,
              kind: Schema.Int,
              startTimeUnixNano: Nanos,
              endTimeUnixNano: Nanos,
              attributes: Attributes,
              status: Schema.Struct({ code: Schema.Int, message: Schema.optionalKey(Schema.String) })
            })
          )
        })
      )
    })
  )
})

const NumberPoints = Schema.Array(
  Schema.Struct({
    attributes: Attributes,
    timeUnixNano: Nanos,
    asDouble: Schema.optionalKey(Schema.Finite),
    asInt: Schema.optionalKey(Schema.Union([Schema.String, Schema.Finite]))
  })
)

/** Of 64 bits: JSON allows both. */
const Count = Schema.Union([Schema.String, Schema.Finite])

const HistogramPoints = Schema.Array(
  Schema.Struct({
    attributes: Attributes,
    count: Count,
    sum: Schema.Finite,
    bucketCounts: Schema.Array(Count),
    explicitBounds: Schema.Array(Schema.Finite)
  })
)

const Metrics = Schema.Struct({
  resourceMetrics: Schema.Array(
    Schema.Struct({
      resource: Resource,
      scopeMetrics: Schema.Array(
        Schema.Struct({
          metrics: Schema.Array(
            Schema.Struct({
              name: Schema.String,
              description: Schema.String,
              unit: Schema.String,
              sum: Schema.optionalKey(
                Schema.Struct({ isMonotonic: Schema.Boolean, dataPoints: NumberPoints })
              ),
              gauge: Schema.optionalKey(Schema.Struct({ dataPoints: NumberPoints })),
              histogram: Schema.optionalKey(Schema.Struct({ dataPoints: HistogramPoints }))
            })
          )
        })
      )
    })
  )
})

export interface Taken {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
}

const plain = (attributes: typeof Attributes.Type): Readonly<Record<string, unknown>> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))

const ofPath = (taken: ReadonlyArray<Taken>, path: string) => taken.filter((one) => one.path === path)

/** All spans that were taken; fails at a request that is no OTLP. */
export const spansIn = (taken: ReadonlyArray<Taken>) =>
  ofPath(taken, "/otlp/v1/traces").flatMap(({ body }) =>
    Schema.decodeUnknownSync(Spans)(body).resourceSpans.flatMap(({ resource, scopeSpans }) =>
      scopeSpans.flatMap(({ spans }) =>
        spans.map((span) => ({
          ...span,
          resource: plain(resource.attributes),
          attributes: plain(span.attributes)
        }))
      )
    )
  )

/** The metrics of the last export; fails if it is no OTLP. */
export const metricsIn = (taken: ReadonlyArray<Taken>) => {
  const last = ofPath(taken, "/otlp/v1/metrics").at(-1)
  if (last === undefined) return undefined
  const [only] = Schema.decodeUnknownSync(Metrics)(last.body).resourceMetrics
  const metrics = new Map(only!.scopeMetrics[0]!.metrics.map((metric) => [metric.name, metric]))
  const point = (name: string, labels: Readonly<Record<string, string>> = {}) => {
    const metric = metrics.get(name)
    return [
      ...(metric?.sum?.dataPoints ?? []),
      ...(metric?.gauge?.dataPoints ?? []),
      ...(metric?.histogram?.dataPoints ?? [])
    ].find(({ attributes }) => {
      const given = plain(attributes)
      return Object.entries(labels).every(([key, value]) => given[key] === value)
    })
  }
  return { metrics, point, resource: plain(only!.resource.attributes) }
}

/** What OpenTelemetry's definitions make; its types do not tell the names in it. */
interface Request {
  readonly decode: (body: Uint8Array) => unknown
  readonly toObject: (message: unknown, options: object) => unknown
}
const {
  metrics: {
    v1: { ExportMetricsServiceRequest }
  },
  trace: {
    v1: { ExportTraceServiceRequest }
  }
} = (
  generated as unknown as {
    readonly opentelemetry: {
      readonly proto: {
        readonly collector: {
          readonly metrics: { readonly v1: { readonly ExportMetricsServiceRequest: Request } }
          readonly trace: { readonly v1: { readonly ExportTraceServiceRequest: Request } }
        }
      }
    }
  }
).opentelemetry.proto.collector

/** As OTLP has it in JSON: ids in hexadecimal, 64 bits as text. */
const asJson = (message: unknown): unknown =>
  JSON.parse(
    JSON.stringify(message, (_, value: unknown) =>
      typeof value === "object" &&
      value !== null &&
      "type" in value &&
      value.type === "Buffer" &&
      "data" in value
        ? Buffer.from(value.data as ReadonlyArray<number>).toString("hex")
        : value
    )
  )

const decoded = (path: string, body: Buffer): unknown => {
  const of = path.endsWith("/traces") ? ExportTraceServiceRequest : ExportMetricsServiceRequest
  return asJson(of.toObject(of.decode(body), { longs: String, defaults: true }))
}

/** Listens until the scope closes. */
export const start = Effect.acquireRelease(
  Effect.callback<{
    readonly url: string
    readonly taken: Array<Taken>
    answer: (path: string) => number | "hang"
    close: () => void
  }>((resume) => {
    const taken: Array<Taken> = []
    const server = createServer((request, response) => {
      const parts: Array<Buffer> = []
      request.on("data", (part: Buffer) => parts.push(part))
      request.on("end", () => {
        const path = request.url ?? ""
        const status = collector.answer(path)
        if (status === "hang") return
        if (status < 300)
          taken.push({
            path,
            headers: request.headers,
            body:
              request.headers["content-type"] === "application/x-protobuf"
                ? decoded(path, Buffer.concat(parts))
                : JSON.parse(Buffer.concat(parts).toString())
          })
        response.writeHead(status).end()
      })
    })
    const collector = {
      url: "",
      taken,
      answer: (_: string): number | "hang" => 200,
      close: () => {
        server.close()
        server.closeAllConnections()
      }
    }
    server.listen(0, "127.0.0.1", () => {
      collector.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/otlp`
      resume(Effect.succeed(collector))
    })
  }),
  ({ close }) => Effect.sync(close)
)
