/**
 * Settings and credentials of the NATS source.
 *
 * @since 1.0.0
 */
import * as Schema from "effect/Schema"

const Name = (description: string) =>
  Schema.NonEmptyString.check(
    Schema.isPattern(/^[^\s.*>/\\]+$/, {
      message: "expected a name without spaces and none of . * > / \\ in it"
    })
  ).annotate({ description })

const Server = Schema.String.check(
  Schema.isPattern(/^(?:nats|tls):\/\/[^\s/@?#]+$/, {
    message:
      "expected nats://HOST:PORT, or tls://HOST:PORT, without a user: what lets Millrace in goes below credentials"
  })
)

const Subject = Schema.String.check(
  Schema.isPattern(/^[^\s]+$/, { message: "expected a subject, such as orders.> or orders.*.placed" })
)

/**
 * The settings.
 *
 * @since 1.0.0
 * @category schemas
 */
export const Settings = Schema.Struct({
  servers: Schema.NonEmptyArray(Server).annotate({
    description:
      "Where NATS is reached, one URL for each server of a cluster: `nats://HOST:PORT`, or `tls://HOST:PORT` where it must be encrypted."
  }),
  stream: Name("The name of the JetStream stream to read."),
  consumer: Name(
    "The name of the durable consumer that reads it, for this exporter alone. It is made where it is missing."
  ),
  subjects: Schema.optionalKey(
    Schema.NonEmptyArray(Subject).annotate({
      description: "Reads these subjects of the stream alone; wildcards as NATS has them. All without it."
    })
  ),
  format: Schema.Literals(["event", "braze-currents"]).annotate({
    description:
      "What a message holds: `event` for Millrace's own JSON of an event, `braze-currents` for an event as Braze Currents writes it."
  })
})

/**
 * The settings, read.
 *
 * @since 1.0.0
 * @category models
 */
export type Settings = typeof Settings.Type

const Secret = (description: string) =>
  Schema.optionalKey(Schema.Redacted(Schema.NonEmptyString).annotate({ description }))

/**
 * The credentials: at most one of a token, a user with a password, an NKey and a credentials file; TLS beside any of them.
 *
 * @since 1.0.0
 * @category schemas
 */
export const Credentials = Schema.Struct({
  token: Secret("The token that the server asks for."),
  user: Secret("The name of the user; needs `password`."),
  password: Secret("The password of the user; needs `user`."),
  nkey: Secret("The seed of an NKey: it begins with `SU`."),
  creds: Secret("The content of a `.creds` file, with its JWT and seed."),
  tls: Schema.optionalKey(
    Schema.Struct({
      authority: Secret("The certificates to trust, as PEM; the system's without it."),
      certificate: Secret("The certificate that Millrace shows, as PEM; needs `key`."),
      key: Secret("The private key of that certificate, as PEM.")
    }).annotate({ description: "Asks for TLS, whatever the scheme of the servers." })
  )
}).check(
  Schema.makeFilter(({ creds, nkey, password, tls, token, user }) => {
    if ((user === undefined) !== (password === undefined)) return "give user and password together"
    if ((tls?.certificate === undefined) !== (tls?.key === undefined))
      return "give tls.certificate and tls.key together"
    const ways = [token, user, nkey, creds].filter((way) => way !== undefined)
    return ways.length <= 1 || "give one of token, user with password, nkey and creds"
  })
)

/**
 * The credentials, read.
 *
 * @since 1.0.0
 * @category models
 */
export type Credentials = typeof Credentials.Type
