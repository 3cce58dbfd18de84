/**
 * The usual meaning of HTTP statuses for a delivery. A destination whose remote documents another meaning says so
 * before it asks here.
 *
 * @since 1.0.0
 */
import { delivered, type Outcome, rejected, retry, tooLarge, unauthorized } from "@millrace/core/Outcome"
import type * as Duration from "effect/Duration"

/**
 * - 2xx: delivered
 * - 401, 403: Unauthorized `unauthorized`
 * - 413: TooLarge
 * - 429: Retry `throttled`
 * - 408, 425, 5xx: Retry `unavailable`
 * - any other 4xx: Rejected `bad-request`
 * - anything else, redirects among them: Retry `unexpected`, since it says nothing about the content
 *
 * @since 1.0.0
 * @category conversions
 */
export const outcome = (
  status: number,
  options: { readonly retryAfter?: Duration.Duration | undefined; readonly detail?: string | undefined } = {}
): Outcome => {
  const { detail, retryAfter: after } = options
  if (status >= 200 && status < 300) return delivered
  if (status === 401 || status === 403) return unauthorized("unauthorized", detail)
  if (status === 413) return tooLarge(detail)
  if (status === 429) return retry("throttled", { after, detail })
  if (status === 408 || status === 425 || status >= 500) return retry("unavailable", { after, detail })
  return status >= 400 ? rejected("bad-request", detail) : retry("unexpected", { after, detail })
}
