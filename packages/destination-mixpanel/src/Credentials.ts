/**
 * The credentials of a Mixpanel destination: a service account, or the token of the project.
 *
 * @since 1.0.0
 */
import { ClientCertificate } from "@millrace/http/ClientCertificate"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

// RFC 7617: the user name of HTTP Basic ends at the first colon.
const isUserName = Schema.makeFilter(
  (text: Redacted.Redacted<string>) =>
    /^[^:\s]+$/.test(Redacted.value(text)) || "expected a text without colons or spaces"
)

/**
 * A service account, both its parts redacted: a plain string is an error.
 *
 * @since 1.0.0
 * @category schemas
 */
export const ServiceAccount = Schema.Struct({
  username: Schema.Redacted(Schema.String)
    .annotate({ description: "The service account's user name." })
    .check(isUserName),
  secret: Schema.Redacted(Schema.String)
    .annotate({ description: "The service account's secret." })
    .check(Schema.makeFilter((text) => Redacted.value(text) !== "" || "expected a secret that is not empty"))
})

/**
 * One of the two, with a client certificate if one is asked for.
 *
 * @since 1.0.0
 * @category schemas
 */
export const Credentials = Schema.Struct({
  serviceAccount: Schema.optionalKey(
    ServiceAccount.annotate({
      description:
        "A service account of the project, Owner or Admin; with it `projectId` is set. Exactly one of it and `token` is given."
    })
  ),
  token: Schema.optionalKey(
    Schema.Redacted(Schema.String)
      .annotate({
        description:
          "The project's token; or its API secret, with which Braze signs in, deprecated by Mixpanel."
      })
      .check(isUserName)
  ),
  clientCertificate: Schema.optionalKey(ClientCertificate)
}).check(
  Schema.makeFilter(
    ({ serviceAccount, token }) =>
      (serviceAccount === undefined) !== (token === undefined) ||
      "expected exactly one of serviceAccount and token"
  )
)

/**
 * The credentials, read.
 *
 * @since 1.0.0
 * @category models
 */
export type Credentials = typeof Credentials.Type
