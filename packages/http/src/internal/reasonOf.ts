/** The declared reason that an error of Node or OpenSSL stands for. */
import type { Reason } from "../TransportError.ts"

const reasons: ReadonlyMap<string, Reason> = new Map([
  ["ECONNREFUSED", "refused"],
  ["ENOTFOUND", "unresolved"],
  ["EAI_AGAIN", "unresolved"],
  ["ECONNRESET", "reset"],
  ["EPIPE", "reset"],
  ["ETIMEDOUT", "timeout-connect"]
])

/** A remote's alerts about the certificate that it was shown, or not shown. */
const aboutOurs = /ALERT_(?:BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_|UNKNOWN_CA|ACCESS_DENIED)/

/** Codes of OpenSSL's verdicts on a certificate, and of Node's and OpenSSL's own errors. */
const tls = /CERT|ISSUER|SIGNATURE|CRL|^ERR_TLS|^ERR_SSL|^EPROTO$/

/** By code alone: a message may quote what was sent. */
export const reasonOf = (cause: unknown): { readonly reason: Reason; readonly code: string } => {
  const code = codeOf(cause)
  return { reason: reasons.get(code) ?? byPattern(code), code }
}

const byPattern = (code: string): Reason => {
  if (aboutOurs.test(code)) return "client-certificate"
  return tls.test(code) ? "tls" : "other"
}

const codeOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return "unknown"
  return "code" in cause && typeof cause.code === "string" ? cause.code : cause.name
}
