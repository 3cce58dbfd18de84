/**
 * Symmetric signatures of Standard Webhooks 1.0.0 (https://www.standardwebhooks.com): HMAC-SHA256 over id, time of the
 * attempt and body, one signature for each secret.
 *
 * @since 1.0.0
 */
import { createHmac } from "node:crypto"
import * as Redacted from "effect/Redacted"

/**
 * The headers that carry a signature.
 *
 * @since 1.0.0
 * @category models
 */
export const headerNames = ["webhook-id", "webhook-timestamp", "webhook-signature"] as const

/**
 * The headers of one attempt. `id` is the same over all attempts and holds no full stop; secrets are `whsec_` and
 * Base64, or Base64 alone, the present one first.
 *
 * @since 1.0.0
 * @category conversions
 */
export const headers = (options: {
  readonly id: string
  /** Time of the attempt, in epoch milliseconds. */
  readonly nowMillis: number
  readonly body: Uint8Array
  readonly secrets: ReadonlyArray<Redacted.Redacted<string>>
}): { readonly [Name in (typeof headerNames)[number]]: string } => {
  const { body, id, secrets } = options
  const timestamp = String(Math.floor(options.nowMillis / 1000))
  const signatures = secrets.map((secret) => {
    const hmac = createHmac("sha256", keyOf(Redacted.value(secret)))
    return `v1,${hmac.update(`${id}.${timestamp}.`).update(body).digest("base64")}`
  })
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures.join(" ") }
}

/**
 * What is wrong with a secret, if anything: the specification asks for 24 to 64 bytes. Does not repeat it.
 *
 * @since 1.0.0
 * @category conversions
 */
export const secretProblem = (secret: string): string | undefined => {
  const isBase64 = /^(whsec_)?[A-Za-z0-9+/]+={0,2}$/.test(secret)
  const { length } = keyOf(secret)
  return isBase64 && length >= 24 && length <= 64
    ? undefined
    : "expected whsec_ and 24 to 64 bytes in Base64, as the endpoint shows it"
}

// internal

const keyOf = (secret: string): Buffer => Buffer.from(secret.replace(/^whsec_/, ""), "base64")
