/**
 * The credentials of a Segment destination: the write key of one source.
 *
 * @since 1.0.0
 */
import { ClientCertificate } from "@millrace/http/ClientCertificate"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/**
 * The credentials, all secrets redacted: a plain string is an error.
 *
 * @since 1.0.0
 * @category schemas
 */
export const Credentials = Schema.Struct({
  writeKey: Schema.Redacted(Schema.String)
    .annotate({
      description:
        "The write key of the source, from its API keys in Segment; sent as the user name of HTTP Basic."
    })
    // RFC 7617: the user name of HTTP Basic ends at the first colon.
    .check(
      Schema.makeFilter(
        (text) => /^[^:\s]+$/.test(Redacted.value(text)) || "expected a key without colons or spaces"
      )
    ),
  clientCertificate: Schema.optionalKey(ClientCertificate)
})

/**
 * The credentials, read.
 *
 * @since 1.0.0
 * @category models
 */
export type Credentials = typeof Credentials.Type
