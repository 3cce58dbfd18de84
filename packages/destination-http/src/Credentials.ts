/**
 * The credentials of an HTTP destination: what a request shows to be let in, and what it is signed with. All are
 * optional and may be combined; without any, requests carry none.
 *
 * @since 1.0.0
 */
import { ClientCertificate } from "@millrace/http/ClientCertificate"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Headers from "./internal/headers.ts"
import * as StandardWebhooks from "./StandardWebhooks.ts"

const secret = (description: string, problem: (text: string) => string | undefined) =>
  Schema.Redacted(Schema.String)
    .annotate({ description })
    .check(Schema.makeFilter((text) => problem(Redacted.value(text)) ?? true))

const sendable = (text: string) =>
  text !== "" && Headers.isSendable(text) ? undefined : "expected visible ASCII characters"

const filled = (text: string) => (text === "" ? "expected a secret that is not empty" : undefined)

const HeaderName = (description: string) =>
  Schema.String.annotate({ description }).check(
    Schema.makeFilter((name) => Headers.nameProblem(name) ?? true)
  )

/**
 * HTTP Basic (RFC 7617).
 *
 * @since 1.0.0
 * @category schemas
 */
export const Basic = Schema.Struct({
  // Some remotes take their key as the user name: it is as secret as the password.
  username: secret("The user name, or what the endpoint wants in its place; a secret too.", (text) =>
    /^[^:]+$/.test(text) ? undefined : "expected a user name without a colon"
  ),
  password: Schema.optionalKey(secret("The password; none by default.", () => undefined))
})

/**
 * An HMAC of the body as it is sent.
 *
 * @since 1.0.0
 * @category schemas
 */
export const Hmac = Schema.Struct({
  secret: secret("The secret that the endpoint knows too, as text.", filled),
  header: HeaderName("The header that carries the signature, such as `X-Hub-Signature-256`."),
  algorithm: Schema.Literals(["sha256", "sha512"])
    .annotate({ description: "The hash: `sha256` or `sha512`." })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("sha256"))),
  encoding: Schema.Literals(["hex", "base64"])
    .annotate({ description: "How the signature is written: `hex` or `base64`." })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("hex"))),
  prefix: Schema.String.annotate({ description: "What stands before the signature, such as `sha256=`." })
    .check(Schema.makeFilter((text) => Headers.isSendable(text) || "expected visible ASCII characters"))
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("")))
})

/**
 * An HMAC of the body, read.
 *
 * @since 1.0.0
 * @category models
 */
export type Hmac = typeof Hmac.Type

const webhookSecret = (description: string) => secret(description, StandardWebhooks.secretProblem)

/**
 * The credentials, all secrets redacted: a plain string is an error.
 *
 * @since 1.0.0
 * @category schemas
 */
export const Credentials = Schema.Struct({
  bearer: Schema.optionalKey(secret("A token, sent as `Authorization: Bearer`.", sendable)),
  basic: Schema.optionalKey(Basic.annotate({ description: "HTTP Basic: an `Authorization` header." })),
  headers: Schema.optionalKey(
    Schema.Record(Schema.String, secret("The header's value.", sendable))
      .annotate({ description: "Secret headers by name, such as `X-Api-Key`." })
      .check(
        Schema.makeFilter((headers: { readonly [name: string]: unknown }) => {
          const [problem] = Object.keys(headers).flatMap((name) => {
            const issue = Headers.nameProblem(name)
            return issue === undefined ? [] : [{ path: [name], issue }]
          })
          return problem ?? true
        })
      )
  ),
  hmac: Schema.optionalKey(Hmac.annotate({ description: "An HMAC of the body as it is sent." })),
  standardWebhooks: Schema.optionalKey(
    Schema.Struct({
      secret: webhookSecret("The signing secret: `whsec_` and 24 to 64 bytes in Base64."),
      formerSecret: Schema.optionalKey(
        webhookSecret("The secret before it: while it is given, requests carry a signature by each.")
      )
    }).annotate({ description: "The headers of [Standard Webhooks](https://www.standardwebhooks.com)." })
  ),
  clientCertificate: Schema.optionalKey(ClientCertificate)
}).check(
  Schema.makeFilter((credentials) => {
    const [twice] = Headers.repeated(headerNames(credentials))
    return twice === undefined || `expected each header once, ${twice} would be sent twice`
  })
)

/**
 * The credentials, read.
 *
 * @since 1.0.0
 * @category models
 */
export type Credentials = typeof Credentials.Type

/**
 * The names of the headers that a request carries for its credentials.
 *
 * @since 1.0.0
 * @category conversions
 */
export const headerNames = (
  credentials: Pick<Credentials, "bearer" | "basic" | "headers" | "standardWebhooks"> & {
    readonly hmac?: { readonly header: string }
  }
): ReadonlyArray<string> => [
  ...(credentials.bearer === undefined ? [] : ["authorization"]),
  ...(credentials.basic === undefined ? [] : ["authorization"]),
  ...Object.keys(credentials.headers ?? {}),
  ...(credentials.hmac === undefined ? [] : [credentials.hmac.header]),
  ...(credentials.standardWebhooks === undefined ? [] : StandardWebhooks.headerNames)
]
