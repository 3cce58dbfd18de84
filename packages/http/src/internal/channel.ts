/** What passes through a channel, and what bounds it. */
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type { ClientCertificate } from "../ClientCertificate.ts"
import type { TransportError } from "../TransportError.ts"

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
 * Connections to one origin; closed with its scope, whatever is under way.
 *
 * @since 1.0.0
 * @category models
 */
export interface Channel {
  /** One request. Interruption gives it up and closes its connection. */
  readonly send: (request: Request) => Effect.Effect<Response, TransportError>
}
