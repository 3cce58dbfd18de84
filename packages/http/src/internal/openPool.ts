import { Timeouts } from "@millrace/core/Policy"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { EnvHttpProxyAgent } from "undici"
import type { Channel, Options, Response } from "../Transport.ts"
import { TransportError } from "../TransportError.ts"
import { readText } from "./readText.ts"
import { reasonOf } from "./reasonOf.ts"

/** The longest timer that Node has; limits below a millisecond, or none, are no limits to it. */
const longest = 2 ** 31 - 1

const limit = (given: Duration.Input | undefined, otherwise: number): number =>
  Math.min(longest, Math.max(1, Math.ceil(given === undefined ? otherwise : Duration.toMillis(given))))

/** What the author of a plugin gave goes before what the operator gave. */
const limitsOf = ({ connect, headers, body }: Options, policy: Timeouts): Timeouts => ({
  connect: limit(connect, policy.connect),
  headers: limit(headers, policy.headers),
  body: limit(body, policy.body)
})

export const openPool = (
  given: string,
  options: Options = {}
): Effect.Effect<Channel, never, Scope.Scope> => {
  // What is shown holds no credentials, even when the origin was given with some.
  const { origin } = new URL(given)
  return Effect.flatMap(Timeouts, (policy) => {
    const limits = limitsOf(options, policy)
    return Effect.acquireRelease(makeAgent(options.connections ?? 8, limits), (agent) =>
      Effect.promise(() => agent.destroy())
    ).pipe(
      Effect.match({
        onSuccess: (agent): Channel => ({ send: sender(agent, origin, limits.body) }),
        onFailure: (code): Channel => ({
          send: () => Effect.fail(new TransportError({ origin, reason: "other", code }))
        })
      })
    )
  })
}

const makeAgent = (
  connections: number,
  { connect, headers }: Timeouts
): Effect.Effect<EnvHttpProxyAgent, string> =>
  Effect.try({
    try: () =>
      new EnvHttpProxyAgent({
        connections,
        connectTimeout: connect,
        headersTimeout: headers,
        // The limit below is for the whole body; this one would be for each gap within it.
        bodyTimeout: 0,
        // One request a connection: one that breaks costs one attempt, and limits mean what they say.
        allowH2: false
      }),
    // The cause quotes the proxy's URL, which may hold a password.
    catch: () => "HTTP_PROXY or HTTPS_PROXY is no URL"
  })

const sender = (agent: EnvHttpProxyAgent, origin: string, bodyLimit: number): Channel["send"] => {
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
            Effect.timeoutOrElse({ duration: bodyLimit, orElse: () => slow }),
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
