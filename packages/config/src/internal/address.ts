/** The addresses that alerts go to: secrets, since they may hold a token or a password. */
import * as Plugin from "@millrace/core/Plugin"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { resolveSecret, type SecretReference } from "../Secrets.ts"

/** Reads a URL of one of these schemes, the usual one first. Fails with what is wrong, never with the URL. */
export const read = (
  reference: SecretReference,
  folder: string,
  environment: Readonly<Record<string, string | undefined>>,
  schemes: ReadonlyArray<string>
): Effect.Effect<Redacted.Redacted<string>, Plugin.PluginError> =>
  Effect.filterOrFail(
    resolveSecret("alerts", reference, folder, environment),
    (url) => isUrl(Redacted.value(url), schemes),
    () => noAddress(schemes)
  )

const isUrl = (text: string, schemes: ReadonlyArray<string>): boolean => {
  const url = URL.parse(text)
  return url !== null && schemes.includes(url.protocol.slice(0, -1)) && url.hostname !== ""
}

const noAddress = ([usual = "", other = ""]: ReadonlyArray<string>) =>
  new Plugin.PluginError({
    plugin: "alerts",
    reason: "Credentials",
    detail: `what it refers to is no address that begins with ${usual}:// or ${other}:// and names a host`
  })
