/**
 * Why a request got no answer.
 *
 * @since 1.0.0
 */
import * as Schema from "effect/Schema"

/**
 * What happened, as far as it can be told apart: nobody listens (`refused`), no such host (`unresolved`), a bad
 * certificate or handshake (`tls`), a connection broken off (`reset`), a time limit, a request given up on this side
 * (`aborted`), anything else (`other`).
 *
 * @since 1.0.0
 * @category models
 */
export const Reason = Schema.Literals([
  "refused",
  "unresolved",
  "tls",
  "reset",
  "timeout-connect",
  "timeout-headers",
  "timeout-body",
  "aborted",
  "other"
])

/**
 * Why there was no complete answer.
 *
 * @since 1.0.0
 * @category models
 */
export type Reason = typeof Reason.Type

/**
 * A request got no complete answer: the remote may or may not have acted on it. The message names the origin and
 * what to do; it never holds a header, a body or credentials.
 *
 * @since 1.0.0
 * @category errors
 */
export class TransportError extends Schema.TaggedError<TransportError>()("TransportError", {
  /** Scheme, host and port, without credentials. */
  origin: Schema.String,
  reason: Reason,
  /** The system's or the client's own code, such as `ECONNREFUSED`. */
  code: Schema.String
}) {
  override get message(): string {
    return `${this.origin} ${advice[this.reason]} (${this.code})`
  }
}

// internal

const advice: { readonly [R in Reason]: string } = {
  refused: "refused the connection; check the address and that something listens there",
  unresolved: "cannot be resolved; check the host name and the name service",
  tls: "offered no acceptable TLS connection; check the certificate, or set NODE_EXTRA_CA_CERTS",
  reset: "broke the connection off; it is safe to try again where messages carry ids",
  "timeout-connect": "did not accept a connection in time; check the address, firewalls and proxy",
  "timeout-headers": "did not answer in time; raise the limit if it is known to be slow",
  "timeout-body": "did not finish its answer in time; raise the limit if it is known to be slow",
  aborted: "was not waited for: the request was given up on this side",
  other: "could not be reached or did not speak HTTP; check the address and any proxy in between"
}
