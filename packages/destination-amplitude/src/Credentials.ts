/**
 * The credentials of an Amplitude destination: the API key of one project.
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
  apiKey: Schema.Redacted(Schema.String)
    .annotate({
      description:
        "The API key of the project, from its settings in Amplitude; put into the body when it is sent."
    })
    .check(
      Schema.makeFilter(
        (text) => /^[\w-]+$/.test(Redacted.value(text)) || "expected a key of letters and digits alone"
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
