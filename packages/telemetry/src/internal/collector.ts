/**
 * The way to an OpenTelemetry collector, over the transport that destinations use: it honours the same proxies and certificates,
 * and every wait has a limit. The log says once that the collector takes nothing, and once that it does again.
 */

import * as Log from "@millrace/core/Log"
import * as Transport from "@millrace/http/Transport"
import type { TransportError } from "@millrace/http/TransportError"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import type * as Scope from "effect/Scope"

/**
 * An OpenTelemetry collector that takes OTLP over HTTP.
 *
 * @since 1.0.0
 * @category models
 */
export interface Otlp {
  /** Its address: metrics go to `/v1/metrics` below it, spans to `/v1/traces`. */
  readonly url: string
  /** Headers of each request, asked for anew each time: their values may be secrets that change. */
  readonly headers: Effect.Effect<
    Readonly<Record<string, Redacted.Redacted<string>>>,
    { readonly message: string }
  >
  /** Milliseconds between two exports. */
  readonly interval: number
  /** In which form it is sent: `protobuf` unless it is given, which every collector takes. */
  readonly protocol?: "protobuf" | "json"
}

type Headers = Readonly<Record<string, Redacted.Redacted<string>>>

const limits = { connections: 2, connect: "5 seconds", headers: "10 seconds", body: "5 seconds" } as const

const bodyOf = ({ body }: HttpClientRequest.HttpClientRequest): Uint8Array =>
  body._tag === "Uint8Array" ? body.body : new Uint8Array(0)

/** The exporters of spans and metrics put names of their modules to every line: nobody looks for these. */
const write = (event: Log.Name, text: string): Effect.Effect<void> =>
  Effect.provideService(Log.write(event, text), References.CurrentLogAnnotations, {})

/** HTTP allows no body with these. */
const isBare = (status: number) => status === 204 || status === 205 || status === 304

export const make = Effect.fnUntraced(function* (
  origin: string,
  headers: Otlp["headers"]
): Effect.fn.Return<HttpClient.HttpClient, never, Scope.Scope> {
  const channel = yield* Transport.open(origin, limits)
  let isFailing = false

  const failing = (what: string) =>
    Effect.suspend(() => {
      if (isFailing) return Effect.void
      isFailing = true
      return write(
        "collector-failing",
        `the collector of telemetry takes nothing: ${what}; events are delivered all the same, and it is tried again`
      )
    })
  const working = Effect.suspend(() => {
    if (!isFailing) return Effect.void
    isFailing = false
    return write("collector-well", "the collector of telemetry takes it again")
  })

  return HttpClient.make((request, url) => {
    const refused = (cause: unknown) =>
      new HttpClientError.HttpClientError({
        reason: new HttpClientError.TransportError({ request, cause })
      })
    const broken = ({ code, reason }: TransportError) =>
      Effect.andThen(failing(`${reason} (${code})`), Effect.fail(refused(code)))
    const send = Effect.fnUntraced(function* (secrets: Headers) {
      const { "content-length": _, ...given } = request.headers
      const own = Object.entries(secrets).map(([name, value]) => [name, Redacted.value(value)])
      const { status, headers } = yield* channel.send({
        method: request.method,
        path: url.pathname + url.search,
        headers: { ...given, ...Object.fromEntries(own) },
        body: bodyOf(request)
      })
      yield* status < 300 ? working : failing(`status ${status}`)
      const retryAfter = headers["retry-after"]
      const answer = new Response(isBare(status) ? null : "", {
        status,
        headers: retryAfter === undefined ? {} : { "retry-after": retryAfter }
      })
      return HttpClientResponse.fromWeb(request, answer)
    })
    return Effect.matchEffect(headers, {
      onFailure: ({ message }) => Effect.andThen(failing(message), Effect.fail(refused(message))),
      onSuccess: (secrets) => Effect.catch(send(secrets), broken)
    })
  })
})
