/**
 * Objects of Azure Blob Storage: a Currents export, or events in JSON lines.
 *
 * What is new is found by listing, with a storage queue as a hint; each blob is read by ranges, from its checkpoint on. No blob is ever changed, moved or
 * deleted.
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
  Schema.isPattern(/^https?:\/\/[^\s?@#]+$/, {
    message: "expected a URL without a token: that goes below credentials"
  })
)

/**
 * The settings.
 *
 * @since 1.0.0
 * @category schemas
 */
export const Settings = Schema.Struct({
  container: Schema.NonEmptyString.annotate({ description: "The container to read." }),
  accountUrl: Schema.optionalKey(Url).annotate({
    description:
      "The account, such as `https://acme.blob.core.windows.net`. Needed without `credentials.connectionString`, which names it."
  }),
  ...ObjectSettings.fields,
  queue: Schema.optionalKey(Url).annotate({
    description:
      "The URL of a storage queue of its own that Event Grid fills, such as `https://acme.queue.core.windows.net/currents`, so that a blob is read within seconds. Its messages are deleted. It needs `@azure/storage-queue`."
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
 * The credentials. Without any, those of the platform by `@azure/identity`: environment, workload identity, managed identity,
 * the Azure CLI.
 *
 * @since 1.0.0
 * @category schemas
 */
export const Credentials = Schema.Struct({
  connectionString: Secret(
    "The connection string of the account, with its key or a shared access signature. It is a secret."
  ),
  sasToken: Secret("A shared access signature that may list and read, for the account of `accountUrl`.")
}).check(
  Schema.makeFilter(
    ({ connectionString, sasToken }) =>
      connectionString === undefined ||
      sasToken === undefined ||
      "expected connectionString or sasToken, or neither for the platform's credentials"
  )
)

/**
 * The plugin: `azureBlob({ settings, credentials })` is a source. A split is a blob's name.
 *
 * @since 1.0.0
 * @category constructors
 */
export const azureBlob: ObjectSource.ObjectPlugin<typeof Settings.Encoded, typeof Credentials.Encoded> =
  ObjectSource.plugin({
    name: "@millrace/source-azure-blob",
    settings: Settings,
    credentials: Credentials,
    open: Effect.fnUntraced(function* (settings, credentials) {
      const store = Store.make(yield* Client.open(settings, credentials))
      return settings.queue === undefined
        ? { store }
        : { store, told: yield* Queue.open(settings.queue, settings.container, credentials) }
    })
  })
