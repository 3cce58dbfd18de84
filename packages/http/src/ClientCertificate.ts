/**
 * A client certificate, with which a remote knows the one that connects (mutual TLS): one setting for all destinations.
 *
 * @since 1.0.0
 */
import { createSecureContext } from "node:tls"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/**
 * The certificate with what it needs to be used, all redacted: a plain string is an error. A key that cannot be read, or
 * that belongs to another certificate, is an error too.
 *
 * @since 1.0.0
 * @category schemas
 */
export const ClientCertificate = Schema.Struct({
  certificate: Schema.Redacted(Schema.String).annotate({
    description: "The certificate in PEM, followed by those between it and its authority, if there are any."
  }),
  key: Schema.Redacted(Schema.String).annotate({ description: "Its private key in PEM." }),
  passphrase: Schema.optionalKey(
    Schema.Redacted(Schema.String).annotate({ description: "The key's passphrase, if it has one." })
  )
})
  .annotate({ description: "A client certificate, for a remote that asks for one (mutual TLS)." })
  .check(Schema.makeFilter((given) => problemOf(given) ?? true))

/**
 * The certificate, read.
 *
 * @since 1.0.0
 * @category models
 */
export type ClientCertificate = typeof ClientCertificate.Type

// internal

const problemOf = (given: {
  readonly certificate: Redacted.Redacted<string>
  readonly key: Redacted.Redacted<string>
  readonly passphrase?: Redacted.Redacted<string>
}) => {
  const cert = Redacted.value(given.certificate)
  const passphrase = given.passphrase === undefined ? {} : { passphrase: Redacted.value(given.passphrase) }
  if (isRefused({ cert })) return { path: ["certificate"], issue: "expected a certificate in PEM" }
  if (isRefused({ key: Redacted.value(given.key), ...passphrase })) {
    return { path: ["key"], issue: "expected a private key in PEM, and its passphrase if it has one" }
  }
  return isRefused({ cert, key: Redacted.value(given.key), ...passphrase })
    ? { path: ["key"], issue: "expected the private key of the certificate; this is that of another" }
    : undefined
}

/** What OpenSSL says may quote what it was given: it is not repeated. */
const isRefused = (options: Parameters<typeof createSecureContext>[0]): boolean => {
  try {
    createSecureContext(options)
    return false
  } catch {
    return true
  }
}
