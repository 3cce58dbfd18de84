/**
 * The credentials of an mParticle destination: a key and a secret for each feed.
 *
 * @since 1.0.0
 */
import { ClientCertificate } from "@millrace/http/ClientCertificate"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

const key = Schema.Redacted(Schema.String)
  .annotate({ description: "The feed's server-to-server key." })
  // RFC 7617: the user name of HTTP Basic ends at the first colon.
  .check(
    Schema.makeFilter((text) => /^[^:]+$/.test(Redacted.value(text)) || "expected a key without a colon")
  )

const secret = Schema.Redacted(Schema.String)
  .annotate({ description: "The feed's server-to-server secret." })
  .check(Schema.makeFilter((text) => Redacted.value(text) !== "" || "expected a secret that is not empty"))

/**
 * The names of the feeds. `unbound` acts as no platform.
 *
 * @since 1.0.0
 * @category schemas
 */
export const FeedName = Schema.Literals(["ios", "android", "web", "unbound"])

/**
 * The name of a feed.
 *
 * @since 1.0.0
 * @category models
 */
export type FeedName = typeof FeedName.Type

/**
 * One feed's key and secret, both redacted: a plain string is an error.
 *
 * @since 1.0.0
 * @category schemas
 */
export const Pair = Schema.Struct({ key, secret })

/**
 * One feed's key and secret, read.
 *
 * @since 1.0.0
 * @category models
 */
export type Pair = typeof Pair.Type

/**
 * One app of the Braze workspace, with a feed of its own or by that of its platform.
 *
 * @since 1.0.0
 * @category schemas
 */
export const App = Schema.Struct({
  appId: Schema.NonEmptyString.annotate({ description: "The `app_id` of the app's events in Braze." }),
  feed: FeedName.annotate({
    description:
      "The platform of the app: `ios`, `android`, `web` or `unbound`. A feed of its own acts as that."
  }),
  key: Schema.optionalKey(key),
  secret: Schema.optionalKey(secret)
}).check(
  Schema.makeFilter(({ key, secret }) =>
    (key === undefined) === (secret === undefined)
      ? true
      : {
          path: [key === undefined ? "key" : "secret"],
          issue:
            "expected key and secret of the app's own feed, or neither: then it takes the pair of its platform"
        }
  )
)

const feed = (description: string) => Schema.optionalKey(Pair.annotate({ description }))

/**
 * The credentials. The same pair may stand in several places: then one feed takes it all.
 *
 * @since 1.0.0
 * @category schemas
 */
export const Credentials = Schema.Struct({
  ios: feed("The feed that acts as iOS; tvOS goes there too."),
  android: feed("The feed that acts as Android; Kindle and Fire TV go there too."),
  web: feed("The feed that acts as Web."),
  unbound: feed(
    "The feed that acts as no platform: for e-mail, SMS, WhatsApp, LINE, RCS, webhook, campaign and canvas events, and apps of another platform."
  ),
  apps: Schema.optionalKey(
    Schema.Array(App).annotate({
      description:
        "A list: which platform an app is of, for events that do not tell, and feeds of single apps."
    })
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
