/** The client of the vendor, loaded when a bucket is opened. */
import type { Bucket } from "@google-cloud/storage"
import { SourceError } from "@millrace/core/Source"
import * as Effect from "effect/Effect"
import { isObject } from "effect/Predicate"
import * as Redacted from "effect/Redacted"

export interface Settings {
  readonly bucket: string
  readonly apiEndpoint?: string
}

export interface Credentials {
  readonly serviceAccountKey?: Redacted.Redacted<string>
}

/** Its error quotes nothing: it may hold the key. */
const badKey = new SourceError({
  kind: "unauthorized",
  reason: "wrong-key",
  detail:
    "credentials.serviceAccountKey is no JSON key of a service account (client_email and private_key): download one anew"
})

interface Key {
  readonly client_email: string
  readonly private_key: string
}

const keyOf = (text: string): Key | undefined => {
  try {
    const key: unknown = JSON.parse(text)
    if (!isObject(key)) return undefined
    const { client_email, private_key } = key
    return typeof client_email === "string" && typeof private_key === "string"
      ? { client_email, private_key }
      : undefined
  } catch {
    return undefined
  }
}

export const open = Effect.fnUntraced(function* (
  { apiEndpoint, bucket }: Settings,
  { serviceAccountKey }: Credentials
): Effect.fn.Return<Bucket, SourceError> {
  const { Storage } = yield* Effect.promise(() => import("@google-cloud/storage"))
  const key = serviceAccountKey === undefined ? undefined : keyOf(Redacted.value(serviceAccountKey))
  if (serviceAccountKey !== undefined && key === undefined) return yield* badKey
  return new Storage({
    // No request of ours needs one, and the client would look for it.
    projectId: "none",
    retryOptions: { autoRetry: true, maxRetries: 3, totalTimeout: 60 },
    ...(key === undefined ? {} : { credentials: key }),
    ...(apiEndpoint === undefined ? {} : { apiEndpoint, useAuthWithCustomEndpoint: key !== undefined })
  }).bucket(bucket)
})
