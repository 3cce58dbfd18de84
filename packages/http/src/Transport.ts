/**
 * How destinations send: one small service over HTTP/1.1, replaceable in tests and under simulation. It makes one
 * attempt, follows no redirect, adds no header of its own beyond what HTTP asks for, and never retries.
 *
 * The default is a pool of connections by Node's own client, in the caller's scope. It honours `HTTP_PROXY`,
 * `HTTPS_PROXY` and `NO_PROXY`; Node itself honours `NODE_EXTRA_CA_CERTS`.
 *
 * @since 1.0.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import { AnswerError } from "./AnswerError.ts"
import type { Channel, Options, Request, Response } from "./internal/channel.ts"
import { openPool } from "./internal/openPool.ts"

export type { Channel, Options, Request, Response } from "./internal/channel.ts"

/**
 * The body of an answer as a JSON value. Fails where it was cut, and where it is no JSON.
 *
 * @since 1.0.0
 * @category conversions
 */
export const json = ({ body, truncated }: Response): Result.Result<unknown, AnswerError> => {
  if (truncated) return Result.fail(new AnswerError({ reason: "truncated", read: Buffer.byteLength(body) }))
  return Result.try({
    try: (): unknown => JSON.parse(body),
    catch: () => new AnswerError({ reason: "not-json", read: Buffer.byteLength(body) })
  })
}

/**
 * What opens channels.
 *
 * @since 1.0.0
 * @category services
 */
export interface Transport {
  /** `origin` is scheme, host and port. Nothing is connected before the first request. */
  readonly open: (origin: string, options?: Options) => Effect.Effect<Channel, never, Scope.Scope>
}

/**
 * The transport in use: a reference, so it asks for no layer. Replace it with `Effect.provideService`.
 *
 * @since 1.0.0
 * @category services
 */
export const Transport = Context.Reference<Transport>("@millrace/http/Transport", {
  defaultValue: () => ({ open: openPool })
})

/**
 * Opens a channel of the transport in use.
 *
 * @since 1.0.0
 * @category constructors
 */
export const open = (origin: string, options?: Options): Effect.Effect<Channel, never, Scope.Scope> =>
  Effect.flatMap(Transport, (transport) => transport.open(origin, options))

/**
 * A channel for authors who write promises.
 *
 * @since 1.0.0
 * @category models
 */
export interface PromiseChannel {
  /** Rejects with a `TransportError`; `signal` gives the request up. */
  readonly send: (request: Request, signal?: AbortSignal) => Promise<Response>
  readonly close: () => Promise<void>
}

/**
 * A channel of the default transport for authors who write promises. Call `close` when it is not needed any more. It
 * knows of no policy: hand on the `limits` that `Destination.connectAsync` gives, which are `options` as they stand.
 *
 * @since 1.0.0
 * @category constructors
 */
export const promise = (origin: string, options?: Options): PromiseChannel => {
  const scope = Effect.runSync(Scope.make())
  const channel = Effect.runSync(Scope.provide(openPool(origin, options), scope))
  return {
    send: (request, signal) =>
      Effect.runPromise(channel.send(request), signal === undefined ? {} : { signal }),
    close: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}
