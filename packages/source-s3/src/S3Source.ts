/**
 * Objects of Amazon S3, or of any store that speaks its protocol: a Currents export, or events in JSON lines.
 *
 * What is new is found by listing, with an SQS queue as a hint; each object is read by ranges, from its checkpoint on. No object
 * is ever changed, moved or deleted.
 *
 * @since 1.0.0
 */
import { ObjectSettings, ObjectSource } from "@millrace/objects"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Client from "./internal/client.ts"
import * as Queue from "./internal/queue.ts"
import * as Store from "./internal/store.ts"

const Url = Schema.String.check(
  Schema.makeFilter(
    (text) => (/^https?:\/\//.test(text) && URL.canParse(text)) || "expected a URL with http:// or https://"
  )
)

/**
 * The settings.
 *
 * @since 1.0.0
 * @category schemas
 */
export const Settings = Schema.Struct({
  bucket: Schema.NonEmptyString.annotate({ description: "The bucket to read." }),
  ...ObjectSettings.fields,
  region: Schema.optionalKey(Schema.NonEmptyString).annotate({
    description:
      "The region of the bucket, such as `eu-west-1`. Without it, the platform's: `AWS_REGION`, or the profile's."
  }),
  endpoint: Schema.optionalKey(Url).annotate({
    description: "The address of another store than Amazon's, such as `http://127.0.0.1:9000` for MinIO."
  }),
  forcePathStyle: Schema.Boolean.annotate({
    description:
      "Whether the bucket stands in the path of the URL instead of its host name, as most other stores want it."
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(false))),
  queue: Schema.optionalKey(Url).annotate({
    description:
      "The URL of an SQS queue of its own that gets the bucket's notifications, so that an object is read within seconds. Its messages are deleted. It needs `@aws-sdk/client-sqs`."
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
  Schema.optionalKey(Schema.Redacted(Schema.NonEmptyString)).annotate({ description })

/**
 * The credentials. Without any, the platform's chain: environment, profile, web identity, container, instance.
 *
 * @since 1.0.0
 * @category schemas
 */
export const Credentials = Schema.Struct({
  accessKeyId: Secret("The id of an access key. Without it and the next, the platform's credentials."),
  secretAccessKey: Secret("Its secret."),
  sessionToken: Secret("The token of a session, for keys that end.")
}).check(
  Schema.makeFilter(({ accessKeyId, secretAccessKey, sessionToken }) =>
    (accessKeyId === undefined) === (secretAccessKey === undefined) &&
    (sessionToken === undefined || accessKeyId !== undefined)
      ? true
      : "expected accessKeyId and secretAccessKey together, or neither for the platform's credentials"
  )
)

/**
 * The plugin: `s3({ settings, credentials })` is a source. A split is an object's key.
 *
 * @since 1.0.0
 * @category constructors
 */
export const s3: ObjectSource.ObjectPlugin<typeof Settings.Encoded, typeof Credentials.Encoded> =
  ObjectSource.plugin({
    name: "@millrace/source-s3",
    settings: Settings,
    credentials: Credentials,
    open: Effect.fnUntraced(function* (settings, credentials) {
      const given = Client.configOf(settings, credentials)
      const store = Store.make(yield* Client.open(given), settings)
      return settings.queue === undefined
        ? { store }
        : { store, told: yield* Queue.open(given, settings.queue, settings.bucket) }
    })
  })
