/** The client of the vendor, loaded when a store is opened. */
import process from "node:process"
import type { S3Client } from "@aws-sdk/client-s3"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"

export interface Settings {
  readonly region?: string
  readonly endpoint?: string
  readonly forcePathStyle: boolean
}

export interface Credentials {
  readonly accessKeyId?: Redacted.Redacted<string>
  readonly secretAccessKey?: Redacted.Redacted<string>
  readonly sessionToken?: Redacted.Redacted<string>
}

/** Milliseconds for a connection, for an answer to begin, and in which nothing comes of one that has begun. */
const timeouts = { connectionTimeout: 10_000, requestTimeout: 30_000, socketTimeout: 30_000 }

/** Node's agent goes through a proxy when it is told which environment to look for one in. */
const agent = { keepAlive: true, maxSockets: 64, proxyEnv: process.env }

/** Stores of others have a region in name only. */
const anyRegion = "us-east-1"

/** What both clients are made with. Without credentials they look for the platform's, and renew them before they end. */
export const configOf = (
  { endpoint, forcePathStyle, region = endpoint === undefined ? undefined : anyRegion }: Settings,
  { accessKeyId, secretAccessKey, sessionToken }: Credentials
) => ({
  ...(region === undefined ? {} : { region }),
  ...(endpoint === undefined ? {} : { endpoint }),
  ...(accessKeyId === undefined || secretAccessKey === undefined
    ? {}
    : {
        credentials: {
          accessKeyId: Redacted.value(accessKeyId),
          secretAccessKey: Redacted.value(secretAccessKey),
          ...(sessionToken === undefined ? {} : { sessionToken: Redacted.value(sessionToken) })
        }
      }),
  forcePathStyle,
  maxAttempts: 4,
  requestHandler: { ...timeouts, throwOnRequestTimeout: true, httpAgent: agent, httpsAgent: agent }
})

export type Config = ReturnType<typeof configOf>

/** Closed with the scope. */
export const open = (config: Config): Effect.Effect<S3Client, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.map(
      Effect.promise(() => import("@aws-sdk/client-s3")),
      ({ S3Client }) =>
        new S3Client({
          ...config,
          // Other stores do not know the newer ones.
          requestChecksumCalculation: "WHEN_REQUIRED",
          responseChecksumValidation: "WHEN_REQUIRED"
        })
    ),
    (client) => Effect.sync(() => client.destroy())
  )
