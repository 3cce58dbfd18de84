/** The client of the vendor, loaded when a container is opened. */
import type { DefaultAzureCredential } from "@azure/identity"
import type { ContainerClient, StoragePipelineOptions } from "@azure/storage-blob"
import { SourceError } from "@millrace/core/Source"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

export interface Settings {
  readonly container: string
  readonly accountUrl?: string
}

export interface Credentials {
  readonly connectionString?: Redacted.Redacted<string>
  readonly sasToken?: Redacted.Redacted<string>
}

export const options = {
  retryOptions: { maxTries: 4, tryTimeoutInMs: 30_000, retryDelayInMs: 500, maxRetryDelayInMs: 5_000 }
} satisfies StoragePipelineOptions

const refused = (reason: string, detail: string) => new SourceError({ kind: "fatal", reason, detail })

const noAccount = refused(
  "no-account",
  "the account is not named: set settings.accountUrl, or give credentials.connectionString"
)

const noIdentity = refused(
  "not-installed",
  "the platform's credentials need @azure/identity; install it: npm install @azure/identity; or give credentials"
)

/** Its error quotes nothing: it may hold the key. */
const badString = refused(
  "bad-connection-string",
  "credentials.connectionString is none: copy it anew from the account's access keys"
)

/** Those of the platform. It asks for tokens when they are needed, and renews them before they end. */
export const identityOf: Effect.Effect<DefaultAzureCredential, SourceError> = Effect.map(
  Effect.tryPromise({ try: () => import("@azure/identity"), catch: () => noIdentity }),
  ({ DefaultAzureCredential }) => new DefaultAzureCredential()
)

export const open = Effect.fnUntraced(function* (
  { accountUrl, container }: Settings,
  { connectionString, sasToken }: Credentials
): Effect.fn.Return<ContainerClient, SourceError> {
  const { BlobServiceClient } = yield* Effect.promise(() => import("@azure/storage-blob"))
  if (connectionString !== undefined) {
    const service = yield* Effect.try({
      try: () => BlobServiceClient.fromConnectionString(Redacted.value(connectionString), options),
      catch: () => badString
    })
    return service.getContainerClient(container)
  }
  if (accountUrl === undefined) return yield* noAccount
  if (sasToken !== undefined) {
    const url = `${accountUrl}?${Redacted.value(sasToken).replace(/^\?/, "")}`
    return new BlobServiceClient(url, undefined, options).getContainerClient(container)
  }
  return new BlobServiceClient(accountUrl, yield* identityOf, options).getContainerClient(container)
})
