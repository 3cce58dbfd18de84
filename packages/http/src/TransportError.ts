/**
 * Why a request got no answer.
 *
 * @since 1.0.0
 */
import * as Schema from "effect/Schema"

/**
 * What happened, as far as it can be told apart: nobody listens (`refused`), no such host (`unresolved`), a bad
 * certificate or handshake (`tls`), a client certificate that is missing or not accepted (`client-certificate`), a proxy
 * that does not let us through or is not set rightly (`proxy`), a connection broken off (`reset`), a time limit, a
 * request given up on this side (`aborted`), anything else (`other`).
 *
 * @since 1.0.0
 * @category models
 */
export const Reason = Schema.Literals([
  "refused",
  "unresolved",
  "tls",
  "client-certificate",
  "proxy",
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
 * A request got no complete answer: the remote may or may not have acted on it. The message names the origin, the proxy
 * if that is at fault, and what to do; it never holds a header, a body or credentials.
 *
 * @since 1.0.0
 * @category errors
 */
export class TransportError extends Schema.TaggedError<TransportError>()("TransportError", {
  /** Scheme, host and port, without credentials. */
  origin: Schema.String,
  reason: Reason,
  /** The system's or the client's own code, such as `ECONNREFUSED`. */
  code: Schema.String,
  /** Scheme, host and port of the proxy, without credentials, where it failed and not the remote. */
  proxy: Schema.optionalKey(Schema.String)
}) {
  override get message(): string {
    const { code, origin, proxy, reason } = this
    if (proxy !== undefined)
      return `${origin} cannot be reached: the proxy ${proxy} ${byProxy(reason, code)} (${code})`
    return reason === "proxy"
      ? `${origin} cannot be reached: ${code}`
      : `${origin} ${reason === "tls" && /ALERT/.test(code) ? refusedTls : advice[reason]} (${code})`
  }
}

// internal

const advice: { readonly [R in Exclude<Reason, "proxy">]: string } = {
  refused: "refused the connection; check the address and that something listens there",
  unresolved: "cannot be resolved; check the host name and the name service",
  tls: "offered no acceptable TLS connection; check the certificate, or set NODE_EXTRA_CA_CERTS",
  "client-certificate":
    "asks for a client certificate, or does not accept the one it got; set clientCertificate in the credentials, and check that it is valid and known there",
  reset: "broke the connection off; it is safe to try again where messages carry ids",
  "timeout-connect": "did not accept a connection in time; check the address, firewalls and proxy",
  "timeout-headers": "did not answer in time; raise the limit if it is known to be slow",
  "timeout-body": "did not finish its answer in time; raise the limit if it is known to be slow",
  aborted: "was not waited for: the request was given up on this side",
  other: "could not be reached or did not speak HTTP; check the address and any proxy in between"
}

/** The remote's word, not ours: under TLS 1.2 it does not say whether it misses a certificate. */
const refusedTls =
  "refused the TLS connection; if it asks for a client certificate, set clientCertificate in the credentials"

/** What a proxy did, and what to do about it. */
const byProxy = (reason: Reason, code: string): string => {
  switch (reason) {
    case "refused":
    case "unresolved":
      return `${advice[reason].split(";")[0]}; check HTTPS_PROXY or HTTP_PROXY and that the proxy runs`
    case "tls":
      return "offered no acceptable TLS connection; check its certificate, or set NODE_EXTRA_CA_CERTS"
    case "timeout-connect":
      return "did not connect to it in time; check the proxy, or add the host to NO_PROXY"
    case "proxy":
      return answers[code] ?? "did not connect to it; check the address, or ask those who run the proxy"
    default:
      return "broke the connection off or did not speak HTTP; check HTTPS_PROXY or HTTP_PROXY"
  }
}

const answers: { readonly [code: string]: string | undefined } = {
  "HTTP 403": "does not allow it; have the host allowed there, or add it to NO_PROXY",
  "HTTP 407":
    "asks for a user name and a password, or does not accept those it got; set them as in HTTPS_PROXY=http://user:password@host:port",
  "HTTP 502": "could not connect to it; check the address, and whether the proxy may reach it",
  "HTTP 503": "could not connect to it; check the address, and whether the proxy may reach it",
  "HTTP 504": "got no connection to it in time; check the address, and whether the proxy may reach it"
}
