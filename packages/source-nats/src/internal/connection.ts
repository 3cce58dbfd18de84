/** The connection to NATS of one run: it is not repaired but made anew, from the checkpoint, so nothing is in doubt. */

import type { SourceError } from "@millrace/core/Source"
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream"
import {
  type Authenticator,
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  type NatsConnection,
  nkeyAuthenticator,
  tokenAuthenticator,
  usernamePasswordAuthenticator
} from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { Credentials, Settings } from "../Settings.ts"
import { type Asked, ask, failure, refused } from "./failure.ts"
import * as Version from "./version.ts"

export interface Connection {
  readonly nats: NatsConnection
  readonly manager: JetStreamManager
  /** Fails when the connection is over, or the server refuses something that has no answer. */
  readonly broken: Effect.Effect<never, SourceError>
}

/** Milliseconds for a server to answer. */
const patience = 5000
/** Milliseconds for what is under way to leave before the connection is closed. */
const farewell = 1000

export const askedOf = ({ consumer, servers, stream }: Settings): Asked => ({
  servers: servers.join(", "),
  stream,
  consumer
})

/** Connected as long as the scope lasts. */
export const open: (
  settings: Settings,
  credentials: Credentials
) => Effect.Effect<Connection, SourceError, Scope.Scope> = Effect.fnUntraced(
  function* (settings, credentials) {
    const asked = askedOf(settings)
    const nats = yield* Effect.uninterruptibleMask((restore) =>
      Effect.tap(
        restore(
          ask(asked, async (signal) => {
            const connected = await connect(optionsOf(settings, credentials))
            if (signal.aborted) await connected.close()
            return connected
          })
        ),
        (connected) => Effect.addFinalizer(() => close(connected))
      )
    )
    const version = nats.info?.version ?? ""
    if (!Version.isSound(version)) {
      return yield* refused(
        "old-server",
        `${asked.servers} runs nats-server ${version || "of an unknown version"}: versions before ${Version.least} lose whole streams when they are killed; install ${Version.least} or later`
      )
    }
    const manager = yield* ask(asked, () => jetstreamManager(nats, { checkAPI: false, timeout: patience }))
    return { nats, manager, broken: brokenOf(nats, asked) }
  }
)

/** Acknowledgements that are under way leave first. */
const close = (nats: NatsConnection): Effect.Effect<void> =>
  Effect.promise(async () => {
    await Promise.race([
      nats.flush().catch(() => undefined),
      new Promise((resolve) => setTimeout(resolve, farewell).unref())
    ])
    await nats.close()
  })

const brokenOf = (nats: NatsConnection, asked: Asked): Effect.Effect<never, SourceError> =>
  Effect.callback<never, SourceError>((resume) => {
    const fail = (cause: unknown) => resume(Effect.fail(failure(asked)(cause)))
    const statuses = nats.status()
    const watch = async () => {
      for await (const status of statuses) if (status.type === "error") fail(status.error)
    }
    void watch()
    void nats.closed().then((cause) => fail(cause ?? new Error("the connection was closed")))
    return Effect.sync(() => {
      if ("stop" in statuses && typeof statuses.stop === "function") statuses.stop()
    })
  })

const optionsOf = (settings: Settings, credentials: Credentials): ConnectionOptions => {
  const { tls } = credentials
  const authenticator = authenticatorOf(credentials)
  const isEncrypted = tls !== undefined || settings.servers.some((server) => server.startsWith("tls://"))
  return {
    servers: [...settings.servers],
    name: `millrace ${settings.consumer}`,
    reconnect: false,
    timeout: patience,
    pingInterval: 20_000,
    maxPingOut: 2,
    ...(authenticator === undefined ? {} : { authenticator }),
    ...(isEncrypted
      ? {
          tls: {
            ...(tls?.authority === undefined ? {} : { ca: Redacted.value(tls.authority) }),
            ...(tls?.certificate === undefined ? {} : { cert: Redacted.value(tls.certificate) }),
            ...(tls?.key === undefined ? {} : { key: Redacted.value(tls.key) })
          }
        }
      : {})
  }
}

const authenticatorOf = ({ creds, nkey, password, token, user }: Credentials): Authenticator | undefined => {
  const bytes = (text: Redacted.Redacted<string>) => new TextEncoder().encode(Redacted.value(text))
  if (token !== undefined) return tokenAuthenticator(Redacted.value(token))
  if (nkey !== undefined) return nkeyAuthenticator(bytes(nkey))
  if (creds !== undefined) return credsAuthenticator(bytes(creds))
  if (user === undefined || password === undefined) return undefined
  return usernamePasswordAuthenticator(Redacted.value(user), Redacted.value(password))
}
