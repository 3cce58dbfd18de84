import type { Reason } from "../TransportError.ts"

const reasons: ReadonlyMap<string, Reason> = new Map([
  ["ECONNREFUSED", "refused"],
  ["ENOTFOUND", "unresolved"],
  ["EAI_AGAIN", "unresolved"],
  ["ECONNRESET", "reset"],
  ["EPIPE", "reset"],
  ["UND_ERR_SOCKET", "reset"],
  ["UND_ERR_CONNECT_TIMEOUT", "timeout-connect"],
  ["ETIMEDOUT", "timeout-connect"],
  ["UND_ERR_HEADERS_TIMEOUT", "timeout-headers"],
  ["UND_ERR_BODY_TIMEOUT", "timeout-body"],
  ["UND_ERR_DESTROYED", "aborted"],
  ["UND_ERR_CLOSED", "aborted"]
])

/** Codes of OpenSSL's verdicts on a certificate, and of Node's and OpenSSL's own errors. */
const tls = /CERT|ISSUER|SIGNATURE|CRL|^ERR_TLS|^ERR_SSL|^EPROTO$|^UND_ERR_PRX_TLS$/

/** By code alone: a message may quote what was sent. */
export const reasonOf = (cause: unknown): { readonly reason: Reason; readonly code: string } => {
  const code = codeOf(cause)
  return { reason: reasons.get(code) ?? (tls.test(code) ? "tls" : "other"), code }
}

const codeOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return "unknown"
  return "code" in cause && typeof cause.code === "string" ? cause.code : cause.name
}
