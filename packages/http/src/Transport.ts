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
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import { AnswerError } from "./AnswerError.ts"
import type { ClientCertificate } from "./ClientCertificate.ts"
import { openPool } from "./internal/openPool.ts"
import type { TransportError } from "./TransportError.ts"

/**
 * Connections and time limits of a channel. A limit that is not given is the operator's: the route's policy sets it
 * while a lane's connection is opened, and its default holds elsewhere.
 *
 * @since 1.0.0
 * @category models
 */
export interface Options {
  /** Connections at once, one request each; more requests wait their turn. Default 8. */
  readonly connections?: number
  /** To establish a connection: name service, proxy and handshake together. The policy's `connectTimeout` by default, 10 seconds where there is none. */
  readonly connect?: Duration.Input
  /** From a request sent to the head of its answer. The policy's `headersTimeout` by default, 30 seconds where there is none. */
  readonly headers?: Duration.Input
  /** To read the body of an answer, all of it. The policy's `bodyTimeout` by default, 30 seconds where there is none. */
  readonly body?: Duration.Input
  /**
   * How much of an answer is read, unpacked; at most 16 MiB. By default enough for the largest request that the limits of
   * the destination allow: a KiB for each event, 1 MiB at the least.
   */
  readonly answerBytes?: number
  /** For remotes that ask for one; none by default. */
  readonly clientCertificate?: ClientCertificate | undefined
}

/**
 * What a channel sends.
 *
 * @since 1.0.0
 * @category models
 */
export interface Request {
  readonly method: string
  /** Begins with a slash; may hold a query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

/**
 * Any answer, whatever its status.
 *
 * @since 1.0.0
 * @category models
 */
export interface Response {
  readonly status: number
  /** By lower-case name; repeated ones are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>
  /**
   * Unpacked, and at most the first `answerBytes`; the rest is not read. Less where the connection broke off within it: the
   * status and the headers stand.
   */
  readonly body: string
  /** Whether `body` is not the whole of it. */
  readonly truncated: boolean
}

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
 * Connections to one origin; closed with its scope, whatever is under way.
 *
 * @since 1.0.0
 * @category models
 */
export interface Channel {
  /** One request. Interruption gives it up and closes its connection. */
  readonly send: (request: Request) => Effect.Effect<Response, TransportError>
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
