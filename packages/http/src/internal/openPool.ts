import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { EnvHttpProxyAgent } from "undici"
import type { Channel, Options, Response } from "../Transport.ts"
import { TransportError } from "../TransportError.ts"
import { readText } from "./readText.ts"
import { reasonOf } from "./reasonOf.ts"

const millis = (given: Duration.Input | undefined, otherwise: Duration.Input) =>
  Duration.toMillis(given ?? otherwise)

export const openPool = (
  given: string,
  options: Options = {}
): Effect.Effect<Channel, never, Scope.Scope> => {
  // What is shown holds no credentials, even when the origin was given with some.
  const { origin } = new URL(given)
  return Effect.acquireRelease(makeAgent(options), (agent) => Effect.promise(() => agent.destroy())).pipe(
    Effect.match({
      onSuccess: (agent): Channel => ({ send: sender(agent, origin, options) }),
      onFailure: (code): Channel => ({
        send: () => Effect.fail(new TransportError({ origin, reason: "other", code }))
      })
    })
  )
}

const makeAgent = (options: Options): Effect.Effect<EnvHttpProxyAgent, string> =>
  Effect.try({
    try: () =>
      new EnvHttpProxyAgent({
        connections: options.connections ?? 8,
        connectTimeout: millis(options.connect, "10 seconds"),
        headersTimeout: millis(options.headers, "30 seconds"),
        // The limit below is for the whole body; this one would be for each gap within it.
        bodyTimeout: 0,
        // One request a connection: one that breaks costs one attempt, and limits mean what they say.
        allowH2: false
      }),
    // The cause quotes the proxy's URL, which may hold a password.
    catch: () => "HTTP_PROXY or HTTPS_PROXY is no URL"
  })

const sender = (agent: EnvHttpProxyAgent, origin: string, options: Options): Channel["send"] => {
  const error = (cause: unknown) => new TransportError({ origin, ...reasonOf(cause) })
  const slow = Effect.fail(new TransportError({ origin, reason: "timeout-body", code: "body limit" }))
  return ({ method, path, headers, body }) =>
    Effect.suspend(() => {
      const abort = new AbortController()
      return Effect.tryPromise({
        try: () => agent.request({ origin, method, path, headers, body: body ?? null, signal: abort.signal }),
        catch: error
      }).pipe(
        Effect.flatMap((answer) =>
          Effect.tryPromise({ try: () => readText(answer.body), catch: error }).pipe(
            Effect.timeoutOrElse({ duration: millis(options.body, "30 seconds"), orElse: () => slow }),
            Effect.map(
              (text): Response => ({
                status: answer.statusCode,
                headers: flatten(answer.headers),
                body: text
              })
            )
          )
        ),
        // On failure and on interruption: whatever is still open of the request is closed.
        Effect.onError(() => Effect.sync(() => abort.abort()))
      )
    })
}

const flatten = (
  headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
): Readonly<Record<string, string>> => {
  const flat: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined) flat[name.toLowerCase()] = typeof value === "string" ? value : value.join(", ")
  }
  return flat
}
