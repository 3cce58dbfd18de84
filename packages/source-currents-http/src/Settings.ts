/**
 * Settings and credentials of the receiver.
 *
 * @since 1.0.0
 */
import * as ByteSize from "effect/ByteSize"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

const timeLimit = (description: string, byDefault: string) =>
  Schema.DurationFromString.annotate({ description })
    .check(
      Schema.makeFilter((limit) => {
        const milliseconds = Duration.toMillis(limit)
        return (milliseconds >= 1 && milliseconds <= 3_600_000) || "expected 1 millisecond to 1 hour"
      })
    )
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(byDefault)))

const count = (description: string, most: number, byDefault: number) =>
  Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: most }))
    .annotate({ description })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(byDefault)))

const mebibyte = 1024 * 1024

/**
 * The settings.
 *
 * @since 1.0.0
 * @category schemas
 */
export const Settings = Schema.Struct({
  host: Schema.NonEmptyString.annotate({
    description: "The address to listen on; `0.0.0.0` for all of this machine."
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed("127.0.0.1"))),
  port: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 }))
    .annotate({ description: "The port to listen on; 0 takes a free one." })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(8080))),
  urlPath: Schema.String.check(
    Schema.isPattern(/^\/[^?#\s]*$/, { message: "expected the path of a URL, such as /currents" })
  )
    .annotate({ description: "The path of the URL that Braze posts to." })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("/currents"))),
  healthPath: Schema.String.check(
    Schema.isPattern(/^\/[^?#\s]*$/, { message: "expected the path of a URL, such as /healthz" })
  )
    .annotate({
      description:
        "The path at which a `GET` is answered 200 while the source receives, and 503 while it stops; for load balancers, without a token."
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("/healthz"))),
  // Braze sends no event of more than 900 KB: any request that it can split fits into this in the end.
  bodySize: Schema.ByteSizeFromString.annotate({
    description:
      "The largest body that is taken, unpacked, and the most that is held of all bodies together; `1 MiB` to `256 MiB`."
  })
    .check(
      Schema.makeFilter((size) => {
        const bytes = ByteSize.toNumberUnsafe(size)
        return (bytes >= mebibyte && bytes <= 256 * mebibyte) || "expected 1 MiB to 256 MiB"
      })
    )
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("16 MiB"))),
  concurrency: count(
    "Requests that are read or stored at once, at most 256; others are told to come later.",
    256,
    128
  ),
  connections: count(
    "Connections that are open at once, at most 10000; those that showed no token make room for others.",
    10_000,
    256
  ),
  receiveTimeout: timeLimit(
    "The longest that a request may take to arrive, all of it; at most `1 hour`.",
    "30 seconds"
  ),
  storeTimeout: timeLimit("The longest that a request waits to be stored.", "60 seconds"),
  drainTimeout: timeLimit(
    "The longest that requests under way may take when the exporter stops.",
    "5 seconds"
  )
})

/**
 * The settings, read.
 *
 * @since 1.0.0
 * @category models
 */
export type Settings = typeof Settings.Type

const Token = (description: string) =>
  Schema.Redacted(Schema.String)
    .annotate({ description })
    .check(
      Schema.makeFilter(
        (token) =>
          /^[A-Za-z0-9._~+/-]+=*$/.test(Redacted.value(token)) ||
          "expected letters, digits and `-._~+/` with `=` at the end at most, as a bearer token has them"
      )
    )

const Pem = (description: string) => Schema.Redacted(Schema.NonEmptyString).annotate({ description })

/**
 * The credentials: what Braze shows, and what the receiver shows by itself where it speaks TLS.
 *
 * @since 1.0.0
 * @category schemas
 */
export const Credentials = Schema.Struct({
  token: Token("What Braze shows: the bearer token that stands in its form."),
  formerToken: Schema.optionalKey(Token("The token before it, which holds too while one follows the other.")),
  tls: Schema.optionalKey(
    Schema.Struct({
      certificate: Pem("The certificate with its chain, as PEM."),
      key: Pem("The private key of the certificate, as PEM.")
    }).annotate({ description: "Speaks HTTPS; without it, plain HTTP for a proxy that speaks HTTPS." })
  )
})

/**
 * The credentials, read.
 *
 * @since 1.0.0
 * @category models
 */
export type Credentials = typeof Credentials.Type
