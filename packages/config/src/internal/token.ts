/** The token of the admin endpoint, and where none is needed. */
import { isIPv4 } from "node:net"
import * as Plugin from "@millrace/core/Plugin"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { resolveSecret, type SecretReference } from "../Secrets.ts"

/** Whether this machine alone reaches an address. */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."))

/** Characters that cannot be guessed by trying. */
const shortest = 16

/** Reads the token. Fails with what is wrong, never with the token. */
export const read = (
  reference: SecretReference,
  folder: string,
  environment: Readonly<Record<string, string | undefined>>
): Effect.Effect<Redacted.Redacted<string>, Plugin.PluginError> =>
  Effect.filterOrFail(
    resolveSecret("admin", reference, folder, environment),
    (token) => /^\S+$/.test(Redacted.value(token)) && Redacted.value(token).length >= shortest,
    () =>
      new Plugin.PluginError({
        plugin: "admin",
        reason: "Credentials",
        detail: `what it refers to is no token of at least ${shortest} characters without spaces; make one with: openssl rand -hex 32`
      })
  )
