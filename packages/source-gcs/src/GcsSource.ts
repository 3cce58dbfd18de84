/**
 * Objects of Google Cloud Storage: a Currents export, or events in JSON lines.
 *
 * What is new is found by listing; each object is read by ranges, from its checkpoint on. No object is ever changed, moved or
 * deleted.
 *
 * @since 1.0.0
 */
import { ObjectSettings, ObjectSource } from "@millrace/objects"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Client from "./internal/client.ts"
import * as Store from "./internal/store.ts"

/**
 * The settings.
 *
 * @since 1.0.0
 * @category schemas
 */
export const Settings = Schema.Struct({
  bucket: Schema.NonEmptyString.annotate({ description: "The bucket to read." }),
  ...ObjectSettings.fields,
  apiEndpoint: Schema.optionalKey(
    Schema.String.check(Schema.isPattern(/^https?:\/\/\S+$/, { message: "expected a URL" }))
  ).annotate({
    description:
      "Another address than Google's, such as `http://127.0.0.1:4443` of an emulator. Without credentials, none are shown there."
  })
})

/**
 * The settings, read.
 *
 * @since 1.0.0
 * @category models
 */
export type Settings = typeof Settings.Type

/**
 * The credentials. Without any, those of the platform: Application Default Credentials.
 *
 * @since 1.0.0
 * @category schemas
 */
export const Credentials = Schema.Struct({
  serviceAccountKey: Schema.optionalKey(Schema.Redacted(Schema.NonEmptyString)).annotate({
    description: "The content of the JSON key of a service account. Without it, the platform's credentials."
  })
})

/**
 * The plugin: `gcs({ settings, credentials })` is a source. A split is an object's name.
 *
 * @since 1.0.0
 * @category constructors
 */
export const gcs: ObjectSource.ObjectPlugin<typeof Settings.Encoded, typeof Credentials.Encoded> =
  ObjectSource.plugin({
    name: "@millrace/source-gcs",
    settings: Settings,
    credentials: Credentials,
    open: (settings, credentials) =>
      Effect.map(Client.open(settings, credentials), (bucket) => ({ store: Store.make(bucket) }))
  })
