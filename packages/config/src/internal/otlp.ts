/** The headers for a collector of telemetry: secrets, since they are how it knows who sends. */
import * as Plugin from "@millrace/core/Plugin"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { resolveSecret, type SecretReference } from "../Secrets.ts"

/** What is wrong with an address, if anything. */
export const problemOf = (text: string): string | undefined => {
  const url = URL.parse(text)
  if (url === null || !["http:", "https:"].includes(url.protocol) || url.hostname === "")
    return "is no address that begins with http:// or https:// and names a host"
  if (url.username !== "" || url.password !== "")
    return "holds a name or a password, which everybody reads here: give them as a header that refers to a secret"
  if (url.search !== "" || url.hash !== "") return "has a query or a fragment; /v1/metrics follows behind it"
  return undefined
}

/** Reads the value of a header. Fails with what is wrong, never with the value. */
export const readHeader = (
  reference: SecretReference,
  folder: string,
  environment: Readonly<Record<string, string | undefined>>
): Effect.Effect<Redacted.Redacted<string>, Plugin.PluginError> =>
  Effect.filterOrFail(
    resolveSecret("telemetry", reference, folder, environment),
    (value) => /^[\x20-\x7e]+$/.test(Redacted.value(value)),
    () =>
      new Plugin.PluginError({
        plugin: "telemetry",
        reason: "Credentials",
        detail: "what it refers to is no value of a header: it has a line break, or letters beyond ASCII"
      })
  )
